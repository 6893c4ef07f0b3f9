// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {LogProof} from "../../../contracts/LogProof.sol";
import {LogProofHarness} from "../../../contracts/test/LogProofHarness.sol";
import {Cheats} from "./Cheats.sol";
import {ReferenceTree as Tree} from "./ReferenceTree.sol";

contract LogProofTest is Cheats {
    LogProofHarness private proofs;

    function setUp() public {
        proofs = new LogProofHarness();
    }

    function leavesOf(uint256 n, bytes32 seed) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](n);
        for (uint256 i = 0; i < n; i++) leaves[i] = sha256(abi.encode(seed, i));
    }

    function spoiled(bytes32[] memory proof, uint256 at) private pure returns (bytes32[] memory other) {
        other = new bytes32[](proof.length);
        for (uint256 i = 0; i < proof.length; i++) other[i] = proof[i];
        other[at % proof.length] ^= bytes32(uint256(1) << (at % 256));
    }

    function cut(bytes32[] memory proof) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](proof.length - 1);
        for (uint256 i = 0; i < shorter.length; i++) shorter[i] = proof[i];
    }

    struct Case {
        uint64 m;
        uint64 n;
        bytes32 old;
        bytes32 grown;
        bytes32[] proof;
    }

    function consistent(Case memory it, bytes32[] memory proof) private view returns (bool) {
        return proofs.verifyConsistency(it.m, it.n, it.old, it.grown, proof);
    }

    function testFuzz_consistency_of_a_real_tree(uint256 a, uint256 b, bytes32 seed, uint256 at) public view {
        bytes32[] memory none = new bytes32[](0);
        Case memory it;
        it.n = within(a, 2, 130);
        it.m = within(b, 1, it.n - 1);
        bytes32[] memory leaves = leavesOf(it.n, seed);
        (it.old, it.grown) = (Tree.root(leaves, 0, it.m), Tree.root(leaves, 0, it.n));
        it.proof = Tree.consistency(leaves, it.m, 0, it.n, true);
        check(consistent(it, it.proof), "a proof by the definition");
        check(!consistent(it, spoiled(it.proof, at)), "one bit changed");
        check(!consistent(it, cut(it.proof)), "cut");
        check(!consistent(it, Tree.append(it.proof, seed)), "padded");
        check(!proofs.verifyConsistency(it.n, it.m, it.grown, it.old, it.proof), "backwards");
        check(!proofs.verifyConsistency(it.m, it.n, ~it.old, it.grown, it.proof), "another old root");
        check(!proofs.verifyConsistency(it.m, it.n, it.old, ~it.grown, it.proof), "another new root");
        check(!proofs.verifyConsistency(0, it.n, it.old, it.grown, it.proof), "from the empty tree");
        check(proofs.verifyConsistency(it.n, it.n, it.grown, it.grown, none), "with itself");
        check(!proofs.verifyConsistency(it.n, it.n, it.grown, it.old, none), "two roots for one size");
        check(!proofs.verifyConsistency(it.n, it.n, it.grown, it.grown, it.proof), "with itself by a proof");
    }

    function testFuzz_inclusion_in_a_real_tree(uint256 a, uint256 b, bytes32 seed, uint256 at) public view {
        uint64 n = within(a, 1, 130);
        uint64 i = within(b, 0, n - 1);
        bytes32[] memory leaves = leavesOf(n, seed);
        bytes32 root = Tree.root(leaves, 0, n);
        bytes32[] memory proof = Tree.inclusion(leaves, i, 0, n);
        check(proofs.verifyInclusion(i, n, leaves[i], proof, root), "a proof by the definition");
        check(!proofs.verifyInclusion(i, n, ~leaves[i], proof, root), "another leaf");
        check(!proofs.verifyInclusion(i, n, leaves[i], proof, ~root), "another root");
        check(!proofs.verifyInclusion(n, n, leaves[i], proof, root), "past the end");
        check(!proofs.verifyInclusion(i, n, leaves[i], Tree.append(proof, seed), root), "padded");
        if (n > 1) {
            check(!proofs.verifyInclusion(i, n, leaves[i], spoiled(proof, at), root), "one bit changed");
            check(!proofs.verifyInclusion(i, n, leaves[i], cut(proof), root), "cut");
            check(!proofs.verifyInclusion(i ^ 1, n, leaves[i], proof, root), "the sibling's place");
        }
    }

    function testFuzz_consistency_to_the_last_size_of_64_bits(uint64 a, uint64 b, bytes32 seed, uint256 at)
        public
        view
    {
        vm.assume(a != b && a != 0 && b != 0);
        (uint64 m, uint64 n) = a < b ? (a, b) : (b, a);
        Tree.Growth memory it = Tree.drawn(m, n, seed, true);
        check(proofs.verifyConsistency(m, n, it.root1, it.root2, it.proof), "a proof by the definition");
        check(!proofs.verifyConsistency(m, n, it.root1, it.root2, spoiled(it.proof, at)), "one bit changed");
        check(!proofs.verifyConsistency(m, n, it.root1, it.root1, it.proof), "the old root for the new one");
    }

    function testFuzz_nothing_is_proved_by_hashes_drawn(uint64 a, uint64 b, bytes32 c, bytes32 d, bytes32[] memory proof)
        public
        view
    {
        vm.assume(a != b && c != d && proof.length < 80);
        check(!proofs.verifyConsistency(a, b, c, d, proof), "consistency");
        check(!proofs.verifyInclusion(a, b, c, proof, d), "inclusion");
    }

    function test_every_growth_to_24_entries() public view {
        bytes32[] memory leaves = leavesOf(24, bytes32("exhaustive"));
        for (uint64 n = 1; n <= 24; n++) {
            bytes32 grown = Tree.root(leaves, 0, n);
            for (uint64 m = 1; m < n; m++) {
                bytes32 old = Tree.root(leaves, 0, m);
                check(
                    proofs.verifyConsistency(m, n, old, grown, Tree.consistency(leaves, m, 0, n, true)), "consistency"
                );
            }
            for (uint64 i = 0; i < n; i++) {
                check(proofs.verifyInclusion(i, n, leaves[i], Tree.inclusion(leaves, i, 0, n), grown), "inclusion");
            }
        }
    }

    function test_a_chain_without_sha256_is_said_so() public {
        bytes memory refusal = abi.encodeWithSelector(LogProof.Sha256Unavailable.selector);
        bytes32[] memory leaves = leavesOf(4, 0);
        Case memory it = Case(3, 4, Tree.root(leaves, 0, 3), Tree.root(leaves, 0, 4), Tree.consistency(leaves, 3, 0, 4, true));
        bytes32[] memory path = Tree.inclusion(leaves, 1, 0, 4);
        // The hash of both trees' nodes at once, either of the two, and of a single one.
        bytes memory old = abi.encodePacked(bytes1(0x01), Tree.root(leaves, 0, 2), leaves[2]);
        bytes memory grown = abi.encodePacked(bytes1(0x01), Tree.root(leaves, 0, 2), Tree.root(leaves, 2, 4));
        bytes[3] memory failing = [bytes(""), old, grown];
        for (uint256 i = 0; i < 6; i++) {
            // An account without code answers, with nothing; a node may also fail the call.
            if (i < 3) vm.mockCall(address(2), failing[i], "");
            else vm.mockCallRevert(address(2), failing[i - 3], "");
            vm.expectRevert(refusal);
            proofs.verifyConsistency(it.m, it.n, it.old, it.grown, it.proof);
            if (i % 3 == 0) {
                vm.expectRevert(refusal);
                proofs.verifyInclusion(1, 4, leaves[1], path, it.grown);
            }
            vm.clearMockedCalls();
        }
        check(proofs.verifyInclusion(1, 4, leaves[1], path, it.grown), "with SHA-256 again");
        check(consistent(it, it.proof), "with SHA-256 again");
    }
}
