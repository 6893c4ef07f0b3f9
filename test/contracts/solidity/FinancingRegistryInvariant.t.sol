// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {FinancingRegistry} from "../../../contracts/FinancingRegistry.sol";
import {IFinancingRegistry} from "../../../contracts/IFinancingRegistry.sol";
import {Cheats} from "./Cheats.sol";

/// @title Three registries, two keys' worth of fingerprints on a few receivables, an administrator, and time.
/// @dev What each mark must be is kept beside the contract in the plainest way: a list, looked through from its start.
contract Registries is Cheats {
    struct Told {
        bytes32 id;
        bytes32[] fingerprints;
        address registrar;
        uint64 expires;
        IFinancingRegistry.State stage;
        bytes32 bank;
    }

    uint256 public constant RECEIVABLES = 3;

    FinancingRegistry public registry;
    Told[] private told;
    address[3] private registrars = [address(0xA), address(0xB), address(0xC)];
    uint256 private drawn;

    constructor() {
        vm.warp(1_800_000_000);
        registry = new FinancingRegistry(address(this));
        for (uint256 i = 0; i < 3; i++) registry.grantRole(registry.REGISTRAR_ROLE(), registrars[i]);
    }

    function count() public view returns (uint256) {
        return told.length;
    }

    function at(uint256 i) public view returns (Told memory) {
        return told[i];
    }

    /// @dev Of a receivable: under the newer key, the older one, or both.
    function printsOf(uint256 receivable, uint256 keys) private pure returns (bytes32[] memory prints) {
        prints = new bytes32[](keys == 2 ? 2 : 1);
        prints[0] = keccak256(abi.encode(receivable, keys == 1 ? 1 : 0));
        if (keys == 2) prints[1] = keccak256(abi.encode(receivable, 1));
    }

    function isLive(uint256 i) public view returns (bool) {
        IFinancingRegistry.State stage = told[i].stage;
        return stage == IFinancingRegistry.State.FNCD
            || (stage == IFinancingRegistry.State.PNDG && block.timestamp < told[i].expires);
    }

    function meet(bytes32[] memory a, bytes32[] memory b) public pure returns (bool) {
        for (uint256 i = 0; i < a.length; i++) {
            for (uint256 j = 0; j < b.length; j++) {
                if (a[i] == b[j]) return true;
            }
        }
        return false;
    }

    /// @dev Whether a live mark other than number `but` stands on one of these.
    function held(bytes32[] memory prints, uint256 but) public view returns (bool) {
        for (uint256 i = 0; i < told.length; i++) {
            if (i != but && isLive(i) && meet(prints, told[i].fingerprints)) return true;
        }
        return false;
    }

    function make(uint256 who, uint256 receivable, uint256 keys, uint256 what, uint256 life) external {
        if (told.length >= 24) return;
        address by = registrars[who % 3];
        IFinancingRegistry.State wanted = [
            IFinancingRegistry.State.REGU,
            IFinancingRegistry.State.PNDG,
            IFinancingRegistry.State.FNCD
        ][what % 3];
        bytes32[] memory prints = printsOf(receivable % RECEIVABLES, keys % 3);
        drawn++;
        IFinancingRegistry.Offer memory offer = IFinancingRegistry.Offer(
            keccak256(abi.encode("id", drawn)),
            prints,
            keccak256(abi.encode("bank", drawn)),
            keccak256(abi.encode("consent", drawn)),
            uint64(block.timestamp) + within(life, 1 hours, 30 days)
        );
        bytes32 commitment = registry.commitmentTo(by, offer, wanted, "salt");
        vm.prank(by);
        registry.commit(commitment);
        vm.roll(block.number + 1);
        bool free = wanted == IFinancingRegistry.State.REGU || !held(prints, told.length);
        vm.prank(by);
        try registry.mark(offer, wanted, "salt") {
            require(free, "a second live mark was made");
            told.push(Told(offer.id, prints, by, offer.expires, wanted, offer.bank));
        } catch {
            require(!free, "a first mark was refused");
        }
    }

    /// @dev Any registry tries any move on any mark.
    function move(uint256 who, uint256 which, uint256 what) external {
        if (told.length == 0) return;
        Told storage mark = told[which % told.length];
        address by = registrars[who % 3];
        bool standing = by == mark.registrar && isOpen(which % told.length);
        bool interest = mark.stage == IFinancingRegistry.State.REGU;
        bool free = !held(mark.fingerprints, which % told.length);
        bytes32 bank = keccak256(abi.encode("bank", ++drawn));
        vm.prank(by);
        if (what % 4 == 0) {
            try registry.hold(mark.id, bank) {
                require(standing && interest && free, "held unlawfully");
                (mark.stage, mark.bank) = (IFinancingRegistry.State.PNDG, bank);
            } catch {
                require(!(standing && interest && free), "not held");
            }
        } else if (what % 4 == 1) {
            bool may = standing && mark.stage != IFinancingRegistry.State.FNCD && (!interest || free);
            try registry.finance(mark.id, bank) {
                require(may, "financed unlawfully");
                (mark.stage, mark.bank) = (IFinancingRegistry.State.FNCD, bank);
            } catch {
                require(!may, "not financed");
            }
        } else if (what % 4 == 2) {
            try registry.cancel(mark.id) {
                require(standing, "cancelled unlawfully");
                mark.stage = IFinancingRegistry.State.CANC;
            } catch {
                require(!standing, "not cancelled");
            }
        } else {
            try registry.amend(mark.id, bank) {
                require(standing && !interest, "amended unlawfully");
                mark.bank = bank;
            } catch {
                require(!(standing && !interest), "not amended");
            }
        }
    }

    function isOpen(uint256 i) public view returns (bool) {
        Told storage mark = told[i];
        return mark.stage == IFinancingRegistry.State.FNCD
            || (mark.stage != IFinancingRegistry.State.CANC && block.timestamp < mark.expires);
    }

    function transfer(uint256 which, uint256 to, uint256 taker) external {
        if (told.length == 0) return;
        uint256 i = which % told.length;
        if (!isLive(i)) return;
        address other = registrars[to % 3];
        bytes32 both = keccak256(abi.encode("both", ++drawn));
        vm.prank(told[i].registrar);
        registry.offer(told[i].id, other, both);
        address by = registrars[taker % 3];
        vm.prank(by);
        try registry.take(told[i].id, both) {
            require(by == other, "taken by another");
            (told[i].registrar, told[i].bank) = (other, both);
        } catch {
            require(by != other, "not taken");
        }
    }

    function pass(uint256 time, uint256 which) external {
        vm.warp(block.timestamp + within(time, 0, 10 days));
        if (told.length == 0) return;
        uint256 i = which % told.length;
        bool due = told[i].stage != IFinancingRegistry.State.CANC && !isOpen(i);
        try registry.expire(told[i].id) {
            require(due, "expired early");
            told[i].stage = IFinancingRegistry.State.CANC;
        } catch {
            require(!due, "not expired");
        }
    }

    function leaveAndReturn(uint256 who, uint256 to, uint256 which) external {
        if (told.length == 0) return;
        uint256 i = which % told.length;
        address left = registrars[who % 3];
        bytes32 role = registry.REGISTRAR_ROLE();
        registry.revokeRole(role, left);
        address next = registrars[to % 3];
        bool may = told[i].registrar == left && next != left;
        try registry.reassign(told[i].id, next) {
            require(may, "reassigned unlawfully");
            told[i].registrar = next;
        } catch {
            require(!may, "not reassigned");
        }
        registry.grantRole(role, left);
    }
}

