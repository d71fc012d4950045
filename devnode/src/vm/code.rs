//! The code of a contract that is a Stylus program.
//!
//! ```text
//! whole     EF F0 00 ‖ dictionary (1 byte) ‖ stream
//! fragment  EF F0 01 ‖ part of a stream                                            ArbOS 60 and later
//! root      EF F0 02 ‖ dictionary (1 byte) ‖ length of the module (u32, big-endian)
//!                    ‖ addresses of its fragments in order (20 bytes each)           ArbOS 60 and later
//! ```
//!
//! A stream is brotli over the wasm module; that of a root is what its fragments hold, joined.
//! Dictionary 0 is none, and all that `cargo stylus` emits. Forms, limits and prefixes are those of
//! `core/state/statedb_arbitrum.go` in OffchainLabs/go-ethereum.

use super::params::FRAGMENTS_ARBOS;
use alloy_primitives::Address;
use brotli::{BrotliCompress, Decompressor, enc::BrotliEncoderParams};
use std::io::{self, Read};

/// Prefix of a whole program.
const PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];
/// Prefix of one part of a program spread over several contracts.
const FRAGMENT_PREFIX: [u8; 3] = [0xef, 0xf0, 0x01];
/// Prefix of the list of such parts.
const ROOT_PREFIX: [u8; 3] = [0xef, 0xf0, 0x02];
/// Bytes of a root before its addresses.
const ROOT_HEADER: usize = 8;
/// Bytes of an address.
const ADDRESS: usize = 20;
/// Dictionary byte of a plain brotli stream.
const NO_DICTIONARY: u8 = 0;
/// Dictionary byte of a stream that refers to Nitro's Stylus dictionary.
const STYLUS_DICTIONARY: u8 = 1;
/// Logarithm of the brotli window that `cargo stylus` compresses with.
const WINDOW_BITS: i32 = 22;
/// Brotli quality that `cargo stylus` compresses with.
const QUALITY: i32 = 11;
/// Buffer of the decompressor in bytes.
const BUFFER: usize = 16 * 1024;

/// Why code could not be decoded to a module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The code does not begin like a program's.
    #[error("the code is not a Stylus program")]
    NotAProgram,
    /// The code is one fragment of a program, which does nothing by itself.
    #[error("the code is a fragment of a Stylus program")]
    Fragment,
    /// A root ends within its header.
    #[error("the root of a fragmented program has `{bytes}` bytes, too few for its header")]
    RootTooShort {
        /// Bytes of the code.
        bytes: usize,
    },
    /// What follows a root's header is no list of addresses.
    #[error("the `{bytes}` bytes after the root's header are no list of addresses")]
    RootAddresses {
        /// Bytes after the header.
        bytes: usize,
    },
    /// A root lists no fragment, or more than the chain allows.
    #[error("the root lists `{count}` fragments, expected 1 to {limit}")]
    FragmentCount {
        /// How many it lists.
        count: usize,
        /// How many are allowed.
        limit: u8,
    },
    /// A root claims a module larger than the chain allows.
    #[error("the root claims a module of `{claimed}` bytes, the limit is `{limit}`")]
    ClaimTooLarge {
        /// Bytes it claims.
        claimed: u32,
        /// Bytes allowed.
        limit: u32,
    },
    /// The contract that a root lists holds no fragment.
    #[error("contract `{address}`, which the root lists, holds no fragment")]
    NotAFragment {
        /// Which contract.
        address: Address,
    },
    /// The module is not as large as the root claims.
    #[error("the root claims a module of `{claimed}` bytes, it has `{actual}`")]
    LengthMismatch {
        /// Bytes the root claims.
        claimed: u32,
        /// Bytes the module has.
        actual: usize,
    },
    /// The code refers to the dictionary that Nitro ships; it is not available here.
    #[error("the code is compressed with the Stylus dictionary, which is not supported")]
    StylusDictionary,
    /// The dictionary byte is none of those defined.
    #[error("unknown dictionary type `{0}`")]
    UnknownDictionary(u8),
    /// The stream is not brotli.
    #[error("the module cannot be decompressed")]
    Brotli(#[source] io::Error),
    /// The module is larger than the chain allows.
    #[error("the decompressed module is larger than `{limit}` bytes")]
    TooLarge {
        /// Bytes allowed.
        limit: u32,
    },
}

/// Whether `code` is run as a Stylus program: a whole one or a root, longer than its prefix.
///
/// A fragment is not: it runs as the EVM code it looks like, which is an invalid opcode.
pub fn is_program(code: &[u8], arbos_version: u64) -> bool {
    begins(code, PREFIX) || (arbos_version >= FRAGMENTS_ARBOS && begins(code, ROOT_PREFIX))
}

