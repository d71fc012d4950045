// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// Registry of health care providers and issuer of ports.
///
/// Providers register themselves; attesters confirm who they are; a verified provider issues ports.
/// Times are block timestamps in Unix seconds. A key is the x-coordinate of a secp256k1 point plus
/// the parity of its y-coordinate (SEC 1 §2.3.3); whether x lies on the curve is for clients to check.
interface IRegistry {
    /// A provider as stored.
    struct Provider {
        /// 0 unknown, 1 self-asserted, 2 attested, 3 suspended, 4 retired.
        uint8 status;
        /// 1 hospital, 2 clinic, 3 physician, 4 laboratory, 5 pharmacy, 6 payer, 7 other.
        uint8 kind;
        /// National Provider Identifier with a valid check digit; 0 = none.
        uint64 npi;
        /// Who attested it; zero = nobody.
        address attester;
        /// Until when the attestation holds; 0 = never attested.
        uint64 attestedUntil;
        /// Encryption key: x-coordinate.
        bytes32 keyX;
        /// Encryption key: parity of y, 0 or 1.
        uint8 keyParity;
        /// keccak256 of the identity profile last published.
        bytes32 identityProfileHash;
    }

    // --- errors ---------------------------------------------------------------------------------

    /// The caller may not do this (EIP-6093 manner).
    error OwnableUnauthorizedAccount(address account);
    /// The zero address cannot own the registry.
    error OwnableInvalidOwner(address owner);
    /// The caller is not an attester.
    error UnauthorizedAttester(address account);
    /// No provider is registered under this address.
    error UnknownProvider(address provider);
    /// The caller is registered already.
    error ProviderAlreadyRegistered(address provider);
    /// The provider is suspended or retired: `status` as in `Provider`.
    error ProviderNotActive(address provider, uint8 status);
    /// Only a verified provider may do this.
    error UnverifiedProvider(address provider);
    /// `kind` is not one of 1..7.
    error InvalidKind(uint8 kind);
    /// Not a National Provider Identifier: ten digits, first 1 or 2, Luhn check digit over 80840 and the digits.
    error InvalidNpi(uint64 npi);
    /// Another live provider has been attested with this number.
    error NpiTaken(uint64 npi, address holder);
    /// x is 0 or not below the field prime, or the parity is neither 0 nor 1.
    error InvalidKey(bytes32 x, uint8 parity);
    /// A profile is empty or longer than `max` bytes.
    error InvalidProfileLength(uint32 given, uint32 max);
    /// What the attester confirms differs from what the provider says now.
    error AttestationMismatch(address provider);
    /// The attestation would end before now or more than five years from now.
    error InvalidAttestationEnd(uint64 given, uint64 earliest, uint64 latest);
    /// No port implementation has been set.
    error ImplementationNotSet();
    /// There is no code at this address.
    error NotAContract(address account);
    /// The patient's address is zero.
    error InvalidPatient(address patient);
    /// The clone could not be created or initialised.
    error IssueFailed(address port);

    // --- events ---------------------------------------------------------------------------------

    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event AttesterAdded(address indexed attester);
    event AttesterRemoved(address indexed attester);
    /// Ports issued from now on run this code.
    event PortImplementationSet(address indexed implementation, bytes32 codeHash);
    /// Emitted once per provider; identity, contact and key follow in their own events.
    event ProviderRegistered(address indexed provider, uint8 kind, uint64 npi);
    /// JSON, at most 1 KiB; the provider is self-asserted from here until attested.
    event IdentityProfileSet(address indexed provider, uint8 kind, uint64 npi, bytes profile);
    /// JSON, at most 1 KiB: contact and blob endpoint.
    event ContactProfileSet(address indexed provider, bytes profile);
    event EncryptionKeySet(address indexed provider, bytes32 keyX, uint8 keyParity);
    event ProviderAttested(address indexed provider, address indexed attester, uint64 npi, uint8 kind, bytes32 identityProfileHash, uint64 until);
    event ProviderSuspended(address indexed provider, address indexed by);
    event ProviderReinstated(address indexed provider, address indexed by);
    event ProviderRetired(address indexed provider);
    event PortIssued(address indexed port, address indexed issuer, address indexed patient, address implementation);

    // --- ownership and attesters ----------------------------------------------------------------

    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    /// Starts a transfer; the new owner must accept. Owner only.
    function transferOwnership(address newOwner) external;
    /// Pending owner only.
    function acceptOwnership() external;
    /// Owner only; adding twice changes nothing.
    function addAttester(address attester) external;
    /// Owner only; removing twice changes nothing. What the attester confirmed stays confirmed.
    function removeAttester(address attester) external;
    function isAttester(address account) external view returns (bool);
    /// Owner only. Must hold code; its code hash is announced.
    function setPortImplementation(address implementation) external;
    function portImplementation() external view returns (address);

    // --- providers ------------------------------------------------------------------------------

    /// Registers the caller as a provider, self-asserted.
    function registerProvider(uint8 kind, uint64 npi, bytes32 keyX, uint8 keyParity, bytes calldata identityProfile, bytes calldata contactProfile) external;
    /// Changes kind, number and identity profile of the caller, who is self-asserted afterwards.
    function setIdentityProfile(uint8 kind, uint64 npi, bytes calldata identityProfile) external;
    function setContactProfile(bytes calldata contactProfile) external;
    function setEncryptionKey(bytes32 keyX, uint8 keyParity) external;
    /// Confirms kind, number and identity profile exactly as they stand. Attester only.
    function attest(address provider, uint64 npi, uint8 kind, bytes32 identityProfileHash, uint64 until) external;
    /// Attester or owner.
    function suspend(address provider) external;
    /// Attester or owner; the provider is self-asserted afterwards and must be attested anew.
    function reinstate(address provider) external;
    /// The caller leaves; final.
    function retire() external;
    /// All zero if unknown.
    function provider(address account) external view returns (Provider memory);
    /// Attested, not expired, not suspended, not retired.
    function isVerified(address account) external view returns (bool);
    /// The live provider attested with this number; zero if none.
    function providerByNpi(uint64 npi) external view returns (address);
    function providerCount() external view returns (uint32);
    /// Registered addresses in order of registration, `limit` at most 100.
    function providers(uint32 from, uint32 limit) external view returns (address[] memory);

    // --- ports ----------------------------------------------------------------------------------

    /// Creates a port for `patient` as an EIP-1167 clone by CREATE2 (salt = keccak256(issuer ‖ patient ‖
    /// issuer's counter as uint256)), initialised in the same transaction. Verified provider only.
    function issue(address patient) external returns (address port);
    /// Whether this registry issued that port.
    function isPort(address account) external view returns (bool);
}
