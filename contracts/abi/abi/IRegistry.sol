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
        /// 0 unknown, 1 self-asserted, 2 attested, 3 suspended, 4 retired. Stays 2 when the attestation has
        /// ended: `isVerified` looks at the time as well.
        uint8 status;
        /// 1 hospital, 2 clinic, 3 physician, 4 laboratory, 5 pharmacy, 6 payer, 7 other.
        uint8 kind;
        /// National Provider Identifier with a valid check digit; 0 = none.
        uint64 npi;
        /// Who attested it, perhaps no attester any more; zero = nobody. Kept while suspended or retired.
        address attester;
        /// When the attestation ends; 0 = none. Kept while suspended or retired.
        uint64 attestedUntil;
        /// Encryption key: x-coordinate.
        bytes32 keyX;
        /// Encryption key: parity of y, 0 or 1.
        uint8 keyParity;
        /// keccak256 of the identity profile last published.
        bytes32 identityProfileHash;
    }

    /// Somebody who is or was an attester.
    struct Attester {
        address account;
        /// False once removed.
        bool active;
    }

    // --- errors ---------------------------------------------------------------------------------

    /// The caller may not do this (EIP-6093 manner).
    error OwnableUnauthorizedAccount(address account);
    /// The zero address cannot own the registry.
    error OwnableInvalidOwner(address owner);
    /// The caller is not an attester.
    error UnauthorizedAttester(address account);
    /// The zero address cannot be an attester.
    error InvalidAttester(address attester);
    /// 65,535 accounts have been attesters; only these can be added again.
    error TooManyAttesters();
    /// No provider is registered under this address.
    error UnknownProvider(address provider);
    /// The caller is registered already.
    error ProviderAlreadyRegistered(address provider);
    /// The provider is suspended or retired: `status` as in `Provider`.
    error ProviderNotActive(address provider, uint8 status);
    /// 4,294,967,295 providers are registered.
    error TooManyProviders();
    /// Only a verified provider may do this.
    error UnverifiedProvider(address provider);
    /// `kind` is not one of 1..7.
    error InvalidKind(uint8 kind);
    /// Not a National Provider Identifier: ten digits, first 1 or 2, Luhn check digit over 80840 and the digits.
    error InvalidNpi(uint64 npi);
    /// Another verified provider has been attested with this number.
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
    /// 4,294,967,295 ports have been issued.
    error TooManyPorts();
    /// The clone could not be created at this address; most likely for want of gas.
    error IssueFailed(address port);

    // --- events ---------------------------------------------------------------------------------

    /// `newOwner` may accept from here; zero = nobody may, a started transfer is called off.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    /// The transfer is over: nobody is pending. The first names the constructor's owner, `previousOwner` zero.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event AttesterAdded(address indexed attester);
    event AttesterRemoved(address indexed attester);
    /// Ports issued from now on run this code.
    event PortImplementationSet(address indexed implementation, bytes32 codeHash);
    /// Once per provider, with all it says at the start: the three events below announce later changes only. Whoever
    /// follows identities, contacts or keys reads this one as well. The provider is self-asserted until attested.
    event ProviderRegistered(address indexed provider, uint8 kind, uint64 npi, bytes32 keyX, uint8 keyParity, bytes identityProfile, bytes contactProfile);
    /// A later identity: JSON, at most 1 KiB. The provider is self-asserted from here until attested.
    event IdentityProfileSet(address indexed provider, uint8 kind, uint64 npi, bytes profile);
    /// A later contact profile: JSON, at most 1 KiB: contact and blob endpoint.
    event ContactProfileSet(address indexed provider, bytes profile);
    /// A later encryption key.
    event EncryptionKeySet(address indexed provider, bytes32 keyX, uint8 keyParity);
    event ProviderAttested(address indexed provider, address indexed attester, uint64 npi, uint8 kind, bytes32 identityProfileHash, uint64 until);
    event ProviderSuspended(address indexed provider, address indexed by);
    event ProviderReinstated(address indexed provider, address indexed by);
    event ProviderRetired(address indexed provider);
    event PortIssued(address indexed port, address indexed issuer, address indexed patient, address implementation);

    // --- interface detection --------------------------------------------------------------------

    /// ERC-165. True for 0x01ffc9a7 and for the id of this interface: the XOR of the selectors of all its functions
    /// but this one.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);

    // --- ownership and attesters ----------------------------------------------------------------

    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    /// Starts a transfer; the new owner must accept. Zero calls a started one off; there is no way to leave the
    /// registry without an owner. Owner only; naming the pending owner again changes nothing.
    function transferOwnership(address newOwner) external;
    /// Pending owner only.
    function acceptOwnership() external;
    /// Owner only; adding twice changes nothing.
    function addAttester(address attester) external;
    /// Owner only; removing twice changes nothing. What the attester confirmed stays confirmed.
    function removeAttester(address attester) external;
    function isAttester(address account) external view returns (bool);
    /// Whoever is or was an attester, in the order of first being added, counted from 0; `limit` at most 100. A page
    /// shorter than that is the last.
    function attesters(uint32 from, uint32 limit) external view returns (Attester[] memory);
    /// Owner only. Must hold code; its code hash is announced. Setting what is set changes nothing.
    function setPortImplementation(address implementation) external;
    function portImplementation() external view returns (address);

    // --- providers ------------------------------------------------------------------------------

    /// Registers the caller as a provider, self-asserted. Once: leaving does not make an account new.
    function registerProvider(uint8 kind, uint64 npi, bytes32 keyX, uint8 keyParity, bytes calldata identityProfile, bytes calldata contactProfile) external;
    /// Changes kind, number and identity profile of the caller, who is self-asserted afterwards. Setting what stands
    /// changes nothing: an attestation holds on.
    function setIdentityProfile(uint8 kind, uint64 npi, bytes calldata identityProfile) external;
    /// The contact profile is announced and not stored. An attestation holds on.
    function setContactProfile(bytes calldata contactProfile) external;
    /// Setting the key that stands changes nothing. An attestation holds on.
    function setEncryptionKey(bytes32 keyX, uint8 keyParity) external;
    /// Confirms kind, number and identity profile exactly as they stand, for the first time or anew. Attester only.
    /// A number that another verified provider holds is refused; it is free once that one is no longer verified.
    function attest(address provider, uint64 npi, uint8 kind, bytes32 identityProfileHash, uint64 until) external;
    /// Attester or owner; suspending twice changes nothing. Who has retired cannot be suspended.
    function suspend(address provider) external;
    /// Attester or owner; the provider is self-asserted afterwards and must be attested anew. Changes nothing unless
    /// the provider is suspended; who has retired cannot be reinstated.
    function reinstate(address provider) external;
    /// The caller leaves; final.
    function retire() external;
    /// All zero if unknown.
    function provider(address account) external view returns (Provider memory);
    /// Attested, not expired, not suspended, not retired.
    function isVerified(address account) external view returns (bool);
    /// The verified provider attested with this number; zero if none.
    function providerByNpi(uint64 npi) external view returns (address);
    function providerCount() external view returns (uint32);
    /// Registered addresses, the newest first: those registered before the provider `before`, zero = from the newest;
    /// `limit` at most 100. The next page is the one before the last address of this one, whoever registers meanwhile.
    function providers(address before, uint32 limit) external view returns (address[] memory);

    // --- ports ----------------------------------------------------------------------------------

    /// Creates a port for `patient`: a minimal clone (EIP-1167) of the implementation, by CREATE2 (EIP-1014). Its 109 bytes
    /// of code end with this registry, the caller as issuer, the patient and the port's number, four bytes: how many
    /// ports this registry has issued with it. So there is nothing to initialise. The salt is zero: the init code
    /// holds all of these, and the number makes it unique. Verified provider only.
    function issue(address patient) external returns (address port);
    /// Whether this registry issued that port. Proved from its code alone: the account lies at the CREATE2 address of
    /// the init code that returns this code.
    function isPort(address account) external view returns (bool);
}
