// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Marks on receivables that are financed, so that none is financed twice, by whatever bank or registry.
/// @notice A receivable is known here by fingerprints alone: HMACs of its invoice number under the versioned key of the
/// registries that use this contract, one for each version kept. Neither invoice, seller, bank nor amount can be read
/// or guessed from them. A registry sends the transactions, so that no bank is known by an account of its own.
/// @dev What the state machine forbids is a second live mark: of all marks under one fingerprint at most one is PNDG or
/// FNCD. A mark under several fingerprints holds all of them or is refused.
interface IFinancingRegistry {
    /// @notice As the trade's duplicate registries name them. Only PNDG and FNCD hold a receivable.
    /// @dev NONE: no such mark. REGU: registered, no other. REDU: registered by others too, held by none. DFIN:
    /// registered, and held by another. PNDG: held until it is financed. FNCD: financed. CANC: cancelled, released, or
    /// expired before it was financed.
    enum State {
        NONE,
        REGU,
        REDU,
        DFIN,
        PNDG,
        FNCD,
        CANC
    }

    /// @notice What a registry says of a mark when it makes it.
    /// @param id Drawn at random by the registry: it tells nothing.
    /// @param fingerprints One for each version of the registry key that is kept, 1 to 4, each different.
    /// @param bank Salted SHA-256 commitment to the bank's signature on its mark.
    /// @param consent SHA-256 of the seller's signed consent together with this chain and contract: it serves once here.
    /// The consent names bank, chain, contract, nonce and deadline.
    /// @param expires The consent's deadline, in seconds: until then it has to be financed, or the mark is gone.
    struct Offer {
        bytes32 id;
        bytes32[] fingerprints;
        bytes32 bank;
        bytes32 consent;
        uint64 expires;
    }

    /// @notice Somebody will reveal a mark in a later block.
    event Committed(bytes32 indexed commitment, address indexed registrar);
    /// @notice A mark was made. `state` is REGU, PNDG or FNCD: what else there is on its fingerprints `state(id)` tells.
    event Marked(
        bytes32 indexed id, address indexed registrar, State state, bytes32[] fingerprints, bytes32 bank, bytes32 consent
    );
    /// @notice A mark moved to PNDG, FNCD or CANC.
    event Moved(bytes32 indexed id, State state);
    /// @notice The bank signed anew: part of the receivable is free, or the terms changed. The state stays.
    event Amended(bytes32 indexed id, bytes32 bank);
    /// @notice The bank that holds the mark gives it to another one, which has to take it.
    event Offered(bytes32 indexed id, address indexed to, bytes32 bank);
    /// @notice The other bank signed, too: the mark is its own.
    event Transferred(bytes32 indexed id, address indexed from, address indexed to, bytes32 bank);
    /// @notice The administrator gave a mark, whose registrar is one no more, into the care of another.
    event Reassigned(bytes32 indexed id, address indexed from, address indexed to);

    /// @notice A live mark stands on this fingerprint. Whose it is is nobody's business.
    error AlreadyHeld(bytes32 fingerprint);
    /// @notice From this state the mark does not move there.
    error IllegalMove(bytes32 id, State from, State to);
    /// @notice No commitment to just this mark by this sender: front-run, mistyped, or never made.
    error NotCommitted(bytes32 commitment);
    /// @notice A commitment is revealed in a later block than its own.
    error CommittedInThisBlock(bytes32 commitment);
    /// @notice A commitment is no option on a receivable: it is worth nothing after a day.
    error CommitmentTooOld(bytes32 commitment, uint64 committedAt);
    /// @notice A mark has 1 to 4 fingerprints, none zero, none twice.
    error BadFingerprints(bytes32 id);
    /// @notice Commitments are never zero.
    error EmptyCommitment(bytes32 id);
    /// @notice The consent has served a mark here.
    error ConsentSpent(bytes32 consent);
    /// @notice The consent's deadline is over, or further away than an unfinanced mark may stand.
    error BadDeadline(uint64 expires, uint64 earliest, uint64 latest);
    /// @notice Another registry made this mark.
    error NotYourMark(bytes32 id, address registrar);
    /// @notice The mark has not expired: it is financed, its time is not over, or it is gone already.
    error NotExpired(bytes32 id, State state, uint64 expires);
    /// @notice Not what was offered to this registry.
    error NotOffered(bytes32 id, bytes32 bank);
    /// @notice Who is to care for marks must be a registry here.
    error NotARegistrar(address account);
    /// @notice A registry in good standing keeps its marks.
    error StillARegistrar(address account);
    /// @notice The administrator must be an account.
    error InvalidAdmin(address admin);

