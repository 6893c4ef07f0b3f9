// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IFinancingRegistry} from "./IFinancingRegistry.sol";

/// @title Marks on receivables that are financed, so that none is financed twice, by whatever bank or registry.
/// @notice Not upgradeable, like the anchors' contract, and with the same code hash for every deployment.
/// @dev The administrator grants roles and unpauses. Neither it nor a pauser can make, move or free a mark.
contract FinancingRegistry is IFinancingRegistry, AccessControl, Pausable {
    // Of a mark that stands; REGU for all that only register interest: REDU and DFIN follow from the others.
    struct Standing {
        address registrar;
        uint64 expires;
        State stage;
        bytes32 bank;
        bytes32 consent;
        bytes32[] fingerprints;
    }

    struct Receivable {
        // The mark that held it last; it is held as long as that one is live, so that a release writes one slot.
        bytes32 holder;
        uint64 registered;
    }

    struct Commitment {
        uint64 at;
        uint64 blockNumber;
    }

    struct Handover {
        address to;
        bytes32 bank;
    }

    /// @notice May make marks, and moves its own.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");
    /// @notice May stop this contract. Only the administrator may start it again.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    /// @notice An unfinanced mark stands no longer than this, whatever the consent says: a receivable is not squatted.
    uint64 public constant LONGEST_PENDING = 30 days;
    /// @notice A commitment is revealed within this time.
    uint64 public constant COMMITMENT_LIFE = 1 days;
    /// @notice As many versions of the registry key are kept at once.
    uint256 public constant MOST_FINGERPRINTS = 4;

    mapping(bytes32 id => Standing) private _marks;
    mapping(bytes32 fingerprint => Receivable) private _receivables;
    mapping(bytes32 commitment => Commitment) private _commitments;
    mapping(bytes32 consent => bool) private _spent;
    mapping(bytes32 id => Handover) private _handovers;

    /// @param admin Holds DEFAULT_ADMIN_ROLE and PAUSER_ROLE at first.
    constructor(address admin) {
        if (admin == address(0)) revert InvalidAdmin(admin);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(PAUSER_ROLE, admin);
    }

    /// @inheritdoc IFinancingRegistry
    function commit(bytes32 commitment) external whenNotPaused onlyRole(REGISTRAR_ROLE) {
        // A commitment names its sender, so that somebody who repeats it only spends gas. One that has run out is
        // made anew; one that stands keeps its time, or a copy could put its reveal off for ever.
        Commitment storage made = _commitments[commitment];
        if (made.at != 0 && block.timestamp <= made.at + COMMITMENT_LIFE) return;
        _commitments[commitment] = Commitment(uint64(block.timestamp), uint64(block.number));
        emit Committed(commitment, msg.sender);
    }

    /// @inheritdoc IFinancingRegistry
    function mark(Offer calldata offered, State wanted, bytes32 salt)
        external
        whenNotPaused
        onlyRole(REGISTRAR_ROLE)
    {
        _spendCommitment(commitmentTo(msg.sender, offered, wanted, salt));
        bytes32 id = offered.id;
        State before = state(id);
        if (before != State.NONE || !_isFirst(wanted)) revert IllegalMove(id, before, wanted);
        if (offered.bank == 0 || offered.consent == 0) revert EmptyCommitment(id);
        if (_spent[offered.consent]) revert ConsentSpent(offered.consent);
        uint64 latest = uint64(block.timestamp) + LONGEST_PENDING;
        if (offered.expires <= block.timestamp || offered.expires > latest) {
            revert BadDeadline(offered.expires, uint64(block.timestamp) + 1, latest);
        }
        _checkFingerprints(id, offered.fingerprints);

        _spent[offered.consent] = true;
        _marks[id] =
            Standing(msg.sender, offered.expires, wanted, offered.bank, offered.consent, offered.fingerprints);
        for (uint256 i = 0; i < offered.fingerprints.length; i++) {
            _receivables[offered.fingerprints[i]].registered++;
        }
        if (wanted != State.REGU) _seize(id);
        emit Marked(id, msg.sender, wanted, offered.fingerprints, offered.bank, offered.consent);
    }

    /// @inheritdoc IFinancingRegistry
    function hold(bytes32 id, bytes32 bank) external whenNotPaused {
        State before = _mine(id);
        if (!_isInterest(before)) revert IllegalMove(id, before, State.PNDG);
        _seize(id);
        _sign(id, bank);
        _move(id, State.PNDG);
    }

    /// @inheritdoc IFinancingRegistry
    function finance(bytes32 id, bytes32 bank) external whenNotPaused {
        State before = _mine(id);
        if (_isInterest(before)) _seize(id);
        else if (before != State.PNDG) revert IllegalMove(id, before, State.FNCD);
        _sign(id, bank);
        _move(id, State.FNCD);
    }

    /// @inheritdoc IFinancingRegistry
    function cancel(bytes32 id) external whenNotPaused {
        State before = _mine(id);
        if (before == State.CANC) revert IllegalMove(id, before, State.CANC);
        _end(id);
    }

    /// @inheritdoc IFinancingRegistry
    function amend(bytes32 id, bytes32 bank) external whenNotPaused {
        _mustBeLive(id, _mine(id));
        _sign(id, bank);
        emit Amended(id, bank);
    }

    /// @inheritdoc IFinancingRegistry
    function offer(bytes32 id, address to, bytes32 bank) external whenNotPaused {
        _mustBeLive(id, _mine(id));
        if (!hasRole(REGISTRAR_ROLE, to)) revert NotARegistrar(to);
        _handovers[id] = Handover(to, bank);
        emit Offered(id, to, bank);
    }

    /// @inheritdoc IFinancingRegistry
    function take(bytes32 id, bytes32 bank) external whenNotPaused onlyRole(REGISTRAR_ROLE) {
        Handover memory due = _handovers[id];
        if (due.to != msg.sender || due.bank != bank) revert NotOffered(id, bank);
        _mustBeLive(id, state(id));
        delete _handovers[id];
        address from = _marks[id].registrar;
        _marks[id].registrar = msg.sender;
        _sign(id, bank);
        emit Transferred(id, from, msg.sender, bank);
    }

    /// @inheritdoc IFinancingRegistry
    function expire(bytes32 id) external {
        Standing storage mark_ = _marks[id];
        State stage = mark_.stage;
        bool unfinanced = stage == State.REGU || stage == State.PNDG;
        if (!unfinanced || block.timestamp < mark_.expires) revert NotExpired(id, stage, mark_.expires);
        _end(id);
    }

    /// @inheritdoc IFinancingRegistry
    function reassign(bytes32 id, address to) external onlyRole(DEFAULT_ADMIN_ROLE) {
        address from = _marks[id].registrar;
        if (from == address(0)) revert NotYourMark(id, from);
        if (hasRole(REGISTRAR_ROLE, from)) revert StillARegistrar(from);
        if (!hasRole(REGISTRAR_ROLE, to)) revert NotARegistrar(to);
        _marks[id].registrar = to;
        // What a registry offered that has lost its role is no longer the bank's word.
        delete _handovers[id];
        emit Reassigned(id, from, to);
    }

    /// @notice Stops everything but `expire`, `reassign` and reading.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Ends a pause.
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @inheritdoc IFinancingRegistry
    function committed(bytes32 commitment) external view returns (uint64 at, uint64 blockNumber) {
        Commitment storage made = _commitments[commitment];
        return (made.at, made.blockNumber);
    }

    /// @inheritdoc IFinancingRegistry
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
        )
    {
        Standing storage it = _marks[id];
        return (state(id), it.registrar, it.expires, it.bank, it.consent, it.fingerprints);
    }

    /// @inheritdoc IFinancingRegistry
    function standing(bytes32 fingerprint) external view returns (State) {
        Receivable storage it = _receivables[fingerprint];
        if (_isLive(it.holder)) return _marks[it.holder].stage;
        if (it.registered == 0) return State.NONE;
        return it.registered == 1 ? State.REGU : State.REDU;
    }

    /// @inheritdoc IFinancingRegistry
    function spent(bytes32 consent) external view returns (bool) {
        return _spent[consent];
    }

    /// @inheritdoc IFinancingRegistry
    function commitmentTo(address registrar, Offer calldata offered, State wanted, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), registrar, offered, wanted, salt));
    }

    /// @inheritdoc IFinancingRegistry
    function state(bytes32 id) public view returns (State) {
        Standing storage mark_ = _marks[id];
        State stage = mark_.stage;
        if (stage == State.NONE || stage == State.FNCD || stage == State.CANC) return stage;
        if (block.timestamp >= mark_.expires) return State.CANC;
        if (stage == State.PNDG) return stage;
        State seen = State.REGU;
        bytes32[] storage fingerprints = mark_.fingerprints;
        for (uint256 i = 0; i < fingerprints.length; i++) {
            Receivable storage it = _receivables[fingerprints[i]];
            if (_isLive(it.holder)) return State.DFIN;
            if (it.registered > 1) seen = State.REDU;
        }
        return seen;
    }

    function _spendCommitment(bytes32 commitment) private {
        Commitment memory made = _commitments[commitment];
        if (made.at == 0) revert NotCommitted(commitment);
        if (made.blockNumber == block.number) revert CommittedInThisBlock(commitment);
        if (block.timestamp > made.at + COMMITMENT_LIFE) revert CommitmentTooOld(commitment, made.at);
        delete _commitments[commitment];
    }

    function _checkFingerprints(bytes32 id, bytes32[] calldata fingerprints) private pure {
        uint256 count = fingerprints.length;
        if (count == 0 || count > MOST_FINGERPRINTS) revert BadFingerprints(id);
        for (uint256 i = 0; i < count; i++) {
            if (fingerprints[i] == 0) revert BadFingerprints(id);
            for (uint256 j = 0; j < i; j++) {
                if (fingerprints[i] == fingerprints[j]) revert BadFingerprints(id);
            }
        }
    }

    /// @dev All fingerprints of a mark, or none. Here and nowhere else does a mark become a holder.
    function _seize(bytes32 id) private {
        bytes32[] storage fingerprints = _marks[id].fingerprints;
        for (uint256 i = 0; i < fingerprints.length; i++) {
            Receivable storage it = _receivables[fingerprints[i]];
            if (_isLive(it.holder)) revert AlreadyHeld(fingerprints[i]);
            it.holder = id;
        }
    }

    function _move(bytes32 id, State to) private {
        _marks[id].stage = to;
        emit Moved(id, to);
    }

    function _sign(bytes32 id, bytes32 bank) private {
        if (bank == 0) revert EmptyCommitment(id);
        _marks[id].bank = bank;
    }

    function _end(bytes32 id) private {
        bytes32[] storage fingerprints = _marks[id].fingerprints;
        for (uint256 i = 0; i < fingerprints.length; i++) {
            _receivables[fingerprints[i]].registered--;
        }
        delete _handovers[id];
        _move(id, State.CANC);
    }

    /// @dev The state of a mark that the sender may move.
    function _mine(bytes32 id) private view returns (State) {
        _checkRole(REGISTRAR_ROLE);
        address registrar = _marks[id].registrar;
        if (registrar != msg.sender) revert NotYourMark(id, registrar);
        return state(id);
    }

    function _mustBeLive(bytes32 id, State now_) private pure {
        if (now_ != State.PNDG && now_ != State.FNCD) revert IllegalMove(id, now_, now_);
    }

    function _isLive(bytes32 id) private view returns (bool) {
        Standing storage mark_ = _marks[id];
        return mark_.stage == State.FNCD || (mark_.stage == State.PNDG && block.timestamp < mark_.expires);
    }

    function _isFirst(State wanted) private pure returns (bool) {
        return wanted == State.REGU || wanted == State.PNDG || wanted == State.FNCD;
    }

    function _isInterest(State now_) private pure returns (bool) {
        return now_ == State.REGU || now_ == State.REDU || now_ == State.DFIN;
    }
}
