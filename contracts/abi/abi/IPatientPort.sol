// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// One patient's port: sections and their keys, records, requests, grants, delegates, emergency access.
///
/// Sections are numbers 0..63, a set of sections is a bitmap. Lists that belong to a bitmap name its
/// set bits in ascending order. A section's epoch is 0 until its first key is published. Ids of
/// records and requests start at 1. Times are block timestamps in Unix seconds. A key is the
/// x-coordinate of a secp256k1 point plus the parity of its y-coordinate (SEC 1 §2.3.3); whether x
/// lies on the curve is for clients to check.
///
/// Registry, issuer and patient stand in the port's own code, so there is nothing to initialise. Every
/// event is folded into the history head: see `historyHead`.
interface IPatientPort {
    /// An HPKE message for one account; layout in docs/record-format.md.
    struct Sealed {
        /// The owner; or, at this moment: a reader whose live grant has the read right on one of the
        /// sections concerned, a live delegate with the approve or rotate right, a responder whose
        /// emergency window on one of them is open. Else `NoLiveGrant(recipient)`. So whoever lost access
        /// between composing and inclusion is sent nothing. The contract does not read the message.
        address recipient;
        bytes message;
    }

    /// New keys for a set of sections.
    struct Rotation {
        /// Sections concerned; 0 = none, and then every list is empty.
        uint64 sections;
        /// Epochs being replaced, one per section; 0 opens a section.
        uint32[] epochs;
        /// x-coordinates of the new section keys, one per section.
        bytes32[] keys;
        /// Parities of the new keys: the bit of the section is the parity.
        uint64 parities;
        /// Links from the new epochs back to earlier ones; layout in docs/record-format.md.
        bytes links;
        /// The new section secrets, sealed to the patient and up to 16 others. Within `revoke`, the
        /// revoked reader is none any more; within `claim`, there is only the patient.
        Sealed[] sealed_;
    }

    struct PortInfo {
        /// The patient.
        address owner;
        /// Who may accept the ownership; zero = nobody.
        address pendingOwner;
        address registry;
        /// The provider that issued the port.
        address issuer;
        /// Zero = none.
        address primaryCare;
        bool claimed;
        bytes32 keyX;
        uint8 keyParity;
        uint32 recordCount;
        uint32 requestCount;
        /// Length of the list of holders.
        uint32 holderCount;
        /// The nonce that the next signed call carries.
        uint32 nonce;
        /// As `historyHead` answers.
        bytes32 historyHead;
    }

    struct SectionKey {
        /// 0 = not open.
        uint32 epoch;
        bytes32 keyX;
        uint8 keyParity;
        uint64 rotatedAt;
    }

    struct Record {
        bytes32 commitment;
        address author;
        uint8 section;
        uint32 epoch;
        uint64 addedAt;
        /// 1 current, 2 retracted, 3 superseded.
        uint8 state;
        /// The record that supersedes it; 0 = none.
        uint32 successor;
    }

    struct Request {
        address requester;
        address recipient;
        uint64 requestedAt;
        /// 1 pending, 2 approved, 3 denied, 4 cancelled, 5 lapsed; 6 = nobody asked: the entry lists a
        /// holder that the patient named without a request, `recipient`.
        uint8 state;
    }

    struct Access {
        address reader;
        uint64 sections;
        /// Sections whose keys the reader has been given under this or an earlier grant, without those
        /// that a revocation of its grant rotated in the same call.
        uint64 held;
        uint64 expiry;
        /// When the grant was last changed.
        uint64 changedAt;
        /// Bit 0 read, bit 1 write.
        uint8 rights;
        /// 0 none, 1 live, 2 expired, 3 revoked.
        uint8 state;
    }

    struct Delegate {
        /// Bit 0 approve (approve, grant, deny, veto), bit 1 revoke (revoke, veto), bit 2 write (add,
        /// supersede, retract its own), bit 3 rotate (rotate, reseal, set packages). 0 = none.
        uint8 rights;
        /// First second without them.
        uint64 until;
        /// Until when an *earlier* delegation, since replaced, entitled it to the secrets of every section
        /// (approve or rotate); 0 = never.
        uint64 heldUntil;
        bytes32 keyX;
        uint8 keyParity;
    }

    struct Responder {
        uint64 sections;
        /// From breaking the glass to access, in seconds.
        uint32 delay;
        /// Length of the access, in seconds.
        uint32 window;
        /// When the glass was broken; 0 = it was not.
        uint64 brokenAt;
        /// 0 none, 1 armed, 2 pending (the delay runs), 3 open, 4 over, 5 vetoed.
        uint8 state;
        /// BLAKE3 of the emergency package.
        bytes32 package;
        /// Sections that earlier, since replaced, windows opened, and until when the last of them did.
        uint64 held;
        uint64 heldUntil;
    }