    /// @notice Announces a mark without telling anything of it, a block or more before it is made. Only for registrars.
    /// @dev Whoever sees the mark on its way can no longer come before it: he would have to have committed to it, and to
    /// have known the fingerprint, a block earlier. The same commitment again changes nothing.
    /// @param commitment `commitmentTo` the mark, by the account that will make it.
    function commit(bytes32 commitment) external;

    /// @notice Makes a mark that was committed to. Only for registrars.
    /// @param offer The mark.
    /// @param wanted REGU to register interest, PNDG to hold, FNCD to finance.
    /// @param salt 32 random bytes that the commitment was made with.
    function mark(Offer calldata offer, State wanted, bytes32 salt) external;

    /// @notice Takes a registered mark to PNDG. By its registrar.
    /// @param bank Commitment to the signature that the bank gave for it.
    function hold(bytes32 id, bytes32 bank) external;

    /// @notice Takes a registered or held mark to FNCD: from now on it does not expire. By its registrar.
    function finance(bytes32 id, bytes32 bank) external;

    /// @notice Gives the receivable free, for good. By its registrar, on the bank's signature.
    function cancel(bytes32 id) external;

    /// @notice Takes down what the bank signed since, of a live mark: a partial release, other terms. By its registrar.
    function amend(bytes32 id, bytes32 bank) external;

    /// @notice Gives a live mark to a bank at another registry, or at the same one. By its registrar.
    /// @param to The registry of the bank that takes it.
    /// @param bank Commitment to both banks' signatures; zero takes the offer back.
    function offer(bytes32 id, address to, bytes32 bank) external;

    /// @notice Takes what was offered: the state stays, the mark is the other bank's. By the registry that it was offered to.
    function take(bytes32 id, bytes32 bank) external;

    /// @notice Writes down that an unfinanced mark's time is over. By anybody: it counts as CANC with or without this.
    function expire(bytes32 id) external;

    /// @notice Gives a mark of a registry that is one no more into the care of another, state and all. By the
    /// administrator, who can free no receivable.
    function reassign(bytes32 id, address to) external;

    /// @notice The commitment that `mark` looks for.
    function commitmentTo(address registrar, Offer calldata offer, State wanted, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice When a commitment was made: seconds and block; zero for none.
    function committed(bytes32 commitment) external view returns (uint64 at, uint64 blockNumber);

    /// @notice How a mark stands at the time of the block.
    function state(bytes32 id) external view returns (State);

    /// @notice What is told of a mark; all zero for none.
    /// @return state_ How it stands.
    /// @return registrar The registry that answers for it.
    /// @return expires When it is gone unless financed.
    /// @return bank Commitment to the bank's signature.
    /// @return consent Of the seller, as given to `mark`.
    /// @return fingerprints Of the receivable.
    function markOf(bytes32 id)
        external
        view
        returns (
            State state_,
            address registrar,
            uint64 expires,
            bytes32 bank,
            bytes32 consent,
            bytes32[] memory fingerprints
        );

    /// @notice How a receivable stands: PNDG or FNCD when it is held, REDU or REGU when several or one registered
    /// interest, NONE when it is free.
    /// @dev Interest that expired counts until somebody called `expire`.
    function standing(bytes32 fingerprint) external view returns (State);

    /// @notice Whether a consent has served here.
    function spent(bytes32 consent) external view returns (bool);
}
