//! The code of a contract that is a Stylus program.
//!
//! ```text
//! EF F0 00 ‖ dictionary (1 byte) ‖ brotli stream of the wasm module
//! ```
//!
//! Dictionary 0 is none, and all that `cargo stylus` emits. Forms, limits and prefixes are those of
//! `core/state/statedb_arbitrum.go` in OffchainLabs/go-ethereum.

use brotli::{BrotliCompress, Decompressor, enc::BrotliEncoderParams};
use std::io::{self, Read};

/// Prefix of a whole program.
const PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];
/// Prefix of one part of a program spread over several contracts (`ArbOS` 60).
const FRAGMENT_PREFIX: [u8; 3] = [0xef, 0xf0, 0x01];
/// Prefix of the list of such parts (`ArbOS` 60).
const ROOT_PREFIX: [u8; 3] = [0xef, 0xf0, 0x02];
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
    /// The code is a part of a program, or lists such parts: `ArbOS` 60 and later, not modelled.
    #[error("the code is a fragmented Stylus program, which is not supported")]
    Fragmented,
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

/// Whether `code` is run as a Stylus program: a whole one, longer than its prefix.
pub fn is_program(code: &[u8]) -> bool {
    code.len() > PREFIX.len() && code.starts_with(&PREFIX)
}

/// Takes the wasm module out of a program's code. `max_wasm_size` bounds it in bytes.
pub fn decode_program(code: &[u8], max_wasm_size: u32) -> Result<Vec<u8>, DecodeError> {
    if code.starts_with(&FRAGMENT_PREFIX) || code.starts_with(&ROOT_PREFIX) {
        return Err(DecodeError::Fragmented);
    }
    if !is_program(code) {
        return Err(DecodeError::NotAProgram);
    }
    let (header, stream) = code.split_at(PREFIX.len() + 1);
    match header[PREFIX.len()] {
        NO_DICTIONARY => {}
        STYLUS_DICTIONARY => return Err(DecodeError::StylusDictionary),
        other => return Err(DecodeError::UnknownDictionary(other)),
    }
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
        assert!(is_program(&code));
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
        ] {
            assert!(!is_program(code));
            assert!(matches!(
                decode_program(code, LIMIT),
                Err(DecodeError::NotAProgram)
            ));
        }
    }

    #[test]
    fn what_is_not_supported_says_so() {
        assert!(matches!(
            decode_program(&[0xef, 0xf0, 0x01, 1, 2], LIMIT),
            Err(DecodeError::Fragmented)
        ));
        assert!(matches!(
            decode_program(&[0xef, 0xf0, 0x02, 0, 2], LIMIT),
            Err(DecodeError::Fragmented)
        ));
        assert!(matches!(
            decode_program(&[0xef, 0xf0, 0x00, 1, 2], LIMIT),
            Err(DecodeError::StylusDictionary)
        ));
        assert!(matches!(
            decode_program(&[0xef, 0xf0, 0x00, 2, 2], LIMIT),
            Err(DecodeError::UnknownDictionary(2))
        ));
    }

    #[test]
    fn a_truncated_stream_is_refused() {
        let code = encode_program(b"not wasm, but that is not the container's business");
        for cut in 4..code.len() {
            assert!(decode_program(&code[..cut], LIMIT).is_err(), "cut at {cut}");
        }
    }
}