    /// What one account may do and was given.
    struct Holder {
        Access access;
        Delegate delegate;
        Responder responder;
    }

    struct Custodian {
        address account;
        bytes32 keyX;
        uint8 keyParity;
    }

    /// What the patient signs for `execute` (EIP-712). Domain: name "patientport", version "1", chain id,
    /// the port.
    struct PatientCall {
        bytes call;
        uint256 nonce;
        uint64 deadline;
    }

    // --- errors ---------------------------------------------------------------------------------

    /// The caller has no right to do this.
    error Unauthorized(address caller);
    /// This code is the implementation, or no clone that a registry makes.
    error NotAPort();
    error AlreadyClaimed();
    error NotClaimed();
    /// The registry does not list `provider` as verified.
    error UnverifiedProvider(address provider);
    /// The registry did not answer.
    error RegistryUnavailable(address registry);
    /// The section's key has changed since this was composed.
    error StaleEpoch(uint8 section, uint32 given, uint32 current);
    error SectionNotOpen(uint8 section);
    /// No section, or a number above 63.
    error InvalidSections(uint64 sections);
    /// Lists do not have one entry per section of the bitmap.
    error LengthMismatch(uint32 given, uint32 expected);
    error InvalidKey(bytes32 x, uint8 parity);
    error InvalidAddress(address account);
    /// A message or chunk is empty or longer than `max` bytes.
    error InvalidMessageLength(uint32 given, uint32 max);
    error TooManyRecipients(uint32 given, uint32 max);
    /// No record, or more than `max`.
    error InvalidRecordCount(uint32 given, uint32 max);
    error UnknownRecord(uint32 recordId);
    error RecordNotCurrent(uint32 recordId, uint8 state);
    error InvalidCommitment();
    /// Neither 0 (head) nor 1 (body).
    error InvalidPart(uint8 part);
    error UnknownRequest(uint32 requestId);
    error RequestNotPending(uint32 requestId, uint8 state);
    error TooManyPendingRequests(address requester, uint8 max);
    /// The patient takes no requests of this account.
    error RequesterBlocked(address requester);
    /// A grant or delegation ends after now and at most five years from now; a delegate's grant no later
    /// than the delegation.
    error InvalidExpiry(uint64 given, uint64 earliest, uint64 latest);
    error InvalidRights(uint8 rights);
    error InvalidReason(uint8 reason);
    /// A grant cannot name the patient, a delegate's grant no delegate, an approval none but whom the
    /// request asks for.
    error InvalidReader(address reader);
    /// There is no live grant, delegation or emergency access to end, or `reader` may not be sent these
    /// sections' secrets.
    error NoLiveGrant(address reader);
    error TooManyHolders(uint8 max);
    /// Emergency access of this responder is in another state: as in `Responder`.
    error InvalidEmergencyState(address responder, uint8 state);
    /// A delay or window, in seconds, above `max`, or a window of 0.
    error InvalidDuration(uint64 given, uint64 max);
    /// Custodians are numbered 0 to 2.
    error InvalidCustodian(uint8 index);
    /// The signature is not the owner's for this call, or not in canonical form.
    error InvalidSignature();
    error InvalidNonce(uint64 given, uint64 expected);
    error SignatureExpired(uint64 deadline);
    /// A counter has reached its end.
    error Exhausted();

    // --- events ---------------------------------------------------------------------------------

