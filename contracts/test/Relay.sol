// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title An account with code that passes calls on, for tests: what it did is in no transaction's own data.
contract Relay {
    error NotPassedOn();

    function pass(address to, bytes calldata data) external {
        (bool passed,) = to.call(data);
        if (!passed) revert NotPassedOn();
    }
}
