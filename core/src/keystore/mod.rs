//! The encrypted container of one 32-byte secret: Web3 Secret Storage, version 3.
//!
//! Reads every file of that definition (scrypt and PBKDF2-HMAC-SHA-256, AES-128-CTR) within bounds on
//! memory and time; writes scrypt with r = 8, p = 1. Accounts and identity seeds use the same container,
//! told apart by the member `type`, which wallets of other programs do not have.
//!
//! No part of the record format, and behind the feature `keystore`, since a reader of records has no use for it.
//!
//! `key = KDF(password, salt)`, `ciphertext = AES-128-CTR(key[0..16], iv, secret)`,
//! `mac = keccak256(key[16..32] ‖ ciphertext)`. Salt and IV are drawn anew for every file.

mod scrypt;

use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use alloy_primitives::{hex, keccak256};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

use self::scrypt::KEY_BYTES;

/// A password. Any bytes, the empty string included.
pub type Password = Zeroizing<String>;

/// Default of `log2(N)` for files written here; about half a second and 128 MiB.
pub const DEFAULT_LOG_N: u8 = 17;
/// scrypt's block size for files written here.
const SCRYPT_R: u32 = 8;
/// Most memory that a file may ask scrypt to take: four times geth's standard.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
/// Most work (N·r·p) that a file may ask of scrypt: eight times geth's standard.
const MAX_SCRYPT_WORK: u64 = 1 << 24;
/// Most iterations that a file may ask of PBKDF2: geth and pyethereum write 262,144.
const MAX_PBKDF2_ITERATIONS: u32 = 10_000_000;
/// A container is a few hundred bytes; anything much longer is not one.
pub const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Why a container does not open.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// Not the JSON of a container.
    #[error("the file is not a Web3 Secret Storage keystore")]
    Json(#[source] serde_json::Error),
    /// Another version.
    #[error("keystore version `{0}` is not supported, only 3")]
    Version(u32),
    /// A cipher, KDF or PRF not in the definition.
    #[error("keystore {what} `{name}` is not supported")]
    Algorithm {
        /// `cipher`, `kdf` or `prf`.
        what: &'static str,
        /// What the file names.
        name: String,
    },
    /// A member that is missing, of the wrong length or out of bounds.
    #[error("keystore member `{0}` is missing, malformed or out of bounds")]
    Member(&'static str),
    /// The MAC does not match: wrong password, or a damaged file.
    #[error("the password is wrong")]
    WrongPassword,
    /// A container of another kind.
    #[error("this is a keystore of type `{found}`, not `{expected}`")]
    Type {
        /// What was needed.
        expected: &'static str,
        /// What the file says.
        found: String,
    },
}

/// The container as it stands in a file.
#[derive(Debug, Deserialize, Serialize)]
pub struct Keystore {
    /// 3.
    pub version: u32,
    /// What the secret is; absent for account keys, as other programs write them.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A random UUID.
    #[serde(default)]
    pub id: Option<String>,
    /// The account's address, without `0x`; some programs leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When the file was made, RFC 3339; ours only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The sealed secret. Old programs write the name with a capital.
    #[serde(alias = "Crypto")]
    crypto: Crypto,
}

#[derive(Debug, Deserialize, Serialize)]
struct Crypto {
    cipher: String,
    ciphertext: String,
    cipherparams: CipherParams,
    kdf: String,
    kdfparams: KdfParams,
    mac: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct CipherParams {
    iv: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct KdfParams {
    dklen: u32,
    salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prf: Option<String>,
}

impl Keystore {
    /// Seals `secret` under `password` with scrypt, N = 2^`log_n`.
    ///
    /// # Panics
    /// Where `log_n` is 0 or so large that N has no place in memory: callers take 13 to 22.
    pub fn seal(
        secret: &[u8; 32],
        password: &Password,
        log_n: u8,
        kind: Option<&str>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        let mut salt = [0; 32];
        let mut iv = [0; 16];
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut iv);
        let key = scrypt::derive(password.as_bytes(), &salt, log_n, SCRYPT_R, 1)
            .expect("parameters within scrypt's own limits");
        let mut ciphertext = *secret;
        apply_cipher(&key, &iv, &mut ciphertext);
        Self {
            version: 3,
            kind: kind.map(str::to_owned),
            id: Some(random_uuid(rng)),
            address: None,
            created: None,
            crypto: Crypto {
                cipher: "aes-128-ctr".into(),
                ciphertext: hex::encode(ciphertext),
                cipherparams: CipherParams {
                    iv: hex::encode(iv),
                },
                kdf: "scrypt".into(),
                kdfparams: KdfParams {
                    dklen: 32,
                    salt: hex::encode(salt),
                    n: Some(1 << log_n),
                    r: Some(SCRYPT_R),
                    p: Some(1),
                    c: None,
                    prf: None,
                },
                mac: hex::encode(mac(&key, &ciphertext)),
            },
        }
    }

    /// Parses a file without opening it.
    ///
    /// # Errors
    /// [`KeystoreError::Json`], [`KeystoreError::Version`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeystoreError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        // Versions differ in shape, so the version is read first and named if it is not ours.
        let Version { version } = serde_json::from_slice(bytes).map_err(KeystoreError::Json)?;
        if version != 3 {
            return Err(KeystoreError::Version(version));
        }
        serde_json::from_slice(bytes).map_err(KeystoreError::Json)
    }

    /// Checks that the container holds what the caller needs; `None` is an account key.
    ///
    /// # Errors
    /// [`KeystoreError::Type`].
    pub fn expect_kind(&self, expected: Option<&'static str>) -> Result<(), KeystoreError> {
        if self.kind.as_deref() == expected {
            return Ok(());
        }
        Err(KeystoreError::Type {
            expected: expected.unwrap_or("account"),
            found: self.kind.clone().unwrap_or_else(|| "account".into()),
        })
    }

    /// Opens the container. Takes as long as the file's work factor says.
    ///
    /// # Errors
    /// [`KeystoreError::WrongPassword`]; [`KeystoreError::Algorithm`] and [`KeystoreError::Member`] for
    /// files outside the definition or its bounds.
    pub fn open(&self, password: &Password) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        let crypto = &self.crypto;
        if crypto.cipher != "aes-128-ctr" {
            return Err(KeystoreError::Algorithm {
                what: "cipher",
                name: crypto.cipher.clone(),
            });
        }
        let ciphertext: [u8; 32] = bytes(&crypto.ciphertext, "ciphertext")?;
        let iv: [u8; 16] = bytes(&crypto.cipherparams.iv, "iv")?;
        let expected: [u8; 32] = bytes(&crypto.mac, "mac")?;
        let key = self.derive(password)?;
        if !bool::from(mac(&key, &ciphertext).ct_eq(&expected)) {
            return Err(KeystoreError::WrongPassword);
        }
        let mut secret = Zeroizing::new(ciphertext);
        apply_cipher(&key, &iv, &mut secret);
        Ok(secret)
    }

    fn derive(&self, password: &Password) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeystoreError> {
        let params = &self.crypto.kdfparams;
        // Every known writer uses 32; a longer key would begin with the same bytes under PBKDF2 and scrypt,
        // but the definition leaves it open, so it is refused rather than guessed.
        if params.dklen != 32 {
            return Err(KeystoreError::Member("dklen"));
        }
        let salt = hex::decode(&params.salt).map_err(|_| KeystoreError::Member("salt"))?;
        match self.crypto.kdf.as_str() {
            "scrypt" => {
                let n = params.n.filter(|n| n.is_power_of_two() && *n > 1);
                let n = n.ok_or(KeystoreError::Member("n"))?;
                let r = params
                    .r
                    .filter(|r| *r > 0)
                    .ok_or(KeystoreError::Member("r"))?;
                let p = params
                    .p
                    .filter(|p| *p > 0)
                    .ok_or(KeystoreError::Member("p"))?;
                let blocks = n.checked_mul(r.into()).ok_or(KeystoreError::Member("n"))?;
                let work = blocks
                    .checked_mul(p.into())
                    .ok_or(KeystoreError::Member("p"))?;
                if blocks.saturating_mul(128) > MAX_SCRYPT_BYTES || work > MAX_SCRYPT_WORK {
                    return Err(KeystoreError::Member("n"));
                }
                let log_n = u8::try_from(n.ilog2()).map_err(|_| KeystoreError::Member("n"))?;
                scrypt::derive(password.as_bytes(), &salt, log_n, r, p)
                    .ok_or(KeystoreError::Member("n"))
            }
            "pbkdf2" => {
                let prf = params.prf.as_deref().unwrap_or_default();
                if prf != "hmac-sha256" {
                    return Err(KeystoreError::Algorithm {
                        what: "prf",
                        name: prf.to_owned(),
                    });
                }
                let iterations = params.c.filter(|c| (1..=MAX_PBKDF2_ITERATIONS).contains(c));
                let iterations = iterations.ok_or(KeystoreError::Member("c"))?;
                let mut key = Zeroizing::new([0; KEY_BYTES]);
                pbkdf2::pbkdf2_hmac::<sha2::Sha256>(
                    password.as_bytes(),
                    &salt,
                    iterations,
                    &mut *key,
                );
                Ok(key)
            }
            other => Err(KeystoreError::Algorithm {
                what: "kdf",
                name: other.to_owned(),
            }),
        }
    }
}

fn bytes<const N: usize>(digits: &str, member: &'static str) -> Result<[u8; N], KeystoreError> {
    hex::decode_to_array(digits).map_err(|_| KeystoreError::Member(member))
}

fn apply_cipher(key: &[u8; KEY_BYTES], iv: &[u8; 16], data: &mut [u8; 32]) {
    let (key, _) = key.split_at(16);
    let mut cipher = ctr::Ctr128BE::<aes::Aes128>::new(key.into(), iv.into());
    cipher.apply_keystream(data);
}

fn mac(key: &[u8; KEY_BYTES], ciphertext: &[u8; 32]) -> [u8; 32] {
    let (_, key) = key.split_at(16);
    keccak256([key, ciphertext].concat()).0
}

/// A version 4 UUID (RFC 9562 §5.4).
fn random_uuid(rng: &mut (impl RngCore + CryptoRng)) -> String {
    let mut bytes = [0_u8; 16];
    rng.fill_bytes(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex::encode(bytes);
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

#[cfg(test)]
mod tests;