    event Claimed(address indexed patient, bytes32 keyX, uint8 keyParity);
    event EncryptionKeySet(bytes32 keyX, uint8 keyParity);
    /// `newOwner` zero: the transfer was called off.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event PrimaryCareSet(address indexed provider);
    /// `epochs` are the epochs replaced: each new epoch is one more.
    event SectionsRotated(address indexed by, uint64 sections, uint32[] epochs, bytes32[] keys, uint64 parities, bytes links);
    event SecretsSealed(address indexed recipient, address indexed sender, bytes message);
    event RecordAdded(uint32 indexed recordId, address indexed author, uint8 indexed section, uint32 epoch, bytes32 commitment);
    /// Follows the `RecordAdded` of the successor.
    event RecordSuperseded(uint32 indexed recordId, uint32 indexed successor, address indexed by);
    /// `reason`: 1 entered in error, 2 erased.
    event RecordRetracted(uint32 indexed recordId, address indexed by, uint8 reason);
    /// A piece of a record's ciphertext: `part` 0 head, 1 body; pieces count from 0.
    event RecordPublished(uint32 indexed recordId, uint8 indexed part, address indexed by, uint32 piece, bytes data);
    event RecordsShared(address indexed reader, address indexed by, uint32[] recordIds, bytes message);
    event RequestMade(uint32 indexed requestId, address indexed requester, address indexed recipient, bytes message);
    event RequestDenied(uint32 indexed requestId, address indexed requester, address indexed by, uint8 reason, bytes message);
    event RequestCancelled(uint32 indexed requestId, address indexed requester);
    event RequesterBlockSet(address indexed requester, bool blocked);
    /// `requestId` 0 = granted without a request. Replaces the reader's earlier grant.
    event AccessGranted(address indexed reader, uint32 indexed requestId, address indexed by, uint64 sections, uint32[] epochs, uint64 expiry, uint8 rights, bytes message);
    event AccessRevoked(address indexed reader, address indexed by, uint8 reason);
    /// `rights` 0: the delegation was ended.
    event DelegateSet(address indexed delegate, uint8 rights, uint64 until, bytes32 keyX, uint8 keyParity);
    /// `account` zero: there is none any more under this index.
    event CustodianSet(uint8 indexed index, address indexed account, bytes32 keyX, uint8 keyParity);
    /// `sections` 0: the responder was removed.
    event ResponderSet(address indexed responder, uint64 sections, uint32 delay, uint32 window, bytes32 package);
    event EmergencyPackageSet(address indexed responder, address indexed by, bytes32 package);
    event GlassBroken(address indexed responder, uint64 opensAt, uint64 closesAt, bytes message);
    event EmergencyVetoed(address indexed responder, address indexed by);
    event EmergencyReleased(address indexed responder, address indexed custodian, bytes message);
    /// Signed calls carry this nonce from now on; earlier ones are void.
    event SignaturesCancelled(uint32 nonce);

    // --- life of the port -----------------------------------------------------------------------

    /// The patient accepts the port, publishing its encryption key and first sections. Once.
    function claim(bytes32 keyX, uint8 keyParity, Rotation calldata rotation) external;
    /// New encryption key of the patient, with the rotation of the sections that its holder could read.
    /// Patient only.
    function setEncryptionKey(bytes32 keyX, uint8 keyParity, Rotation calldata rotation) external;
    /// Starts a transfer; the new owner must accept. Zero calls it off. Patient only.
    function transferOwnership(address newOwner) external;
    /// Pending owner only.
    function acceptOwnership() external;
    /// To a verified provider, or to none (zero; asks nobody). Patient only.
    function setPrimaryCare(address provider) external;
    /// New keys for sections; opens sections whose epoch is 0. Patient, or a delegate with rotate.
    function rotate(Rotation calldata rotation) external;
    /// Gives current section secrets to more recipients (later batches of a rotation, new delegates), as
    /// `Sealed.recipient` says. Patient, or a delegate with rotate.
    function reseal(uint64 sections, uint32[] calldata epochs, Sealed[] calldata sealed_) external;

    // --- records --------------------------------------------------------------------------------

    /// Commits to a record. Patient, primary care, a delegate with write, or a live reader with the write
    /// right on the section.
    function add(bytes32 commitment, uint8 section, uint32 epoch) external returns (uint32 recordId);
    /// Adds a record to the same section and marks the earlier one superseded. By the patient, or by the
    /// author while it may still write.
    function supersede(uint32 recordId, bytes32 commitment, uint32 epoch) external returns (uint32 successor);
    /// By the patient, or by the author while it may still write.
    function retract(uint32 recordId, uint8 reason) external;
    /// Emits a piece, at most 24,576 bytes, of a record's ciphertext: for ever and for everybody. By the
    /// patient, or by the author while it may still write.
    function publish(uint32 recordId, uint8 part, uint32 piece, bytes calldata data) external;
    /// Gives a reader the keys of at most 16 single records, sealed: for ever. Patient only.
    function share(address reader, uint32[] calldata recordIds, bytes calldata message) external;

    // --- requests and grants --------------------------------------------------------------------

