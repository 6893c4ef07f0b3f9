// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title What the test runner can do that no contract can. Named as Foundry names it.
interface Vm {
    function prank(address sender) external;
    function roll(uint256 blockNumber) external;
    function warp(uint256 timestamp) external;
    function assume(bool condition) external pure;
    function expectRevert(bytes calldata revertData) external;
    function expectRevert() external;
    function mockCall(address callee, bytes calldata data, bytes calldata returned) external;
    function mockCallRevert(address callee, bytes calldata data, bytes calldata returned) external;
    function clearMockedCalls() external;
}

/// @title The runner, and the few assertions that the tests need.
abstract contract Cheats {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function check(bool holds, string memory what) internal pure {
        require(holds, what);
    }

    /// @dev A number from `least` to `most` for any number drawn.
    function within(uint256 drawn, uint256 least, uint256 most) internal pure returns (uint64) {
        return uint64(least + drawn % (most - least + 1));
    }
}
