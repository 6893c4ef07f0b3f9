// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ILogAnchor} from "./ILogAnchor.sol";
import {LogProof} from "./LogProof.sol";

/// @title Heads of append-only logs, each accepted only with a proof that it extends the one before it.
/// @notice Not upgradeable: an auditor who pinned this code pinned what it accepts. A later version is a new
/// contract that copies the heads of this one after it has stopped for good.
/// @dev The administrator opens logs, grants each log's anchoring role, unpauses and retires. A head it moves only by
/// `refound`, for all to see, and never out of the tree over the entries it keeps. No value is `immutable`: the runtime code, and with it the hash that trust settings pin, is
/// the same for every deployment.
contract LogAnchor is ILogAnchor, AccessControl, Pausable {
    // In two slots. The first, read or proved by itself (eth_getProof), also tells that heads were given up.
    struct Head {
        uint64 size;
        uint64 blockNumber;
        uint64 maxGrowth;
        uint64 refounded;
        bytes32 root;
    }

    /// @notice May stop this contract. Only the administrator may start it again.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 private constant ANCHOR_ROLE = keccak256("ANCHOR_ROLE");

    // Shares the slot of Pausable's flag, which every call reads anyway.
    address private _successor;
    ILogAnchor private _predecessor;
    mapping(bytes32 logId => Head) private _heads;
    mapping(bytes32 logId => Refounding[]) private _refoundings;

    /// @param admin Holds DEFAULT_ADMIN_ROLE and PAUSER_ROLE at first.
    /// @param predecessor_ The contract whose heads this one may copy, or zero.
    constructor(address admin, ILogAnchor predecessor_) {
        if (admin == address(0)) revert InvalidAdmin(admin);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(PAUSER_ROLE, admin);
        _predecessor = predecessor_;
    }

    /// @inheritdoc ILogAnchor
    function anchor(bytes32 logId, uint64 size, bytes32 root, bytes32[] calldata proof) external whenNotPaused {
        Head memory held = _heads[logId];
        if (held.size == 0) revert UnknownLog(logId);
        _checkRole(anchorRole(logId));

        if (size == held.size) {
            if (root != held.root) revert ForkedHead(size, held.root, root);
            return;
        }
        if (size < held.size) revert NotAnExtension(held.size, size);
        if (size - held.size > held.maxGrowth) revert GrowthAboveCap(held.maxGrowth, size - held.size);
        if (!LogProof.verifyConsistency(held.size, size, held.root, root, proof)) {
            revert NotConsistent(held.size, held.root, size, root);
        }

        _heads[logId] = Head(size, uint64(block.number), held.maxGrowth, held.refounded, root);
        emit Anchored(logId, size, root, held.size);
    }

    /// @inheritdoc ILogAnchor
    function refound(
        bytes32 logId,
        uint64 kept,
        bytes32 keptRoot,
        bytes32[] calldata abandonedProof,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bytes32 checkpoint
    ) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (_successor != address(0)) revert RetiredFor(_successor);
        Head memory held = _heads[logId];
        if (held.size == 0) revert UnknownLog(logId);
        if (checkpoint == 0) revert NoCheckpoint(logId);
        if (kept >= held.size) revert NothingAbandoned(held.size, kept);
        if (held.blockNumber == block.number) revert SameBlock(held.blockNumber);
        if (!LogProof.verifyConsistency(kept, held.size, keptRoot, held.root, abandonedProof)) {
            revert NotConsistent(kept, keptRoot, held.size, held.root);
        }
        if (!LogProof.verifyConsistency(kept, size, keptRoot, root, proof)) {
            revert NotConsistent(kept, keptRoot, size, root);
        }

        _heads[logId] = Head(size, uint64(block.number), held.maxGrowth, held.refounded + 1, root);
        _refoundings[logId].push(
            Refounding(kept, held.size, size, uint64(block.number), held.root, root, checkpoint)
        );
        emit Refounded(logId, kept, held.size, held.root, size, root, checkpoint);
        emit Anchored(logId, size, root, kept);
    }

    /// @inheritdoc ILogAnchor
    function open(bytes32 logId, uint64 size, bytes32 root, uint64 maxGrowth_)
        external
        whenNotPaused
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        if (address(_predecessor) != address(0)) {
            (uint64 held,,,) = _linked().head(logId);
            if (held != 0) revert HeldByPredecessor(logId, held);
        }
        _open(logId, size, root, maxGrowth_, 0);
    }

    /// @inheritdoc ILogAnchor
    function copyHead(bytes32 logId) external whenNotPaused onlyRole(DEFAULT_ADMIN_ROLE) {
        ILogAnchor from = _linked();
        (uint64 size, bytes32 root,, uint64 refounded) = from.head(logId);
        if (size == 0) revert UnknownLog(logId);
        _open(logId, size, root, from.maxGrowth(logId), refounded);
        Refounding[] memory givenUp = from.refoundings(logId);
        for (uint256 i = 0; i < givenUp.length; i++) {
            _refoundings[logId].push(givenUp[i]);
        }
        emit HeadCopied(logId, address(from), size, root);
    }

    /// @notice Stops open, anchor and copyHead. Heads stay readable, and junk ones can be given up.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Ends a pause; never a retirement.
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (_successor != address(0)) revert RetiredFor(_successor);
        _unpause();
    }

    /// @inheritdoc ILogAnchor
    function retire(address successor_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (_successor != address(0)) revert RetiredFor(_successor);
        // There is no way back, so a mistyped address must not get through.
        address named = successor_.code.length == 0 ? address(0) : address(ILogAnchor(successor_).predecessor());
        if (named != address(this)) revert NotLinked(named, address(this));

        _successor = successor_;
        if (!paused()) _pause();
        emit Retired(successor_);
    }

    /// @inheritdoc ILogAnchor
    function head(bytes32 logId)
        external
        view
        returns (uint64 size, bytes32 root, uint64 blockNumber, uint64 refounded)
    {
        Head storage held = _heads[logId];
        return (held.size, held.root, held.blockNumber, held.refounded);
    }

    /// @inheritdoc ILogAnchor
    function refoundings(bytes32 logId) external view returns (Refounding[] memory) {
        return _refoundings[logId];
    }

    /// @inheritdoc ILogAnchor
    function maxGrowth(bytes32 logId) external view returns (uint64) {
        return _heads[logId].maxGrowth;
    }

    /// @inheritdoc ILogAnchor
    function predecessor() external view returns (ILogAnchor) {
        return _predecessor;
    }

    /// @inheritdoc ILogAnchor
    function successor() external view returns (address) {
        return _successor;
    }

    /// @inheritdoc ILogAnchor
    function anchorRole(bytes32 logId) public pure returns (bytes32) {
        return keccak256(abi.encode(ANCHOR_ROLE, logId));
    }

    /// @dev Until the predecessor has retired in favour of this contract its heads may still move, and logs may be
    /// opened there: one log id could have two heads that grow apart.
    function _linked() private view returns (ILogAnchor from) {
        from = _predecessor;
        address named = address(from) == address(0) ? address(0) : from.successor();
        if (named != address(this)) revert NotLinked(named, address(this));
    }

    function _open(bytes32 logId, uint64 size, bytes32 root, uint64 maxGrowth_, uint64 refounded) private {
        uint64 held = _heads[logId].size;
        if (held != 0) revert LogAlreadyOpen(logId, held, size);
        if (size == 0) revert EmptyHead(logId);
        if (maxGrowth_ == 0) revert NoGrowthAllowed(logId);

        _heads[logId] = Head(size, uint64(block.number), maxGrowth_, refounded, root);
        emit LogOpened(logId, size, root, maxGrowth_);
        emit Anchored(logId, size, root, 0);
    }
}