    /// A verified provider asks for itself or refers another verified provider. `message` is sealed
    /// to the patient. At most 8 pending per requester; a request lapses after 90 days.
    function request(address recipient, bytes calldata message) external returns (uint32 requestId);
    /// Requester only.
    function cancel(uint32 requestId) external;
    /// `reason`: 1 not needed, 2 unknown requester, 3 scope too wide, 4 other provider preferred, 5 other.
    /// `message` may be empty. Patient, or a delegate with approve.
    function deny(uint32 requestId, uint8 reason, bytes calldata message) external;
    /// Takes no more requests of an account, or takes them again; its pending ones stay. Patient only.
    function setBlocked(address requester, bool blocked) external;
    /// Grants `sections` at `epochs` until `expiry` to `reader`, for whom the request asks: the call names it, so
    /// that a node that misreports a request cannot have another approved. `message` carries the section
    /// secrets sealed to the reader; it may be empty if `rights` is write alone. Unless `allowUnverified`, the
    /// reader must be verified. Patient, or a delegate with approve.
    function approve(uint32 requestId, address reader, uint64 sections, uint32[] calldata epochs, uint64 expiry, uint8 rights, bool allowUnverified, bytes calldata message) external;
    /// As `approve`, without a request.
    function grant(address reader, uint64 sections, uint32[] calldata epochs, uint64 expiry, uint8 rights, bool allowUnverified, bytes calldata message) external;
    /// Ends a reader's access, then rotates sections in the same transaction. `reason`: 0 none, 1 care ended,
    /// 2 mistake, 3 lost trust, 4 other. Patient, or a delegate with revoke; its rotation is empty unless it
    /// has rotate, too.
    function revoke(address reader, uint8 reason, Rotation calldata rotation) external;

    // --- delegates ------------------------------------------------------------------------------

    /// Names a delegate, changes its rights, or ends them (`rights`, `until` and key zero), then rotates.
    /// Patient only.
    function setDelegate(address delegate, bytes32 keyX, uint8 keyParity, uint8 rights, uint64 until, Rotation calldata rotation) external;

    // --- emergency ------------------------------------------------------------------------------

    /// Names one of three custodians, or none (account and key zero). Patient only.
    function setCustodian(uint8 index, address account, bytes32 keyX, uint8 keyParity) external;
    /// Arms a verified provider for emergencies, anew if it was armed, or removes it (`sections` 0, all else
    /// zero; asks nobody) and ends its access. `delay` at most 7 days, `window` at most 30 days, in seconds.
    /// Patient only.
    function setResponder(address responder, uint64 sections, uint32 delay, uint32 window, bytes32 package) external;
    /// Names the package that goes with the present keys. Patient, or a delegate with rotate.
    function setPackage(address responder, bytes32 package) external;
    /// An armed responder, verified at this moment, takes access: after its delay, for its window. `message`
    /// is sealed to the patient.
    function breakGlass(bytes calldata message) external;
    /// Until the delay has passed. The responder stays without emergency access until armed anew. Patient, or
    /// a delegate with approve or revoke.
    function veto(address responder) external;
    /// While the window is open: a custodian passes on what was inside its layer of the package.
    function release(address responder, bytes calldata message) external;

    // --- signed calls ---------------------------------------------------------------------------

    /// Runs a call of this interface as the owner, who signed `PatientCall(call, nonce, deadline)`: 65 bytes
    /// (r, s, v; low s, v 27 or 28), else or failing that through ERC-1271. Anyone may send it, while block
    /// time is at most `deadline`. Returns what the call returns; reverts as it does.
    function execute(bytes calldata call, uint256 nonce, uint64 deadline, bytes calldata signature) external returns (bytes memory);
    /// Voids what was signed and not yet sent. Patient only.
    function cancelSignatures() external;

    // --- views ----------------------------------------------------------------------------------

    function info() external view returns (PortInfo memory);
    /// One entry per set bit.
    function sectionKeys(uint64 sections) external view returns (SectionKey[] memory);
    function record(uint32 recordId) external view returns (Record memory);
    /// Records `from`, `from + 1`, …, `limit` at most 100.
    function records(uint32 from, uint32 limit) external view returns (Record[] memory);
    /// Reverts `UnknownRequest`.
    function getRequest(uint32 requestId) external view returns (Request memory);
    /// Requests `from`, `from + 1`, …, `limit` at most 100.
    function requests(uint32 from, uint32 limit) external view returns (Request[] memory);
    /// Whether the patient takes no requests of an account.
    function isBlocked(address requester) external view returns (bool);
    /// Whoever may hold secrets or rights, in no particular order, from index 0, at most 128. Who leaves the
    /// list has neither rights nor a current key.
    function holders(uint32 from, uint32 limit) external view returns (Holder[] memory);
    function holderOf(address account) external view returns (Holder memory);
    /// What the patient granted; whether the reader is still verified is the registry's question.
    function accessOf(address reader) external view returns (Access memory);
    /// By a grant or in an open emergency window.
    function hasAccess(address reader, uint8 section) external view returns (bool);
    /// All three, empty ones too.
    function custodians() external view returns (Custodian[3] memory);
    /// Bytes 0..5: number of events so far. Bytes 5..32: the last 27 bytes of `keccak256(head ‖ topic
    /// count ‖ topics ‖ data length ‖ data ‖ block timestamp)` over the head before (all zero at first) and
    /// the latest event, numbers as 32-byte words.
    function historyHead() external view returns (bytes32);
    /// ERC-165.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
}
