// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Heads of append-only logs, each accepted only with a proof that it extends the one before it.
/// @notice A log is an RFC 6962 / RFC 9162 SHA-256 Merkle tree. Its id is the SHA-256 digest of its origin,
/// the UTF-8 string on the first line of its checkpoints (C2SP tlog-checkpoint). A log that forks, rewrites
/// or shrinks cannot be anchored, whoever holds the keys.
/// @dev Every head ever accepted is exactly one `Anchored` event, first heads, copied heads and re-founded ones
/// included, so the events of a log id, in order, are its whole history: each names the size it extends.
interface ILogAnchor {
    /// @notice A head that was given up because somebody held a stolen anchoring key, and the head in its place.
    /// @param kept Entries that stay: both heads were proved to extend the tree over them.
    /// @param abandonedSize Entries under the head given up; those from `kept` on are not the log's.
    /// @param size Entries under the head in its place.
    /// @param blockNumber Block in which this was done. Whatever was abandoned was accepted in an earlier one.
    /// @param abandonedRoot Merkle tree hash of the head given up.
    /// @param root Merkle tree hash of the head in its place.
    /// @param checkpoint SHA-256 of the signed note, cosignatures included, that the head in its place is of.
    struct Refounding {
        uint64 kept;
        uint64 abandonedSize;
        uint64 size;
        uint64 blockNumber;
        bytes32 abandonedRoot;
        bytes32 root;
        bytes32 checkpoint;
    }

    /// @notice A log id was taken into use, with its first head.
    /// @param logId SHA-256 of the log's origin.
    /// @param size Entries under the first head.
    /// @param root Merkle tree hash over those entries.
    /// @param maxGrowth Most entries a single anchor may add.
    event LogOpened(bytes32 indexed logId, uint64 size, bytes32 root, uint64 maxGrowth);

    /// @notice A head was accepted.
    /// @param logId SHA-256 of the log's origin.
    /// @param size Entries under the accepted head.
    /// @param root Merkle tree hash over those entries.
    /// @param previousSize Size of the head that it extends; 0 for a first head.
    event Anchored(bytes32 indexed logId, uint64 indexed size, bytes32 root, uint64 previousSize);

    /// @notice A head was given up for one that extends only its first `kept` entries. `Anchored` follows.
    event Refounded(
        bytes32 indexed logId,
        uint64 indexed kept,
        uint64 abandonedSize,
        bytes32 abandonedRoot,
        uint64 size,
        bytes32 root,
        bytes32 checkpoint
    );

    /// @notice A head was taken over from the contract that came before this one.
    event HeadCopied(bytes32 indexed logId, address indexed predecessor, uint64 size, bytes32 root);

    /// @notice This contract stopped for good in favour of `successor`.
    event Retired(address indexed successor);

    /// @notice No log was opened under this id.
    error UnknownLog(bytes32 logId);
    /// @notice A log id is opened once.
    error LogAlreadyOpen(bytes32 logId, uint64 held, uint64 offered);
    /// @notice A first head of no entries proves nothing, and any root at all would be consistent with it.
    error EmptyHead(bytes32 logId);
    /// @notice A log that may not grow could never be anchored.
    error NoGrowthAllowed(bytes32 logId);
    /// @notice The offered head is smaller than the one held.
    error NotAnExtension(uint64 held, uint64 offered);
    /// @notice Two roots for one size: the log has forked.
    error ForkedHead(uint64 size, bytes32 held, bytes32 offered);
    /// @notice The offered head adds more entries than a single anchor may.
    error GrowthAboveCap(uint64 cap, uint64 offered);
    /// @notice The proof does not show that the offered head extends the one held.
    error NotConsistent(uint64 heldSize, bytes32 heldRoot, uint64 offeredSize, bytes32 offeredRoot);
    /// @notice A re-founding gives something up: what is kept is less than what is held.
    error NothingAbandoned(uint64 held, uint64 kept);
    /// @notice A re-founding names the signed checkpoint that its head is taken from.
    error NoCheckpoint(bytes32 logId);
    /// @notice A head of this very block is not given up in it: whoever reads could not tell before from after.
    error SameBlock(uint64 blockNumber);
    /// @notice The administrator must be an account.
    error InvalidAdmin(address admin);
    /// @notice This contract has a successor and stays stopped.
    error RetiredFor(address successor);
    /// @notice Two contracts that are to follow each other must name each other.
    error NotLinked(address named, address expected);
    /// @notice The contract that came before holds this log: its head is copied, not opened anew.
    error HeldByPredecessor(bytes32 logId, uint64 held);

