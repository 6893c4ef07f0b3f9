// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {FinancingRegistry} from "../../../contracts/FinancingRegistry.sol";
import {IFinancingRegistry} from "../../../contracts/IFinancingRegistry.sol";
import {Cheats} from "./Cheats.sol";

/// @title Each way through FinancingRegistry, and each refusal.
contract FinancingRegistryTest is Cheats {
    address private constant EAST = address(0xEA57);
    address private constant WEST = address(0x3E57);
    bytes32 private constant SALT = keccak256("salt");
    bytes32 private constant BANK = keccak256("a bank signed");

    FinancingRegistry private registry;
    bytes32 private registrar;
    uint256 private drawn;

    function setUp() public {
        vm.warp(1_800_000_000);
        registry = new FinancingRegistry(address(this));
        registrar = registry.REGISTRAR_ROLE();
        registry.grantRole(registrar, EAST);
        registry.grantRole(registrar, WEST);
    }

    function offerOf(bytes32[] memory fingerprints) private returns (IFinancingRegistry.Offer memory) {
        drawn++;
        bytes32 consent = keccak256(abi.encode("consent", drawn));
        return IFinancingRegistry.Offer(
            keccak256(abi.encode("id", drawn)), fingerprints, BANK, consent, uint64(block.timestamp) + 1 days
        );
    }

    function on(bytes32 fingerprint) private returns (IFinancingRegistry.Offer memory) {
        bytes32[] memory fingerprints = new bytes32[](1);
        fingerprints[0] = fingerprint;
        return offerOf(fingerprints);
    }

    function announce(address by, IFinancingRegistry.Offer memory offer, IFinancingRegistry.State wanted) private {
        bytes32 commitment = registry.commitmentTo(by, offer, wanted, SALT);
        vm.prank(by);
        registry.commit(commitment);
        vm.roll(block.number + 1);
    }

    function reveal(address by, IFinancingRegistry.Offer memory offer, IFinancingRegistry.State wanted) private {
        vm.prank(by);
        registry.mark(offer, wanted, SALT);
    }

    function made(address by, bytes32 fingerprint, IFinancingRegistry.State wanted) private returns (bytes32) {
        IFinancingRegistry.Offer memory offer = on(fingerprint);
        announce(by, offer, wanted);
        reveal(by, offer, wanted);
        return offer.id;
    }

    function refusal(bytes memory error) private {
        vm.expectRevert(error);
    }

    function illegal(bytes32 id, IFinancingRegistry.State from, IFinancingRegistry.State to) private {
        refusal(abi.encodeWithSelector(IFinancingRegistry.IllegalMove.selector, id, from, to));
    }

    function stands(bytes32 id, IFinancingRegistry.State expected) private view {
        check(registry.state(id) == expected, "the state");
    }

    function unauthorized(address account, bytes32 role) private {
        refusal(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role));
    }

    function testFuzz_lets_one_mark_hold_a_receivable(bytes32 fingerprint, bool financed) public {
        vm.assume(fingerprint != 0);
        IFinancingRegistry.State wanted = financed ? IFinancingRegistry.State.FNCD : IFinancingRegistry.State.PNDG;
        IFinancingRegistry.Offer memory second = on(fingerprint);
        announce(WEST, second, wanted);
        bytes32 first = made(EAST, fingerprint, wanted);
        refusal(abi.encodeWithSelector(IFinancingRegistry.AlreadyHeld.selector, fingerprint));
        reveal(WEST, second, wanted);
        stands(first, wanted);
        stands(second.id, IFinancingRegistry.State.NONE);
        check(registry.standing(fingerprint) == wanted && !registry.spent(second.consent), "nothing of the second");
        vm.prank(EAST);
        registry.cancel(first);
        reveal(WEST, second, wanted);
        stands(second.id, wanted);
        stands(first, IFinancingRegistry.State.CANC);
        check(registry.spent(second.consent), "the consent is spent");
    }

    function test_holds_every_fingerprint_of_a_mark_or_none() public {
        bytes32[] memory both = new bytes32[](2);
        (both[0], both[1]) = (bytes32("key 2"), bytes32("key 1"));
        bytes32 old = made(EAST, "key 1", IFinancingRegistry.State.PNDG);
        IFinancingRegistry.Offer memory rotated = offerOf(both);
        announce(WEST, rotated, IFinancingRegistry.State.FNCD);
        refusal(abi.encodeWithSelector(IFinancingRegistry.AlreadyHeld.selector, bytes32("key 1")));
        reveal(WEST, rotated, IFinancingRegistry.State.FNCD);
        check(registry.standing("key 2") == IFinancingRegistry.State.NONE, "nothing held by half");
        vm.prank(EAST);
        registry.cancel(old);
        reveal(WEST, rotated, IFinancingRegistry.State.FNCD);
        (IFinancingRegistry.State state, address by,, bytes32 bank, bytes32 consent, bytes32[] memory prints) =
            registry.markOf(rotated.id);
        check(state == IFinancingRegistry.State.FNCD && by == WEST && bank == BANK, "the mark");
        check(consent == rotated.consent && prints.length == 2 && prints[1] == "key 1", "what it is on");
    }

    function test_shows_what_else_there_is_to_those_who_registered() public {
        bytes32 a = made(EAST, "x", IFinancingRegistry.State.REGU);
        check(registry.standing("x") == IFinancingRegistry.State.REGU, "one");
        stands(a, IFinancingRegistry.State.REGU);
        bytes32 b = made(WEST, "x", IFinancingRegistry.State.REGU);
        stands(a, IFinancingRegistry.State.REDU);
        check(registry.standing("x") == IFinancingRegistry.State.REDU, "two");
        vm.prank(WEST);
        registry.hold(b, BANK);
        stands(a, IFinancingRegistry.State.DFIN);
        refusal(abi.encodeWithSelector(IFinancingRegistry.AlreadyHeld.selector, bytes32("x")));
        vm.prank(EAST);
        registry.finance(a, BANK);
        refusal(abi.encodeWithSelector(IFinancingRegistry.AlreadyHeld.selector, bytes32("x")));
        vm.prank(EAST);
        registry.hold(a, BANK);
        vm.prank(WEST);
        registry.finance(b, BANK);
        stands(b, IFinancingRegistry.State.FNCD);
        vm.prank(WEST);
        registry.cancel(b);
        stands(a, IFinancingRegistry.State.REGU);
        vm.prank(EAST);
        registry.finance(a, BANK);
        stands(a, IFinancingRegistry.State.FNCD);
    }

    function test_makes_no_illegal_move() public {
        IFinancingRegistry.State[3] memory never =
            [IFinancingRegistry.State.NONE, IFinancingRegistry.State.REDU, IFinancingRegistry.State.CANC];
        for (uint256 i = 0; i < never.length; i++) {
            IFinancingRegistry.Offer memory offer = on("x");
            announce(EAST, offer, never[i]);
            illegal(offer.id, IFinancingRegistry.State.NONE, never[i]);
            reveal(EAST, offer, never[i]);
        }
        bytes32 id = made(EAST, "x", IFinancingRegistry.State.FNCD);
        IFinancingRegistry.Offer memory again = on("y");
        again.id = id;
        announce(WEST, again, IFinancingRegistry.State.REGU);
        illegal(id, IFinancingRegistry.State.FNCD, IFinancingRegistry.State.REGU);
        reveal(WEST, again, IFinancingRegistry.State.REGU);
        illegal(id, IFinancingRegistry.State.FNCD, IFinancingRegistry.State.PNDG);
        vm.prank(EAST);
        registry.hold(id, BANK);
        illegal(id, IFinancingRegistry.State.FNCD, IFinancingRegistry.State.FNCD);
        vm.prank(EAST);
        registry.finance(id, BANK);
        vm.prank(EAST);
        registry.cancel(id);
        illegal(id, IFinancingRegistry.State.CANC, IFinancingRegistry.State.CANC);
        vm.prank(EAST);
        registry.cancel(id);
        illegal(id, IFinancingRegistry.State.CANC, IFinancingRegistry.State.FNCD);
        vm.prank(EAST);
        registry.finance(id, BANK);
        illegal(id, IFinancingRegistry.State.CANC, IFinancingRegistry.State.CANC);
        vm.prank(EAST);
        registry.amend(id, BANK);
        bytes32 interest = made(EAST, "z", IFinancingRegistry.State.REGU);
        illegal(interest, IFinancingRegistry.State.REGU, IFinancingRegistry.State.REGU);
        vm.prank(EAST);
        registry.offer(interest, WEST, BANK);
    }

    function testFuzz_takes_no_mark_that_was_not_committed_to(address thief, bytes32 salt) public {
        vm.assume(thief != EAST && salt != SALT);
        IFinancingRegistry.Offer memory offer = on("x");
        IFinancingRegistry.State wanted = IFinancingRegistry.State.PNDG;
        bytes32 commitment = registry.commitmentTo(EAST, offer, wanted, SALT);
        vm.prank(EAST);
        registry.commit(commitment);
        refusal(abi.encodeWithSelector(IFinancingRegistry.CommittedInThisBlock.selector, commitment));
        reveal(EAST, offer, wanted);
        vm.roll(block.number + 1);

        // Who sees the mark on its way: the commitment is not his, whether he copies it before or after.
        registry.grantRole(registrar, thief);
        vm.prank(thief);
        registry.commit(commitment);
        bytes32 his = registry.commitmentTo(thief, offer, wanted, SALT);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotCommitted.selector, his));
        reveal(thief, offer, wanted);
        vm.prank(thief);
        registry.commit(his);
        refusal(abi.encodeWithSelector(IFinancingRegistry.CommittedInThisBlock.selector, his));
        reveal(thief, offer, wanted);
        bytes32 other = registry.commitmentTo(EAST, offer, wanted, salt);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotCommitted.selector, other));
        vm.prank(EAST);
        registry.mark(offer, wanted, salt);

        reveal(EAST, offer, wanted);
        stands(offer.id, wanted);
        vm.roll(block.number + 1);
        illegal(offer.id, wanted, wanted);
        reveal(thief, offer, wanted);
    }

    function test_commitments_serve_once_and_not_for_long() public {
        IFinancingRegistry.Offer memory offer = on("x");
        offer.expires = uint64(block.timestamp) + 3 days;
        announce(EAST, offer, IFinancingRegistry.State.PNDG);
        bytes32 commitment = registry.commitmentTo(EAST, offer, IFinancingRegistry.State.PNDG, SALT);
        (uint64 at, uint64 number) = registry.committed(commitment);
        check(at == block.timestamp && number == block.number - 1, "when");
        vm.warp(block.timestamp + 1 days);
        vm.prank(WEST);
        registry.commit(commitment);
        (uint64 still,) = registry.committed(commitment);
        check(still == at, "a copy changes nothing");
        vm.warp(block.timestamp + 1);
        refusal(abi.encodeWithSelector(IFinancingRegistry.CommitmentTooOld.selector, commitment, at));
        reveal(EAST, offer, IFinancingRegistry.State.PNDG);
        announce(EAST, offer, IFinancingRegistry.State.PNDG);
        reveal(EAST, offer, IFinancingRegistry.State.PNDG);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotCommitted.selector, commitment));
        reveal(EAST, offer, IFinancingRegistry.State.PNDG);
    }

    function test_a_consent_serves_once() public {
        IFinancingRegistry.Offer memory offer = on("x");
        announce(EAST, offer, IFinancingRegistry.State.PNDG);
        reveal(EAST, offer, IFinancingRegistry.State.PNDG);
        vm.prank(EAST);
        registry.cancel(offer.id);
        IFinancingRegistry.Offer memory other = on("x");
        other.consent = offer.consent;
        announce(WEST, other, IFinancingRegistry.State.PNDG);
        refusal(abi.encodeWithSelector(IFinancingRegistry.ConsentSpent.selector, offer.consent));
        reveal(WEST, other, IFinancingRegistry.State.PNDG);
    }

    function test_refuses_what_says_nothing() public {
        IFinancingRegistry.State wanted = IFinancingRegistry.State.REGU;
        IFinancingRegistry.Offer memory offer = on("x");
        offer.bank = 0;
        announce(EAST, offer, wanted);
        refusal(abi.encodeWithSelector(IFinancingRegistry.EmptyCommitment.selector, offer.id));
        reveal(EAST, offer, wanted);
        offer = on("x");
        offer.consent = 0;
        announce(EAST, offer, wanted);
        refusal(abi.encodeWithSelector(IFinancingRegistry.EmptyCommitment.selector, offer.id));
        reveal(EAST, offer, wanted);
        bytes32 id = made(EAST, "x", wanted);
        refusal(abi.encodeWithSelector(IFinancingRegistry.EmptyCommitment.selector, id));
        vm.prank(EAST);
        registry.hold(id, 0);
    }

    function testFuzz_takes_one_to_four_different_fingerprints(bytes32[] memory fingerprints) public {
        IFinancingRegistry.Offer memory offer = offerOf(fingerprints);
        bool good = fingerprints.length > 0 && fingerprints.length <= 4;
        for (uint256 i = 0; good && i < fingerprints.length; i++) {
            good = fingerprints[i] != 0;
            for (uint256 j = 0; good && j < i; j++) good = fingerprints[i] != fingerprints[j];
        }
        announce(EAST, offer, IFinancingRegistry.State.FNCD);
        if (!good) refusal(abi.encodeWithSelector(IFinancingRegistry.BadFingerprints.selector, offer.id));
        reveal(EAST, offer, IFinancingRegistry.State.FNCD);
    }

    function test_refuses_fingerprints_that_are_none_or_repeated() public {
        bytes32[] memory none;
        bytes32[] memory zero = new bytes32[](1);
        bytes32[] memory twice = new bytes32[](3);
        (twice[0], twice[1], twice[2]) = (bytes32("a"), bytes32("b"), bytes32("a"));
        bytes32[] memory many = new bytes32[](5);
        for (uint256 i = 0; i < 5; i++) many[i] = bytes32(i + 1);
        bytes32[][4] memory bad = [none, zero, twice, many];
        for (uint256 i = 0; i < bad.length; i++) {
            IFinancingRegistry.Offer memory offer = offerOf(bad[i]);
            announce(EAST, offer, IFinancingRegistry.State.REGU);
            refusal(abi.encodeWithSelector(IFinancingRegistry.BadFingerprints.selector, offer.id));
            reveal(EAST, offer, IFinancingRegistry.State.REGU);
        }
    }

    function testFuzz_keeps_to_the_deadline(uint64 expires) public {
        IFinancingRegistry.Offer memory offer = on("x");
        offer.expires = expires;
        announce(EAST, offer, IFinancingRegistry.State.PNDG);
        uint64 latest = uint64(block.timestamp) + 30 days;
        bool good = expires > block.timestamp && expires <= latest;
        if (!good) {
            refusal(
                abi.encodeWithSelector(
                    IFinancingRegistry.BadDeadline.selector, expires, uint64(block.timestamp) + 1, latest
                )
            );
        }
        reveal(EAST, offer, IFinancingRegistry.State.PNDG);
    }

    function testFuzz_an_unfinanced_mark_expires(uint256 early, bool held) public {
        IFinancingRegistry.State wanted = held ? IFinancingRegistry.State.PNDG : IFinancingRegistry.State.REGU;
        bytes32 id = made(EAST, "x", wanted);
        uint64 expires = uint64(block.timestamp) + 1 days;
        vm.warp(block.timestamp + within(early, 0, 1 days - 1));
        stands(id, wanted);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotExpired.selector, id, wanted, expires));
        registry.expire(id);
        vm.warp(expires);
        stands(id, IFinancingRegistry.State.CANC);
        illegal(id, IFinancingRegistry.State.CANC, IFinancingRegistry.State.FNCD);
        vm.prank(EAST);
        registry.finance(id, BANK);
        // Free for another, whether or not somebody writes it down.
        bytes32 next = made(WEST, "x", IFinancingRegistry.State.FNCD);
        registry.expire(id);
        stands(id, IFinancingRegistry.State.CANC);
        stands(next, IFinancingRegistry.State.FNCD);
        check(registry.standing("x") == IFinancingRegistry.State.FNCD, "the next one's");
        refusal(
            abi.encodeWithSelector(
                IFinancingRegistry.NotExpired.selector, id, IFinancingRegistry.State.CANC, expires
            )
        );
        registry.expire(id);
    }

    function test_a_financed_mark_does_not_expire() public {
        bytes32 id = made(EAST, "x", IFinancingRegistry.State.FNCD);
        uint64 expires = uint64(block.timestamp) + 1 days;
        vm.warp(block.timestamp + 3650 days);
        stands(id, IFinancingRegistry.State.FNCD);
        refusal(
            abi.encodeWithSelector(IFinancingRegistry.NotExpired.selector, id, IFinancingRegistry.State.FNCD, expires)
        );
        registry.expire(id);
    }

    function test_goes_to_another_bank_when_both_signed() public {
        bytes32 id = made(EAST, "x", IFinancingRegistry.State.FNCD);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotARegistrar.selector, address(0xBAD)));
        vm.prank(EAST);
        registry.offer(id, address(0xBAD), BANK);
        vm.prank(EAST);
        registry.offer(id, WEST, "both");
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotOffered.selector, id, bytes32("other")));
        vm.prank(WEST);
        registry.take(id, "other");
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotOffered.selector, id, bytes32("both")));
        vm.prank(EAST);
        registry.take(id, "both");
        vm.prank(WEST);
        registry.take(id, "both");
        (IFinancingRegistry.State state, address by,, bytes32 bank,,) = registry.markOf(id);
        check(state == IFinancingRegistry.State.FNCD && by == WEST && bank == "both", "transferred");
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotYourMark.selector, id, WEST));
        vm.prank(EAST);
        registry.cancel(id);
        vm.prank(WEST);
        registry.amend(id, "half");
        (,,, bank,,) = registry.markOf(id);
        check(bank == "half", "amended");
    }

    function test_an_offer_can_be_taken_back_and_ends_with_its_mark() public {
        bytes32 id = made(EAST, "x", IFinancingRegistry.State.PNDG);
        vm.prank(EAST);
        registry.offer(id, WEST, "both");
        vm.prank(EAST);
        registry.offer(id, WEST, 0);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotOffered.selector, id, bytes32("both")));
        vm.prank(WEST);
        registry.take(id, "both");
        refusal(abi.encodeWithSelector(IFinancingRegistry.EmptyCommitment.selector, id));
        vm.prank(WEST);
        registry.take(id, 0);
        vm.prank(EAST);
        registry.offer(id, WEST, "both");
        vm.warp(block.timestamp + 2 days);
        illegal(id, IFinancingRegistry.State.CANC, IFinancingRegistry.State.CANC);
        vm.prank(WEST);
        registry.take(id, "both");
        registry.expire(id);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotOffered.selector, id, bytes32("both")));
        vm.prank(WEST);
        registry.take(id, "both");
    }

    function test_gives_the_marks_of_a_registry_that_left_into_the_care_of_another() public {
        bytes32 id = made(EAST, "x", IFinancingRegistry.State.FNCD);
        vm.prank(EAST);
        registry.offer(id, WEST, "both");
        refusal(abi.encodeWithSelector(IFinancingRegistry.StillARegistrar.selector, EAST));
        registry.reassign(id, WEST);
        registry.revokeRole(registrar, EAST);
        unauthorized(EAST, registrar);
        vm.prank(EAST);
        registry.cancel(id);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotARegistrar.selector, address(0xBAD)));
        registry.reassign(id, address(0xBAD));
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotYourMark.selector, bytes32("none"), address(0)));
        registry.reassign("none", WEST);
        registry.reassign(id, WEST);
        stands(id, IFinancingRegistry.State.FNCD);
        refusal(abi.encodeWithSelector(IFinancingRegistry.NotOffered.selector, id, bytes32("both")));
        vm.prank(WEST);
        registry.take(id, "both");
        vm.prank(WEST);
        registry.cancel(id);
        stands(id, IFinancingRegistry.State.CANC);
    }

    function testFuzz_obeys_no_stranger(address account) public {
        vm.assume(account != EAST && account != WEST && account != address(this));
        bytes32 id = made(EAST, "x", IFinancingRegistry.State.PNDG);
        bytes32 admin = registry.DEFAULT_ADMIN_ROLE();
        bytes32 pauser = registry.PAUSER_ROLE();
        IFinancingRegistry.Offer memory offer = on("y");
        unauthorized(account, registrar);
        vm.prank(account);
        registry.commit("x");
        unauthorized(account, registrar);
        reveal(account, offer, IFinancingRegistry.State.PNDG);
        for (uint256 i = 0; i < 5; i++) {
            unauthorized(account, registrar);
            vm.prank(account);
            if (i == 0) registry.hold(id, BANK);
            else if (i == 1) registry.finance(id, BANK);
            else if (i == 2) registry.cancel(id);
            else if (i == 3) registry.amend(id, BANK);
            else registry.offer(id, WEST, BANK);
        }
        unauthorized(account, registrar);
        vm.prank(account);
        registry.take(id, BANK);
        unauthorized(account, admin);
        vm.prank(account);
        registry.reassign(id, WEST);
        unauthorized(account, pauser);
        vm.prank(account);
        registry.pause();
        registry.pause();
        unauthorized(account, admin);
        vm.prank(account);
        registry.unpause();
        registry.unpause();
        for (uint256 i = 0; i < 5; i++) {
            refusal(abi.encodeWithSelector(IFinancingRegistry.NotYourMark.selector, id, EAST));
            vm.prank(WEST);
            if (i == 0) registry.hold(id, BANK);
            else if (i == 1) registry.finance(id, BANK);
            else if (i == 2) registry.cancel(id);
            else if (i == 3) registry.amend(id, BANK);
            else registry.offer(id, WEST, BANK);
        }
    }

    function test_stands_still_while_paused_but_for_time() public {
        bytes32 id = made(EAST, "x", IFinancingRegistry.State.PNDG);
        IFinancingRegistry.Offer memory offer = on("y");
        announce(EAST, offer, IFinancingRegistry.State.PNDG);
        registry.pause();
        for (uint256 i = 0; i < 8; i++) {
            vm.expectRevert();
            vm.prank(EAST);
            if (i == 0) registry.commit("x");
            else if (i == 1) registry.mark(offer, IFinancingRegistry.State.PNDG, SALT);
            else if (i == 2) registry.hold(id, BANK);
            else if (i == 3) registry.finance(id, BANK);
            else if (i == 4) registry.cancel(id);
            else if (i == 5) registry.amend(id, BANK);
            else if (i == 6) registry.offer(id, WEST, BANK);
            else registry.take(id, BANK);
        }
        vm.warp(block.timestamp + 1 days);
        registry.expire(id);
        registry.unpause();
        check(registry.standing("x") == IFinancingRegistry.State.NONE, "free");
    }

    function test_needs_an_administrator() public {
        refusal(abi.encodeWithSelector(IFinancingRegistry.InvalidAdmin.selector, address(0)));
        new FinancingRegistry(address(0));
    }
}