/// Whether `code` is a Stylus program or a part of one, which may be deployed although it begins with
/// `EF` (EIP-3541).
pub fn is_program_code(code: &[u8], arbos_version: u64) -> bool {
    is_program(code, arbos_version)
        || (arbos_version >= FRAGMENTS_ARBOS && begins(code, FRAGMENT_PREFIX))
}

fn begins(code: &[u8], prefix: [u8; 3]) -> bool {
    code.len() > prefix.len() && code.starts_with(&prefix)
}

/// The code of a program before its module is decompressed.
///
/// [`Self::decode`] wants the code of [`Self::fragments`], of which a whole program has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramCode<'a> {
    /// All of it is here.
    Whole {
        /// Brotli over the module.
        stream: &'a [u8],
    },
    /// It is spread over other contracts.
    Root {
        /// Bytes the module has once decompressed.
        wasm_bytes: u32,
        /// The contracts, in order.
        fragments: Vec<Address>,
    },
}

impl<'a> ProgramCode<'a> {
    /// Reads `code` under `arbos_version`. `max_fragments` bounds the parts of a program,
    /// `max_wasm_size` what a root may claim.
    ///
    /// # Errors
    /// All of [`DecodeError`] but those of fragments' own code and of decompression.
    pub fn try_read(
        code: &'a [u8],
        arbos_version: u64,
        max_fragments: u8,
        max_wasm_size: u32,
    ) -> Result<Self, DecodeError> {
        if !is_program(code, arbos_version) {
            return Err(if is_program_code(code, arbos_version) {
                DecodeError::Fragment
            } else {
                DecodeError::NotAProgram
            });
        }
        let dictionary = code[PREFIX.len()];
        if code.starts_with(&PREFIX) {
            check_dictionary(dictionary)?;
            let stream = &code[PREFIX.len() + 1..];
            return Ok(Self::Whole { stream });
        }
        let Some((header, list)) = code.split_first_chunk::<ROOT_HEADER>() else {
            return Err(DecodeError::RootTooShort { bytes: code.len() });
        };
        check_dictionary(dictionary)?;
        let [.., a, b, c, d] = *header;
        let wasm_bytes = u32::from_be_bytes([a, b, c, d]);
        let (addresses, rest) = list.as_chunks::<ADDRESS>();
        if !rest.is_empty() {
            return Err(DecodeError::RootAddresses { bytes: list.len() });
        }
        if addresses.is_empty() || addresses.len() > usize::from(max_fragments) {
            return Err(DecodeError::FragmentCount {
                count: addresses.len(),
                limit: max_fragments,
            });
        }
        if wasm_bytes > max_wasm_size {
            return Err(DecodeError::ClaimTooLarge {
                claimed: wasm_bytes,
                limit: max_wasm_size,
            });
        }
        Ok(Self::Root {
            wasm_bytes,
            fragments: addresses.iter().map(Address::from).collect(),
        })
    }

    /// The contracts that hold the parts of the program, in order; none for a whole one.
    pub fn fragments(&self) -> &[Address] {
        match self {
            Self::Whole { .. } => &[],
            Self::Root { fragments, .. } => fragments,
        }
    }

    /// Takes the wasm module out. `codes` is the code of each of [`Self::fragments`]; a missing one is
    /// like a contract without code. `max_wasm_size` bounds the module in bytes.
    ///
    /// # Errors
    /// [`DecodeError::NotAFragment`], [`DecodeError::Brotli`], [`DecodeError::TooLarge`],
    /// [`DecodeError::LengthMismatch`].
    pub fn decode(
        &self,
        codes: &[impl AsRef<[u8]>],
        max_wasm_size: u32,
    ) -> Result<Vec<u8>, DecodeError> {
        let (claimed, fragments) = match self {
            Self::Whole { stream } => return decompress(stream, max_wasm_size),
            Self::Root {
                wasm_bytes,
                fragments,
            } => (*wasm_bytes, fragments),
        };
        let mut stream = Vec::new();
        for (index, address) in fragments.iter().enumerate() {
            let code = codes.get(index).map_or(&[][..], AsRef::as_ref);
            let Some(part) = code.strip_prefix(&FRAGMENT_PREFIX) else {
                return Err(DecodeError::NotAFragment { address: *address });
            };
            stream.extend_from_slice(part);
        }
        let wasm = decompress(&stream, max_wasm_size)?;
        if wasm.len() != claimed as usize {
            return Err(DecodeError::LengthMismatch {
                claimed,
                actual: wasm.len(),
            });
        }
        Ok(wasm)
    }
}

