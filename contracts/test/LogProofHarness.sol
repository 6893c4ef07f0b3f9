// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {LogProof} from "../LogProof.sol";

/// @title LogProof's functions as calls, for tests.
contract LogProofHarness {
    function verifyInclusion(uint64 index, uint64 size, bytes32 leaf, bytes32[] calldata proof, bytes32 root)
        external
        view
        returns (bool)
    {
        return LogProof.verifyInclusion(index, size, leaf, proof, root);
    }

    function verifyConsistency(uint64 size1, uint64 size2, bytes32 root1, bytes32 root2, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        return LogProof.verifyConsistency(size1, size2, root1, root2, proof);
    }
}
