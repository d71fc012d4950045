// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// One patient's port: sections and their keys, records, requests, grants.
///
/// Sections are numbers 0..63, a set of sections is a bitmap. Lists that belong to a bitmap name its
/// set bits in ascending order. A section's epoch is 0 until its first key is published. Ids of
/// records and requests start at 1. Times are block timestamps in Unix seconds.
interface IPatientPort {
    /// An HPKE message for one account; layout in docs/record-format.md.
    struct Sealed {
        /// The owner, or a reader whose grant is live at this moment, with the read right on one of the
        /// sections concerned; else `NoLiveGrant(recipient)`. So whoever lost access between composing and
        /// inclusion is sent nothing. The contract does not read the message.
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
        /// The new section secrets, sealed to the patient and up to 16 readers. Within `revoke`, the
        /// revoked reader is none any more; within `claim`, there is only the patient.
        Sealed[] sealed_;
    }

    struct PortInfo {
        address owner;
        address registry;
        address primaryCare;
        bool claimed;
        bytes32 keyX;
        uint8 keyParity;
        uint32 recordCount;
        uint32 requestCount;
        uint8 readerCount;
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
    }

    struct Request {
        address requester;
        address recipient;
        uint64 requestedAt;
        /// 1 pending, 2 approved, 3 denied, 4 cancelled, 5 lapsed.
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

    // --- errors ---------------------------------------------------------------------------------

    /// The caller has no right to do this.
    error Unauthorized(address caller);
    error AlreadyInitialized();
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
    /// A message is empty or longer than `max` bytes.
    error InvalidMessageLength(uint32 given, uint32 max);
    error TooManyRecipients(uint32 given, uint32 max);
    error UnknownRecord(uint32 recordId);
    error RecordNotCurrent(uint32 recordId, uint8 state);
    error InvalidCommitment();
    error UnknownRequest(uint32 requestId);
    error RequestNotPending(uint32 requestId, uint8 state);
    error TooManyPendingRequests(address requester, uint8 max);
    /// A grant ends after now and at most five years from now.
    error InvalidExpiry(uint64 given, uint64 earliest, uint64 latest);
    error InvalidRights(uint8 rights);
    error InvalidReason(uint8 reason);
    /// A grant cannot name the patient, nor an approval another than whom the request asks for.
    error InvalidReader(address reader);
    /// There is no live grant to end, or none that lets `reader` be sent these sections' secrets.
    error NoLiveGrant(address reader);
    error TooManyReaders(uint8 max);

    // --- events ---------------------------------------------------------------------------------

    event Initialized(address indexed registry, address indexed issuer, address indexed patient);
    event Claimed(address indexed patient, bytes32 keyX, uint8 keyParity);
    /// `epochs` are the epochs replaced: each new epoch is one more.
    event SectionsRotated(address indexed by, uint64 sections, uint32[] epochs, bytes32[] keys, uint64 parities, bytes links);
    event SecretsSealed(address indexed recipient, address indexed sender, bytes message);
    event RecordAdded(uint32 indexed recordId, address indexed author, uint8 indexed section, uint32 epoch, bytes32 commitment);
    /// `reason`: 1 entered in error, 2 erased.
    event RecordRetracted(uint32 indexed recordId, address indexed by, uint8 reason);
    event RequestMade(uint32 indexed requestId, address indexed requester, address indexed recipient, bytes message);
    event RequestDenied(uint32 indexed requestId, address indexed requester, uint8 reason, bytes message);
    event RequestCancelled(uint32 indexed requestId, address indexed requester);
    /// `requestId` 0 = granted without a request. Replaces the reader's earlier grant.
    event AccessGranted(address indexed reader, uint32 indexed requestId, address indexed by, uint64 sections, uint32[] epochs, uint64 expiry, uint8 rights, bytes message);
    event AccessRevoked(address indexed reader, address indexed by, uint8 reason);

    // --- life of the port -----------------------------------------------------------------------

    /// Called once by the registry that creates the port. `issuer` is the first primary care provider.
    function initialize(address issuer, address patient) external;
    /// The patient accepts the port, publishing its encryption key and first sections. Once.
    function claim(bytes32 keyX, uint8 keyParity, Rotation calldata rotation) external;
    /// New keys for sections; opens sections whose epoch is 0. Patient only.
    function rotate(Rotation calldata rotation) external;
    /// Gives current section secrets to more recipients (later batches of a rotation): the patient, and
    /// readers as `Sealed.recipient` says, else `NoLiveGrant`. Patient only.
    function reseal(uint64 sections, uint32[] calldata epochs, Sealed[] calldata sealed_) external;

    // --- records --------------------------------------------------------------------------------

    /// Commits to a record. Patient, primary care, or a live reader with the write right on the section.
    function add(bytes32 commitment, uint8 section, uint32 epoch) external returns (uint32 recordId);
    /// By the patient, or by the author while it may still write.
    function retract(uint32 recordId, uint8 reason) external;

    // --- requests and grants --------------------------------------------------------------------

    /// A verified provider asks for itself or refers another verified provider. `message` is sealed
    /// to the patient. At most 8 pending per requester; a request lapses after 90 days.
    function request(address recipient, bytes calldata message) external returns (uint32 requestId);
    /// Requester only.
    function cancel(uint32 requestId) external;
    /// `reason`: 1 not needed, 2 unknown requester, 3 scope too wide, 4 other provider preferred, 5 other.
    /// `message` may be empty. Patient only.
    function deny(uint32 requestId, uint8 reason, bytes calldata message) external;
    /// Grants `sections` at `epochs` until `expiry` to `reader`, for whom the request asks: the call names it, so
    /// that a node that misreports a request cannot have another approved. `message` carries the section
    /// secrets sealed to the reader; it may be empty if `rights` is write alone. Patient only. Unless `allowUnverified`, the reader must be verified.
    function approve(uint32 requestId, address reader, uint64 sections, uint32[] calldata epochs, uint64 expiry, uint8 rights, bool allowUnverified, bytes calldata message) external;
    /// As `approve`, without a request.
    function grant(address reader, uint64 sections, uint32[] calldata epochs, uint64 expiry, uint8 rights, bool allowUnverified, bytes calldata message) external;
    /// Ends a reader's access, then rotates sections in the same transaction. `reason`: 0 none, 1 care ended,
    /// 2 mistake, 3 lost trust, 4 other. Patient only.
    function revoke(address reader, uint8 reason, Rotation calldata rotation) external;

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
    /// Readers in order of their first grant, from index 0, `limit` at most 128.
    function readers(uint32 from, uint32 limit) external view returns (Access[] memory);
    /// What the patient granted; whether the reader is still verified is the registry's question.
    function accessOf(address reader) external view returns (Access memory);
    function hasAccess(address reader, uint8 section) external view returns (bool);
}