fn check_dictionary(dictionary: u8) -> Result<(), DecodeError> {
    match dictionary {
        NO_DICTIONARY => Ok(()),
        STYLUS_DICTIONARY => Err(DecodeError::StylusDictionary),
        other => Err(DecodeError::UnknownDictionary(other)),
    }
}

fn decompress(stream: &[u8], max_wasm_size: u32) -> Result<Vec<u8>, DecodeError> {
    let mut wasm = Vec::new();
    Decompressor::new(stream, BUFFER)
        .take(u64::from(max_wasm_size) + 1)
        .read_to_end(&mut wasm)
        .map_err(DecodeError::Brotli)?;
    if wasm.len() as u64 > u64::from(max_wasm_size) {
        return Err(DecodeError::TooLarge {
            limit: max_wasm_size,
        });
    }
    Ok(wasm)
}

/// Takes the wasm module out of the code of a whole program. `max_wasm_size` bounds it in bytes.
///
/// [`ProgramCode`] also reads programs in parts.
///
/// # Errors
/// As [`ProgramCode::try_read`] before `ArbOS` 60, and [`ProgramCode::decode`].
pub fn decode_program(code: &[u8], max_wasm_size: u32) -> Result<Vec<u8>, DecodeError> {
    let none: &[&[u8]] = &[];
    ProgramCode::try_read(code, 0, 0, max_wasm_size)?.decode(none, max_wasm_size)
}

/// Makes a program's code from a wasm module, as `cargo stylus` does.
#[expect(
    clippy::missing_panics_doc,
    reason = "it cannot fail, as the invariant says"
)]
pub fn encode_program(wasm: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW_BITS,
        size_hint: wasm.len(),
        ..BrotliEncoderParams::default()
    };
    let mut code = PREFIX.to_vec();
    code.push(NO_DICTIONARY);
    BrotliCompress(&mut &*wasm, &mut code, &params)
        .expect("neither reading a slice nor writing a vector fails");
    code
}

