// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ILogAnchor} from "../../../contracts/ILogAnchor.sol";
import {LogAnchor} from "../../../contracts/LogAnchor.sol";
import {Cheats} from "./Cheats.sol";
import {ReferenceTree as Tree} from "./ReferenceTree.sol";

/// @title Everybody who ever touches one log: its operator, a thief with its key, the administrator, strangers.
/// @dev Each step is drawn; what must be refused is tried too, and must be. The leaves here are those of the head that
/// the contract ought to hold.
contract Hands is Cheats {
    struct Accepted {
        uint64 size;
        uint64 blockNumber;
        bytes32 root;
    }

    bytes32 public constant LOG = keccak256("log.example/tallystick");
    address private constant KEY = address(0xA11CE);
    uint64 public constant CAP = 9;

    LogAnchor public anchors;
    bytes32[] public leaves;
    Accepted[] public accepted;
    uint256 public refounded;
    uint256 private drawn;

    constructor() {
        anchors = new LogAnchor(address(this), ILogAnchor(address(0)));
        for (uint256 i = 0; i < 3; i++) leaves.push(fresh());
        anchors.open(LOG, 3, Tree.root(leaves, 0, 3), CAP);
        anchors.grantRole(anchors.anchorRole(LOG), KEY);
        accepted.push(Accepted(3, uint64(block.number), Tree.root(leaves, 0, 3)));
    }

    function fresh() private returns (bytes32) {
        return keccak256(abi.encode("leaf", drawn++));
    }

    function size() public view returns (uint64) {
        return uint64(leaves.length);
    }

    function all() public view returns (bytes32[] memory) {
        return leaves;
    }

    function told() public view returns (uint256) {
        return accepted.length;
    }

    /// @dev An entry or more, by whoever holds the key: to the contract the operator and the thief look alike.
    function grow(uint256 by, uint256 blocks) external {
        uint64 from = size();
        if (from > 90) return;
        vm.roll(block.number + blocks % 2);
        uint64 to = from + within(by, 1, CAP);
        for (uint64 i = from; i < to; i++) leaves.push(fresh());
        bytes32 root = Tree.root(leaves, 0, to);
        bytes32[] memory proof = Tree.consistency(leaves, from, 0, to, true);
        vm.prank(KEY);
        anchors.anchor(LOG, to, root, proof);
        accepted.push(Accepted(to, uint64(block.number), root));
    }

    /// @dev Rewrites one entry that is under the head, and offers the longer log with its own proof.
    function rewrite(uint256 which, uint256 by) external {
        uint64 from = size();
        bytes32[] memory other = new bytes32[](from + within(by, 1, CAP));
        for (uint256 i = 0; i < other.length; i++) other[i] = i < from ? leaves[i] : fresh();
        other[which % from] = fresh();
        bytes32 root = Tree.root(other, 0, other.length);
        bytes32[] memory proof = Tree.consistency(other, from, 0, other.length, true);
        refuses(uint64(other.length), root, proof);
    }

    function shrinkOrFork(uint256 to) external {
        uint64 less = within(to, 1, size());
        refuses(less, less == size() ? fresh() : Tree.root(leaves, 0, less), new bytes32[](0));
    }

    function refuses(uint64 offered, bytes32 root, bytes32[] memory proof) private {
        vm.prank(KEY);
        try anchors.anchor(LOG, offered, root, proof) {
            revert("a rewritten log was anchored");
        } catch {}
    }

    function repeat(bytes32[] memory anything) external {
        bytes32 root = Tree.root(leaves, 0, size());
        uint64 offered = size();
        vm.prank(KEY);
        anchors.anchor(LOG, offered, root, anything);
    }

    function stranger(address account, uint256 by) external {
        if (account == KEY || account == address(this)) return;
        uint64 offered = size() + within(by, 0, CAP);
        vm.prank(account);
        try anchors.anchor(LOG, offered, fresh(), new bytes32[](0)) {
            revert("a stranger anchored");
        } catch {}
    }

    function stopAndGo() external {
        anchors.pause();
        refuses(size(), Tree.root(leaves, 0, size()), new bytes32[](0));
        anchors.unpause();
    }

    /// @dev Gives up what is beyond `keep` entries for others. A false claim of what is kept is tried first.
    function refound(uint256 keep, uint256 by) external {
        uint64 from = size();
        if (from < 2 || refounded > 6) return;
        uint64 kept = within(keep, 1, from - 1);
        vm.roll(block.number + 1);
        bytes32[] memory given = Tree.consistency(leaves, kept, 0, from, true);
        bytes32 keptRoot = Tree.root(leaves, 0, kept);
        while (leaves.length > kept) leaves.pop();
        uint64 to = kept + within(by, 0, CAP);
        while (leaves.length < to) leaves.push(fresh());
        bytes32 root = Tree.root(leaves, 0, to);
        bytes32[] memory proof = Tree.consistency(leaves, kept, 0, to, true);
        try anchors.refound(LOG, kept, keptRoot, given, to, ~root, proof, "note") {
            revert("re-founded on another tree");
        } catch {}
        try anchors.refound(LOG, kept, ~keptRoot, given, to, root, proof, "note") {
            revert("re-founded on another beginning");
        } catch {}
        anchors.refound(LOG, kept, keptRoot, given, to, root, proof, "note");
        accepted.push(Accepted(to, uint64(block.number), root));
        refounded++;
    }

    function succeed() external {
        if (address(anchors.predecessor()) != address(0)) return;
        LogAnchor next = new LogAnchor(address(this), anchors);
        anchors.retire(address(next));
        next.copyHead(LOG);
        next.grantRole(next.anchorRole(LOG), KEY);
        anchors = next;
    }
}

contract LogAnchorInvariantTest is Cheats {
    Hands private hands;

    function setUp() public {
        hands = new Hands();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(hands);
    }

    function invariant_holds_the_head_of_the_log_and_no_other() public view {
        (uint64 size, bytes32 root,,) = hands.anchors().head(hands.LOG());
        check(size == hands.size(), "the size");
        check(root == Tree.root(hands.all(), 0, size), "the root");
        check(hands.anchors().maxGrowth(hands.LOG()) == hands.CAP(), "the cap");
    }

    /// @dev What a verifier concludes from the re-foundings told, against what happened: a head that was not given up is
    /// one of the log as it is.
    function invariant_every_head_not_given_up_is_a_beginning_of_the_log() public view {
        ILogAnchor.Refounding[] memory given = hands.anchors().refoundings(hands.LOG());
        bytes32[] memory leaves = hands.all();
        for (uint256 i = 0; i < hands.told(); i++) {
            (uint64 size, uint64 blockNumber, bytes32 root) = hands.accepted(i);
            bool abandoned = false;
            for (uint256 j = 0; j < given.length; j++) {
                abandoned = abandoned
                    || (given[j].kept < size && size <= given[j].abandonedSize && blockNumber < given[j].blockNumber);
            }
            check(abandoned || Tree.root(leaves, 0, size) == root, "an accepted head");
        }
    }

    function invariant_tells_of_every_refounding() public view {
        (,,, uint64 counted) = hands.anchors().head(hands.LOG());
        ILogAnchor.Refounding[] memory given = hands.anchors().refoundings(hands.LOG());
        check(counted == hands.refounded() && given.length == counted, "how many");
        for (uint256 j = 0; j < given.length; j++) {
            check(given[j].kept != 0 && given[j].kept < given[j].abandonedSize, "something kept, something given up");
            check(given[j].checkpoint == "note" && given[j].kept <= given[j].size, "for what");
        }
    }
}