    /// @notice Takes a log id into use. Once per id, by the administrator.
    /// @param logId SHA-256 of the log's origin.
    /// @param size Entries under the first head, at least 1.
    /// @param root Merkle tree hash over those entries.
    /// @param maxGrowth Most entries a single anchor may add, at least 1: what a stolen anchoring key can do.
    function open(bytes32 logId, uint64 size, bytes32 root, uint64 maxGrowth) external;

    /// @notice Accepts the next head of a log. Only for holders of `anchorRole(logId)`.
    /// @dev The same (size, root) again changes nothing, emits nothing and does not revert, so that a sender
    /// who lost track may repeat itself.
    /// @param logId SHA-256 of the log's origin.
    /// @param size Entries under the offered head.
    /// @param root Merkle tree hash over those entries.
    /// @param proof Consistency proof from the head held to the offered one (RFC 9162 section 2.1.4.1).
    function anchor(bytes32 logId, uint64 size, bytes32 root, bytes32[] calldata proof) external;

    /// @notice Gives up a junk head that a stolen anchoring key had accepted. By the administrator, also while
    /// paused, which keeps the thief from adding to it meanwhile.
    /// @dev Not a way to rewrite: both heads must be proved to extend one tree over `kept` entries, and what was
    /// given up stays readable here, and at every successor, for ever. `head` counts how often it was done.
    /// @param logId SHA-256 of the log's origin.
    /// @param kept Entries that stay: as a rule the last head accepted before the theft.
    /// @param keptRoot Merkle tree hash over them.
    /// @param abandonedProof Consistency proof from there to the head held.
    /// @param size Entries under the head in its place: as a rule the last one witnessed.
    /// @param root Merkle tree hash over those entries.
    /// @param proof Consistency proof from `kept` to `size`.
    /// @param checkpoint SHA-256 of the signed note, cosignatures included, of the head in its place.
    function refound(
        bytes32 logId,
        uint64 kept,
        bytes32 keptRoot,
        bytes32[] calldata abandonedProof,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bytes32 checkpoint
    ) external;

    /// @notice Takes over a log's head, growth cap and re-foundings from the retired predecessor. By the
    /// administrator.
    function copyHead(bytes32 logId) external;

    /// @notice Stops this contract for good and names what follows it. By the administrator, once.
    /// @param successor A contract that names this one as its predecessor.
    function retire(address successor) external;

    /// @notice The last accepted head of a log; all zero when the id was never opened.
    /// @return size Entries under the head.
    /// @return root Merkle tree hash over those entries.
    /// @return blockNumber Block in which it was accepted here.
    /// @return refounded How often a head of this log was given up: more is at `refoundings`.
    function head(bytes32 logId)
        external
        view
        returns (uint64 size, bytes32 root, uint64 blockNumber, uint64 refounded);

    /// @notice Every head of this log that was given up, here or at a predecessor, oldest first.
    function refoundings(bytes32 logId) external view returns (Refounding[] memory);

    /// @notice Most entries a single anchor of this log may add; 0 when the id was never opened.
    function maxGrowth(bytes32 logId) external view returns (uint64);

    /// @notice The AccessControl role that may grow this log, and no other.
    function anchorRole(bytes32 logId) external pure returns (bytes32);

    /// @notice The contract that came before, or zero.
    function predecessor() external view returns (ILogAnchor);

    /// @notice The contract that follows, or zero while this one is in use.
    function successor() external view returns (address);
}