/// The fragments of a program, cut after every `part` bytes of its stream, and its root.
#[cfg(test)]
pub(crate) fn encode_fragments(
    wasm: &[u8],
    part: usize,
    addresses: &[Address],
) -> (Vec<Vec<u8>>, Vec<u8>) {
    let stream = encode_program(wasm).split_off(PREFIX.len() + 1);
    let parts = stream.chunks(part);
    let fragments: Vec<_> = parts
        .map(|part| [&FRAGMENT_PREFIX, part].concat())
        .collect();
    assert_eq!(fragments.len(), addresses.len(), "an address per fragment");
    let length = u32::try_from(wasm.len()).expect("modules are small");
    let mut root = [&ROOT_PREFIX[..], &[NO_DICTIONARY], &length.to_be_bytes()].concat();
    root.extend(addresses.iter().flatten());
    (fragments, root)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    const LIMIT: u32 = 128 * 1024;

    #[test]
    fn decoding_undoes_encoding() {
        let wasm: Vec<u8> = (0..100_000_u32)
            .flat_map(|i| (i % 977).to_le_bytes())
            .take(LIMIT as usize)
            .collect();
        let code = encode_program(&wasm);
        assert_eq!(code[..4], [0xef, 0xf0, 0x00, 0x00]);
        assert!(is_program(&code, 40));
        assert_eq!(decode_program(&code, LIMIT).unwrap(), wasm);
    }

    #[test]
    fn a_module_one_byte_over_the_limit_is_refused() {
        let code = encode_program(&vec![7; LIMIT as usize + 1]);
        assert!(matches!(
            decode_program(&code, LIMIT),
            Err(DecodeError::TooLarge { limit: LIMIT })
        ));
    }

    #[test]
    fn other_code_is_not_a_program() {
        for code in [
            &[][..],
            &[0xef, 0xf0, 0x00],
            &[0x60, 0x00],
            &[0xef, 0x01, 0x00, 0x00],
            &[0xef, 0xf0, 0x03, 0x00],
        ] {
            assert!(!is_program(code, 60) && !is_program_code(code, 60));
            assert!(matches!(
                decode_program(code, LIMIT),
                Err(DecodeError::NotAProgram)
            ));
        }
    }

    #[test]
    fn dictionaries_are_refused_by_name() {
        assert!(matches!(
            decode_program(&[0xef, 0xf0, 0x00, 1, 2], LIMIT),
            Err(DecodeError::StylusDictionary)
        ));
        assert!(matches!(
            decode_program(&[0xef, 0xf0, 0x00, 2, 2], LIMIT),
            Err(DecodeError::UnknownDictionary(2))
        ));
        let root = [&[0xef, 0xf0, 0x02, 1, 0, 0, 0, 0][..], &[7; 20]].concat();
        assert!(matches!(
            ProgramCode::try_read(&root, 60, 4, LIMIT),
            Err(DecodeError::StylusDictionary)
        ));
    }

    const ADDRESSES: [Address; 3] = [
        Address::repeat_byte(1),
        Address::repeat_byte(2),
        Address::repeat_byte(3),
    ];

    /// A module that compresses to a little over 200 bytes, in three fragments of 100, and its root.
    fn in_three() -> (Vec<u8>, Vec<Vec<u8>>, Vec<u8>) {
        let wasm: Vec<u8> = (0..230_u32)
            .map(|i| ((i * i * 31) >> 3).to_le_bytes()[0])
            .collect();
        let (fragments, root) = encode_fragments(&wasm, 100, &ADDRESSES);
        (wasm, fragments, root)
    }

    #[test]
    fn parts_are_joined_in_their_order() {
        let (wasm, fragments, root) = in_three();
        let code = ProgramCode::try_read(&root, 60, 3, LIMIT).unwrap();
        assert_eq!(code.fragments(), ADDRESSES);
        assert_eq!(code.decode(&fragments, LIMIT).unwrap(), wasm);
        let [a, b, c] = &fragments[..] else { panic!() };
        assert!(code.decode(&[b, a, c], LIMIT).is_err());
    }

    #[test]
    fn parts_exist_from_arbos_60_on() {
        let (_, fragments, root) = in_three();
        for (version, runs) in [(40, false), (51, false), (59, false), (60, true)] {
            assert_eq!(is_program(&root, version), runs);
            assert_eq!(is_program_code(&root, version), runs);
            assert_eq!(is_program_code(&fragments[0], version), runs);
            assert!(!is_program(&fragments[0], version));
        }
        for code in [&root, &fragments[0]] {
            assert!(matches!(
                ProgramCode::try_read(code, 59, 3, LIMIT),
                Err(DecodeError::NotAProgram)
            ));
        }
        assert!(matches!(
            ProgramCode::try_read(&fragments[0], 60, 3, LIMIT),
            Err(DecodeError::Fragment)
        ));
    }

    #[test]
    fn roots_are_checked() {
        let (_, _, root) = in_three();
        let refusal = |root: &[u8], most: u8, limit: u32| {
            ProgramCode::try_read(root, 60, most, limit).unwrap_err()
        };
        assert!(matches!(
            refusal(&root[..7], 3, LIMIT),
            DecodeError::RootTooShort { bytes: 7 }
        ));
        assert!(matches!(
            refusal(&root[..27], 3, LIMIT),
            DecodeError::RootAddresses { bytes: 19 }
        ));
        assert!(matches!(
            refusal(&root[..8], 3, LIMIT),
            DecodeError::FragmentCount { count: 0, limit: 3 }
        ));
        assert!(matches!(
            refusal(&root, 2, LIMIT),
            DecodeError::FragmentCount { count: 3, limit: 2 }
        ));
        assert!(matches!(
            refusal(&root, 3, 229),
            DecodeError::ClaimTooLarge {
                claimed: 230,
                limit: 229
            }
        ));
    }

    #[test]
    fn every_part_must_be_a_fragment() {
        let (_, mut fragments, root) = in_three();
        let code = ProgramCode::try_read(&root, 60, 3, LIMIT).unwrap();
        fragments[1][2] = 0;
        for fragments in [&fragments[..], &fragments[..1]] {
            assert!(matches!(
                code.decode(fragments, LIMIT),
                Err(DecodeError::NotAFragment { address }) if address == ADDRESSES[1]
            ));
        }
    }

    #[test]
    fn the_length_a_root_claims_must_be_exact() {
        let (_, fragments, root) = in_three();
        for claimed in [229_u32, 231] {
            let root = [&root[..4], &claimed.to_be_bytes(), &root[8..]].concat();
            let code = ProgramCode::try_read(&root, 60, 3, LIMIT).unwrap();
            assert!(matches!(
                code.decode(&fragments, LIMIT),
                Err(DecodeError::LengthMismatch { claimed: c, actual: 230 }) if c == claimed
            ));
        }
    }

    #[test]
    fn a_truncated_stream_is_refused() {
        let code = encode_program(b"not wasm, but that is not the container's business");
        for cut in 4..code.len() {
            assert!(decode_program(&code[..cut], LIMIT).is_err(), "cut at {cut}");
        }
    }
}
