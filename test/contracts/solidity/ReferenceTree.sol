// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title RFC 9162 section 2.1 written down as it stands, recursive and slow, to compare LogProof with.
library ReferenceTree {
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @dev Largest power of two below n, for n > 1.
    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    function append(bytes32[] memory list, bytes32 last) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; i++) longer[i] = list[i];
        longer[list.length] = last;
    }

    /// @dev MTH(D[from:to]) over leaf hashes.
    function root(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 k = split(to - from);
        return node(root(leaves, from, from + k), root(leaves, from + k, to));
    }

    /// @dev PATH(i, D[from:to]).
    function inclusion(bytes32[] memory leaves, uint256 i, uint256 from, uint256 to)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 k = from + split(to - from);
        return i < k
            ? append(inclusion(leaves, i, from, k), root(leaves, k, to))
            : append(inclusion(leaves, i, k, to), root(leaves, from, k));
    }

    /// @dev SUBPROOF(m, D[from:to], whole), with m counted from the first entry of all.
    function consistency(bytes32[] memory leaves, uint256 m, uint256 from, uint256 to, bool whole)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (m == to) return whole ? new bytes32[](0) : append(new bytes32[](0), root(leaves, from, to));
        uint256 k = from + split(to - from);
        return m <= k
            ? append(consistency(leaves, m, from, k, whole), root(leaves, k, to))
            : append(consistency(leaves, m, k, to, false), root(leaves, from, k));
    }

    struct Growth {
        bytes32 root1;
        bytes32 root2;
        bytes32[] proof;
    }

    /// @dev A growth from m to n entries, to 2^64 - 1, where each subtree that the proof names as a whole is drawn.
    function drawn(uint256 m, uint256 n, bytes32 seed, bool whole) internal pure returns (Growth memory) {
        if (m == n) {
            bytes32[] memory none = new bytes32[](0);
            return Growth(seed, seed, whole ? none : append(none, seed));
        }
        uint256 k = split(n);
        bytes32 sibling = keccak256(abi.encode(seed, n));
        Growth memory inner = m <= k ? drawn(m, k, keccak256(abi.encode(seed)), whole) : drawn(m - k, n - k, keccak256(abi.encode(seed)), false);
        inner.root1 = m <= k ? inner.root1 : node(sibling, inner.root1);
        inner.root2 = m <= k ? node(inner.root2, sibling) : node(sibling, inner.root2);
        inner.proof = append(inner.proof, sibling);
        return inner;
    }
}