contract FinancingRegistryInvariantTest is Cheats {
    Registries private all;

    function setUp() public {
        all = new Registries();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(all);
    }

    function invariant_no_receivable_is_held_twice() public view {
        FinancingRegistry registry = all.registry();
        for (uint256 i = 0; i < all.count(); i++) {
            Registries.Told memory a = all.at(i);
            if (!live(registry.state(a.id))) continue;
            for (uint256 j = 0; j < i; j++) {
                Registries.Told memory b = all.at(j);
                check(!live(registry.state(b.id)) || !all.meet(a.fingerprints, b.fingerprints), "two live marks");
            }
        }
    }

    function invariant_every_mark_stands_as_told() public view {
        FinancingRegistry registry = all.registry();
        for (uint256 i = 0; i < all.count(); i++) {
            Registries.Told memory mark = all.at(i);
            (IFinancingRegistry.State state, address registrar, uint64 expires, bytes32 bank,, bytes32[] memory prints) =
                registry.markOf(mark.id);
            check(registrar == mark.registrar && expires == mark.expires && bank == mark.bank, "whose and until when");
            check(keccak256(abi.encode(prints)) == keccak256(abi.encode(mark.fingerprints)), "on what");
            if (!all.isOpen(i)) check(state == IFinancingRegistry.State.CANC, "gone");
            else if (mark.stage != IFinancingRegistry.State.REGU) check(state == mark.stage, "live");
            else if (all.held(prints, i)) check(state == IFinancingRegistry.State.DFIN, "held by another");
            else check(state == IFinancingRegistry.State.REGU || state == IFinancingRegistry.State.REDU, "free");
            for (uint256 j = 0; j < prints.length; j++) {
                check(live(registry.standing(prints[j])) == all.held(one(prints[j]), type(uint256).max), "standing");
            }
        }
    }

    function one(bytes32 fingerprint) private pure returns (bytes32[] memory prints) {
        prints = new bytes32[](1);
        prints[0] = fingerprint;
    }

    function live(IFinancingRegistry.State state) private pure returns (bool) {
        return state == IFinancingRegistry.State.PNDG || state == IFinancingRegistry.State.FNCD;
    }
}
