// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Inclusion and consistency proofs of RFC 6962 / RFC 9162 SHA-256 Merkle trees.
/// @notice A proof that does not verify is the value `false`, never a revert: what that means is the caller's
/// to say. Sizes and indexes reach 2^64 - 1.
/// @dev Both functions walk from a node at the right edge of the older tree up to the root of the newer one.
/// `node` is the number of the node they stand on within its level, `last` that of the level's last node. While
/// they differ there is a sibling on every level, on the left of an odd node and on the right of an even one.
/// Once they are equal the node is itself the last, and has a sibling, on the left, only on the levels where its
/// number is odd: one for every bit that is set. RFC 9162 says the same as a single loop.
library LogProof {
    /// @notice The SHA-256 precompile gave no digest: not a chain that this library can run on.
    error Sha256Unavailable();

    /// @notice Whether `leaf` is entry number `index` of the tree with this size and root.
    /// @dev RFC 9162 section 2.1.3.2.
    /// @param index Zero-based number of the entry.
    /// @param size Entries in the tree.
    /// @param leaf Leaf hash, SHA-256(0x00 || entry).
    /// @param proof Sibling hashes from the leaf up.
    /// @param root Merkle tree hash over all `size` entries.
    function verifyInclusion(uint64 index, uint64 size, bytes32 leaf, bytes32[] calldata proof, bytes32 root)
        internal
        view
        returns (bool)
    {
        if (index >= size) return false;
        unchecked {
            uint256 node = index;
            uint256 last = size - 1;
            uint256 used = 0;
            bytes32 hash = leaf;
            for (; node != last; last >>= 1) {
                bytes32 sibling = _read(proof, used++);
                hash = node & 1 == 1 ? _nodeHash(sibling, hash) : _nodeHash(hash, sibling);
                node >>= 1;
            }
            for (; node != 0; node &= node - 1) {
                hash = _nodeHash(_read(proof, used++), hash);
            }
            return used == proof.length && hash == root;
        }
    }

    /// @notice Whether the tree (size2, root2) extends the tree (size1, root1).
    /// @dev RFC 9162 section 2.1.4.2. From size 0 nothing can be proved, so the answer is no. The proof fixes the
    /// shape of the path and not every bit of `size2`: a right-most subtree may claim more entries than it has.
    /// What binds a size to a root is the checkpoint's signature.
    /// @param size1 Entries in the older tree.
    /// @param size2 Entries in the newer tree.
    /// @param root1 Merkle tree hash of the older tree.
    /// @param root2 Merkle tree hash of the newer tree.
    /// @param proof Consistency proof; empty when the sizes are equal.
    function verifyConsistency(uint64 size1, uint64 size2, bytes32 root1, bytes32 root2, bytes32[] calldata proof)
        internal
        view
        returns (bool)
    {
        if (size1 == 0 || size1 > size2) return false;
        if (size1 == size2) return proof.length == 0 && root1 == root2;

        unchecked {
            // The largest whole subtree at the older tree's right edge is a node of both: the walk begins there.
            uint256 node = size1 - 1;
            uint256 last = size2 - 1;
            while (node & 1 == 1) {
                node >>= 1;
                last >>= 1;
            }
            // Where size1 is a power of two that subtree is the whole older tree, and the proof leaves it out.
            uint256 used = node == 0 ? 0 : 1;
            bytes32 hash1 = node == 0 ? root1 : _read(proof, 0);
            bytes32 hash2 = hash1;
            for (; node != last; last >>= 1) {
                bytes32 sibling = _read(proof, used++);
                if (node & 1 == 1) {
                    (hash1, hash2) = _nodeHashes(sibling, hash1, hash2);
                } else {
                    hash2 = _nodeHash(hash2, sibling);
                }
                node >>= 1;
            }
            for (; node != 0; node &= node - 1) {
                (hash1, hash2) = _nodeHashes(_read(proof, used++), hash1, hash2);
            }
            return used == proof.length && hash1 == root1 && hash2 == root2;
        }
    }

    /// @dev Reads past the end are harmless: whoever walks compares the number of reads with the length at the
    /// end, and a walk is at most 65 long. A check at every read cost 1,200 gas at 2^20 entries.
    function _read(bytes32[] calldata proof, uint256 i) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := calldataload(add(proof.offset, shl(5, i)))
        }
    }

    /// @dev SHA-256(0x01 || left || right). Written beyond the free memory pointer and not kept: with
    /// `sha256(abi.encodePacked(...))` every node takes new memory.
    function _nodeHash(bytes32 left, bytes32 right) private view returns (bytes32 digest) {
        bool answered;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 0x01), left)
            mstore(add(input, 0x21), right)
            // An account without code answers a call with success and no bytes. Yul evaluates the call first.
            answered := and(eq(returndatasize(), 0x20), staticcall(gas(), 0x02, input, 0x41, 0x00, 0x20))
            digest := mload(0x00)
        }
        if (!answered) revert Sha256Unavailable();
    }

    /// @dev `_nodeHash` of one left sibling with two right ones: where both trees have a node on the path, the
    /// usual case, it is placed once.
    function _nodeHashes(bytes32 left, bytes32 right1, bytes32 right2)
        private
        view
        returns (bytes32 digest1, bytes32 digest2)
    {
        bool answered;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 0x01), left)
            mstore(add(input, 0x21), right1)
            answered := and(eq(returndatasize(), 0x20), staticcall(gas(), 0x02, input, 0x41, 0x00, 0x20))
            digest1 := mload(0x00)
            mstore(add(input, 0x21), right2)
            answered := and(answered, and(eq(returndatasize(), 0x20), staticcall(gas(), 0x02, input, 0x41, 0x00, 0x20)))
            digest2 := mload(0x00)
        }
        if (!answered) revert Sha256Unavailable();
    }
}
