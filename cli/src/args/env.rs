//! Names of the environment variables that flags fall back to. The names of the wallet and network
//! variables are those of Foundry's tools.

/// URL of the chain's JSON-RPC endpoint.
pub const ETH_RPC_URL: &str = "ETH_RPC_URL";
/// How long one answer of the endpoint is waited for, in seconds.
pub const ETH_RPC_TIMEOUT: &str = "ETH_RPC_TIMEOUT";
/// Name of the network.
pub const PATIENTPORT_NETWORK: &str = "PATIENTPORT_NETWORK";
/// URL of another node, whose word on contracts has to be the same.
pub const PATIENTPORT_VERIFY_RPC_URL: &str = "PATIENTPORT_VERIFY_RPC_URL";
/// Name of the wallet that signs.
pub const ETH_KEYSTORE_ACCOUNT: &str = "ETH_KEYSTORE_ACCOUNT";
/// Path of a keystore file, or of a directory of them.
pub const ETH_KEYSTORE: &str = "ETH_KEYSTORE";
/// The account that has to sign.
pub const ETH_FROM: &str = "ETH_FROM";
/// Path of the *file* that holds the wallet's password, as Foundry uses it; never the password.
pub const ETH_PASSWORD: &str = "ETH_PASSWORD";
/// Name of the encryption identity.
pub const PATIENTPORT_IDENTITY: &str = "PATIENTPORT_IDENTITY";
/// Path of the file that holds the identity's password, where it differs from the wallet's.
pub const PATIENTPORT_IDENTITY_PASSWORD: &str = "PATIENTPORT_IDENTITY_PASSWORD";
/// Directory of wallets, identities and everything remembered.
pub const PATIENTPORT_HOME: &str = "PATIENTPORT_HOME";
/// Address of the registry.
pub const PATIENTPORT_REGISTRY: &str = "PATIENTPORT_REGISTRY";
/// Port: an address or a name of the home.
pub const PATIENTPORT_PORT: &str = "PATIENTPORT_PORT";
/// Name of a set of settings in the home's `config.json`.
pub const PATIENTPORT_PROFILE: &str = "PATIENTPORT_PROFILE";
/// Stores of encrypted records, one per line: directories, `s3://bucket/prefix`, `https://host/prefix`. Credentials of
/// S3-compatible services, their region and endpoint come from the usual variables (`AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`).
pub const PATIENTPORT_STORE: &str = "PATIENTPORT_STORE";
