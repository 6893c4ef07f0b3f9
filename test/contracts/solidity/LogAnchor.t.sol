// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ILogAnchor} from "../../../contracts/ILogAnchor.sol";
import {LogAnchor} from "../../../contracts/LogAnchor.sol";
import {Cheats} from "./Cheats.sol";
import {ReferenceTree as Tree} from "./ReferenceTree.sol";

/// @title Each way through LogAnchor, and each refusal, with drawn sizes where a size decides.
/// @dev No sha256 between a cheat and its call: it is a call itself, and the cheat would be spent on it.
contract LogAnchorTest is Cheats {
    bytes32 private constant LOG = keccak256("log.example/tallystick");
    bytes32 private constant NOTE = keccak256("signed note");
    address private constant KEY = address(0xA11CE);
    address private constant STRANGER = address(0xBAD);
    uint64 private constant CAP = 64;

    LogAnchor private anchors;
    bytes32[] private none;
    bytes32[] private leaves;
    bytes32[] private junk;

    /// @dev 40 entries, and a fork of 60 that shares the first 20; the contract holds the first 20.
    function setUp() public {
        for (uint256 i = 0; i < 60; i++) {
            leaves.push(sha256(abi.encode(i)));
            junk.push(i < 20 ? leaves[i] : sha256(abi.encode("junk", i)));
        }
        anchors = new LogAnchor(address(this), ILogAnchor(address(0)));
        anchors.open(LOG, 20, Tree.root(leaves, 0, 20), CAP);
        anchors.grantRole(anchors.anchorRole(LOG), KEY);
        vm.roll(block.number + 1);
    }

    function root(uint256 size) private view returns (bytes32) {
        return Tree.root(leaves, 0, size);
    }

    function growth(bytes32[] memory tree, uint256 m, uint256 n) private pure returns (bytes32[] memory) {
        return Tree.consistency(tree, m, 0, n, true);
    }

    function byKey(uint64 size, bytes32 root_, bytes32[] memory proof) private {
        vm.prank(KEY);
        anchors.anchor(LOG, size, root_, proof);
    }

    function steal() private {
        byKey(60, Tree.root(junk, 0, 60), growth(junk, 20, 60));
        vm.roll(block.number + 1);
    }

    function refusal(bytes memory error) private {
        vm.expectRevert(error);
    }

    function unauthorized(address account, bytes32 role) private {
        refusal(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role));
    }

    function held(uint64 size, bytes32 root_) private view {
        (uint64 heldSize, bytes32 heldRoot,,) = anchors.head(LOG);
        check(heldSize == size && heldRoot == root_, "the head held");
    }

    function testFuzz_accepts_what_extends(uint256 to) public {
        uint64 size = within(to, 21, 60);
        byKey(size, root(size), growth(leaves, 20, size));
        held(size, root(size));
        byKey(size, root(size), none);
        held(size, root(size));
    }

    function testFuzz_refuses_what_does_not(uint256 to, bytes32 other) public {
        uint64 size = within(to, 21, 60);
        bytes32 before = root(20);
        vm.assume(other != before && other != root(size));
        bytes32[] memory proof = growth(leaves, 20, size);
        refusal(abi.encodeWithSelector(ILogAnchor.NotConsistent.selector, 20, before, size, other));
        byKey(size, other, proof);
        refusal(abi.encodeWithSelector(ILogAnchor.ForkedHead.selector, 20, before, other));
        byKey(20, other, none);
        uint64 less = within(to, 0, 19);
        refusal(abi.encodeWithSelector(ILogAnchor.NotAnExtension.selector, 20, less));
        byKey(less, other, none);
        held(20, before);
    }

    function testFuzz_refuses_growth_above_the_cap(uint64 by) public {
        vm.assume(by > CAP && by <= type(uint64).max - 20);
        bytes32 root20 = root(20);
        refusal(abi.encodeWithSelector(ILogAnchor.GrowthAboveCap.selector, CAP, by));
        byKey(20 + by, root20, none);
    }

    function testFuzz_opens_once_with_entries_and_room(bytes32 id, uint64 size, bytes32 root_, uint64 cap) public {
        vm.assume(id != LOG);
        if (size == 0) refusal(abi.encodeWithSelector(ILogAnchor.EmptyHead.selector, id));
        else if (cap == 0) refusal(abi.encodeWithSelector(ILogAnchor.NoGrowthAllowed.selector, id));
        anchors.open(id, size, root_, cap);
        if (size == 0 || cap == 0) return;
        refusal(abi.encodeWithSelector(ILogAnchor.LogAlreadyOpen.selector, id, size, size));
        anchors.open(id, size, root_, cap);
        check(anchors.maxGrowth(id) == cap, "the cap");
    }

    function test_opens_neither_an_empty_log_nor_one_that_may_not_grow() public {
        refusal(abi.encodeWithSelector(ILogAnchor.EmptyHead.selector, bytes32("x")));
        anchors.open("x", 0, 0, 1);
        refusal(abi.encodeWithSelector(ILogAnchor.NoGrowthAllowed.selector, bytes32("x")));
        anchors.open("x", 1, 0, 0);
        refusal(abi.encodeWithSelector(ILogAnchor.UnknownLog.selector, bytes32("x")));
        anchors.anchor("x", 1, 0, none);
    }

    function testFuzz_obeys_no_stranger(address account) public {
        vm.assume(account != address(this) && account != KEY);
        bytes32 admin = anchors.DEFAULT_ADMIN_ROLE();
        bytes32 pauser = anchors.PAUSER_ROLE();
        bytes32 anchorer = anchors.anchorRole(LOG);
        bytes32 root20 = root(20);
        unauthorized(account, anchorer);
        vm.prank(account);
        anchors.anchor(LOG, 20, root20, none);
        unauthorized(account, admin);
        vm.prank(account);
        anchors.open("x", 1, 0, 1);
        unauthorized(account, admin);
        vm.prank(account);
        anchors.refound(LOG, 1, 0, none, 1, 0, none, NOTE);
        unauthorized(account, admin);
        vm.prank(account);
        anchors.copyHead(LOG);
        unauthorized(account, admin);
        vm.prank(account);
        anchors.retire(address(anchors));
        unauthorized(account, admin);
        vm.prank(account);
        anchors.grantRole(anchorer, account);
        unauthorized(account, pauser);
        vm.prank(account);
        anchors.pause();
        anchors.pause();
        unauthorized(account, admin);
        vm.prank(account);
        anchors.unpause();
    }

    function testFuzz_gives_a_junk_head_up_for_any_true_one(uint256 to) public {
        steal();
        uint64 size = within(to, 20, 60);
        anchors.refound(LOG, 20, root(20), growth(junk, 20, 60), size, root(size), growth(leaves, 20, size), NOTE);
        held(size, root(size));
        ILogAnchor.Refounding[] memory told = anchors.refoundings(LOG);
        check(told.length == 1 && told[0].kept == 20 && told[0].abandonedSize == 60, "what was given up");
        check(told[0].size == size && told[0].checkpoint == NOTE && told[0].blockNumber == block.number, "for what");
        check(told[0].root == root(size) && told[0].abandonedRoot == Tree.root(junk, 0, 60), "both roots");
    }

    function testFuzz_keeps_what_it_claims_to_keep(uint256 a, bytes32 other) public {
        steal();
        uint64 kept = within(a, 21, 59);
        vm.assume(other != root(30));
        bytes32[] memory up = growth(junk, kept, 60);
        bytes32 keptRoot = root(kept);
        // The true log's first `kept` entries are not those of the junk head, and the junk's are not the true log's.
        refusal(abi.encodeWithSelector(ILogAnchor.NotConsistent.selector, kept, keptRoot, 60, Tree.root(junk, 0, 60)));
        anchors.refound(LOG, kept, keptRoot, up, kept, keptRoot, none, NOTE);
        bytes32 root20 = root(20);
        bytes32[] memory right = growth(junk, 20, 60);
        bytes32[] memory on = growth(leaves, 20, 30);
        refusal(abi.encodeWithSelector(ILogAnchor.NotConsistent.selector, 20, root20, 30, other));
        anchors.refound(LOG, 20, root20, right, 30, other, on, NOTE);
    }

    function test_refuses_a_refounding_of_nothing() public {
        bytes32 root20 = root(20);
        refusal(abi.encodeWithSelector(ILogAnchor.UnknownLog.selector, bytes32("x")));
        anchors.refound("x", 1, 0, none, 1, 0, none, NOTE);
        refusal(abi.encodeWithSelector(ILogAnchor.NoCheckpoint.selector, LOG));
        anchors.refound(LOG, 20, root20, none, 20, root20, none, 0);
        refusal(abi.encodeWithSelector(ILogAnchor.NothingAbandoned.selector, 20, 20));
        anchors.refound(LOG, 20, root20, none, 20, root20, none, NOTE);
        byKey(60, Tree.root(junk, 0, 60), growth(junk, 20, 60));
        bytes32[] memory proof = growth(junk, 20, 60);
        refusal(abi.encodeWithSelector(ILogAnchor.SameBlock.selector, block.number));
        anchors.refound(LOG, 20, root20, proof, 20, root20, none, NOTE);
    }

    function test_is_followed_by_a_successor_that_takes_over_all() public {
        steal();
        anchors.refound(LOG, 20, root(20), growth(junk, 20, 60), 30, root(30), growth(leaves, 20, 30), NOTE);
        LogAnchor next = new LogAnchor(address(this), anchors);
        refusal(abi.encodeWithSelector(ILogAnchor.NotLinked.selector, address(0), address(next)));
        next.copyHead(LOG);
        refusal(abi.encodeWithSelector(ILogAnchor.NotLinked.selector, address(0), address(next)));
        next.open("x", 1, 0, 1);
        refusal(abi.encodeWithSelector(ILogAnchor.NotLinked.selector, address(0), address(anchors)));
        anchors.copyHead(LOG);
        refusal(abi.encodeWithSelector(ILogAnchor.NotLinked.selector, address(0), address(anchors)));
        anchors.retire(STRANGER);
        refusal(abi.encodeWithSelector(ILogAnchor.NotLinked.selector, address(0), address(anchors)));
        anchors.retire(address(anchors));
        anchors.retire(address(next));
        check(anchors.paused() && anchors.successor() == address(next), "stopped and linked");
        check(address(next.predecessor()) == address(anchors), "linked back");
        bytes memory gone = abi.encodeWithSelector(ILogAnchor.RetiredFor.selector, address(next));
        refusal(gone);
        anchors.unpause();
        refusal(gone);
        anchors.retire(address(next));
        refusal(gone);
        anchors.refound(LOG, 20, 0, none, 20, 0, none, NOTE);
        next.copyHead(LOG);
        (uint64 size, bytes32 root_,, uint64 refounded) = next.head(LOG);
        check(size == 30 && root_ == root(30) && refounded == 1 && next.maxGrowth(LOG) == CAP, "the head");
        check(keccak256(abi.encode(next.refoundings(LOG))) == keccak256(abi.encode(anchors.refoundings(LOG))), "told");
        refusal(abi.encodeWithSelector(ILogAnchor.LogAlreadyOpen.selector, LOG, 30, 30));
        next.copyHead(LOG);
        refusal(abi.encodeWithSelector(ILogAnchor.UnknownLog.selector, bytes32("x")));
        next.copyHead("x");
        refusal(abi.encodeWithSelector(ILogAnchor.HeldByPredecessor.selector, LOG, 30));
        next.open(LOG, 1, 0, 1);
        next.open("x", 1, 0, 1);
    }

    function test_stays_paused_when_it_retires_paused_and_starts_again_only_before() public {
        anchors.pause();
        bytes32 root20 = root(20);
        vm.prank(KEY);
        vm.expectRevert();
        anchors.anchor(LOG, 20, root20, none);
        anchors.unpause();
        byKey(20, root20, none);
        anchors.pause();
        anchors.retire(address(new LogAnchor(address(this), anchors)));
        check(anchors.paused(), "paused");
    }

    function test_needs_an_administrator() public {
        refusal(abi.encodeWithSelector(ILogAnchor.InvalidAdmin.selector, address(0)));
        new LogAnchor(address(0), ILogAnchor(address(0)));
    }
}
