//! Turns a built contract into what is deployed, and measures it.
//!
//! `pack(wasm) = EF F0 00 00 ‖ brotli₁₁,₂₂(wasm without custom sections)`: the classic form of a
//! Stylus program (dictionary byte 0), with quality 11 and a window of 22 bits as `cargo stylus`
//! compresses. [`init_code`] is the init code that tool sends.
//!
//! The checks are those of activation that a build can get wrong: one exported memory of at most two
//! pages, an entry point, host functions only, no feature beyond what the VM accepts. The chain
//! checks everything again.

use std::io::Read as _;

use brotli2::{CompressParams, read::BrotliEncoder};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, Validator, WasmFeatures};

/// Largest code of a contract, in bytes (EIP-170); Stylus programs above it need fragments.
pub const MAX_CODE_BYTES: usize = 24_576;
/// Largest memory a program has without paying for pages on every call, in pages of 64 KiB.
pub const MAX_PAGES: u64 = 2;
/// Code prefix of an unfragmented program without dictionary.
pub const PREFIX: [u8; 4] = [0xef, 0xf0, 0x00, 0x00];

/// Why a module cannot be deployed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Not a module, or one that uses what the VM does not accept.
    #[error("not a module that Stylus accepts")]
    InvalidModule(#[from] wasmparser::BinaryReaderError),
    /// An import that is no host function.
    #[error("import `{module}.{name}` is no host function")]
    ForeignImport {
        /// Module named by the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// The module does not export what the VM calls.
    #[error("no export `{0}`")]
    MissingExport(&'static str),
    /// The memory a call starts with costs gas on every call.
    #[error("memory of {given} pages, at most {max} cost nothing: is the stack size set?")]
    TooManyPages {
        /// Initial pages.
        given: u64,
        /// [`MAX_PAGES`].
        max: u64,
    },
    /// The code does not fit into one account.
    #[error("code of {given} bytes is over the limit of {max}")]
    TooLarge {
        /// Bytes of the prefixed, compressed code.
        given: usize,
        /// [`MAX_CODE_BYTES`].
        max: usize,
    },
    /// The compressor failed.
    #[error("cannot compress")]
    Compress(#[source] std::io::Error),
}

fn keccak256(bytes: &[u8]) -> [u8; 32] {
    keccak_const::Keccak256::new().update(bytes).finalize()
}

/// A contract ready to deploy, and its measures.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The module without custom sections.
    pub wasm: Vec<u8>,
    /// The account's code: [`PREFIX`] and the compressed module.
    pub code: Vec<u8>,
    /// keccak256 of the code, by which a chain knows the program.
    pub code_hash: [u8; 32],
    /// Initial memory in pages of 64 KiB.
    pub pages: u64,
    /// Content bytes of data segments and entries of element segments, four bytes each: every call
    /// pays for these, cached or not.
    pub data_bytes: usize,
}

/// Packs a built module. `project_hash` is put into a custom section of that name, as `cargo stylus`
/// does with a hash over the sources and their paths on the machine that built them.
///
/// # Errors
/// Any [`PackError`].
pub fn pack(module: &[u8], project_hash: Option<[u8; 32]>) -> Result<Packed, PackError> {
    let mut wasm = module.get(..8).unwrap_or_default().to_vec();
    let (mut pages, mut data_bytes) = (0, 0_usize);
    let mut missing = vec!["memory", "user_entrypoint"];
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            // Metadata; and a count of data segments, which optimisers write. Only memory.init and
            // data.drop need that, which the VM does not know, and it refuses the section itself.
            Payload::CustomSection(_) | Payload::DataCountSection { .. } => continue,
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let import = import?;
                    if import.module != "vm_hooks" || !matches!(import.ty, TypeRef::Func(_)) {
                        return Err(PackError::ForeignImport {
                            module: import.module.to_owned(),
                            name: import.name.to_owned(),
                        });
                    }
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    pages = memory?.initial;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::Memory) {
                        missing.retain(|name| *name != export.name);
                    }
                }
            }
            Payload::DataSection(segments) => {
                for segment in segments.clone() {
                    data_bytes = data_bytes.saturating_add(segment?.data.len());
                }
            }
            Payload::ElementSection(segments) => {
                for segment in segments.clone() {
                    if let wasmparser::ElementItems::Functions(entries) = segment?.items {
                        data_bytes =
                            data_bytes.saturating_add((entries.count() as usize).saturating_mul(4));
                    }
                }
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let bounds = usize::try_from(range.start)
                .ok()
                .zip(usize::try_from(range.end).ok());
            let content = bounds.and_then(|(start, end)| module.get(start..end));
            section(&mut wasm, id, &[content.unwrap_or_default()]);
        }
    }
    // Sign extension, saturating conversions and mutable globals are in the 1.0 validator's set of
    // later features; nothing else is let in but memory.copy and memory.fill.
    let features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    // As rewritten: whoever needs the section left out above fails here.
    Validator::new_with_features(features).validate_all(&wasm)?;
    if let Some(name) = missing.first() {
        return Err(PackError::MissingExport(name));
    }
    if pages > MAX_PAGES {
        return Err(PackError::TooManyPages {
            given: pages,
            max: MAX_PAGES,
        });
    }
    if let Some(hash) = project_hash {
        const NAME: &[u8] = b"project_hash";
        section(&mut wasm, 0, &[&[12], NAME, &hash]);
    }
    let mut code = PREFIX.to_vec();
    code.extend(compress(&wasm).map_err(PackError::Compress)?);
    if code.len() > MAX_CODE_BYTES {
        return Err(PackError::TooLarge {
            given: code.len(),
            max: MAX_CODE_BYTES,
        });
    }
    Ok(Packed {
        code_hash: keccak256(&code),
        wasm,
        code,
        pages,
        data_bytes,
    })
}

/// Appends a section: id, length in LEB128, content.
fn section(wasm: &mut Vec<u8>, id: u8, content: &[&[u8]]) {
    wasm.push(id);
    let mut length: usize = content.iter().map(|part| part.len()).sum();
    loop {
        let low = length.to_le_bytes()[0] & 0x7f;
        length >>= 7;
        if length == 0 {
            wasm.push(low);
            break;
        }
        wasm.push(low | 0x80);
    }
    for part in content {
        wasm.extend_from_slice(part);
    }
}

fn compress(wasm: &[u8]) -> std::io::Result<Vec<u8>> {
    let params = CompressParams::new().quality(11).lgwin(22).to_owned();
    let mut compressed = Vec::new();
    BrotliEncoder::from_params(wasm, &params).read_to_end(&mut compressed)?;
    Ok(compressed)
}

/// The init code that deploys `code` unchanged: 42 bytes of program, a version byte 0, the code.
#[must_use]
pub fn init_code(code: &[u8]) -> Vec<u8> {
    let mut init = vec![0x7f];
    init.extend([0; 24]);
    init.extend((code.len() as u64).to_be_bytes());
    // DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN; then the version.
    init.extend([0x80, 0x60, 0x2b, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3, 0x00]);
    init.extend(code);
    init
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    /// A module as short as they come: type, import, function, memory, export, code sections.
    fn module(pages: u8, import_module: &str) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        section(&mut wasm, 1, &[&[1, 0x60, 1, 0x7f, 1, 0x7f]]);
        let length = u8::try_from(import_module.len()).unwrap();
        section(
            &mut wasm,
            2,
            &[&[1, length], import_module.as_bytes(), &[1], b"x", &[0, 0]],
        );
        section(&mut wasm, 3, &[&[1, 0]]);
        section(&mut wasm, 5, &[&[1, 0, pages]]);
        section(
            &mut wasm,
            7,
            &[&[2, 6], b"memory", &[2, 0, 15], b"user_entrypoint", &[0, 1]],
        );
        section(&mut wasm, 10, &[&[1, 4, 0, 0x20, 0, 0x0b]]);
        wasm
    }

    #[test]
    fn custom_sections_are_dropped_and_the_rest_is_kept() {
        let plain = module(1, "vm_hooks");
        let mut named = plain.clone();
        section(&mut named, 0, &[&[4], b"name", &[1, 2, 3]]);
        let packed = pack(&named, None).unwrap();
        assert_eq!(packed.wasm, plain);
        assert_eq!(packed.pages, 1);
        assert_eq!(packed.code.get(..4), Some(&PREFIX[..]));
        assert_eq!(packed.code_hash, keccak256(&packed.code));
        let mut decompressed = Vec::new();
        brotli2::read::BrotliDecoder::new(packed.code.get(4..).unwrap())
            .read_to_end(&mut decompressed)
            .unwrap();
        assert_eq!(decompressed, plain);
    }

    #[test]
    fn a_needless_data_count_is_dropped_and_a_needed_one_is_refused() {
        let counted = |body: &[u8]| {
            let mut wasm = b"\0asm\x01\0\0\0".to_vec();
            section(&mut wasm, 1, &[&[1, 0x60, 1, 0x7f, 1, 0x7f]]);
            section(&mut wasm, 3, &[&[1, 0]]);
            section(&mut wasm, 5, &[&[1, 0, 1]]);
            section(
                &mut wasm,
                7,
                &[&[2, 6], b"memory", &[2, 0, 15], b"user_entrypoint", &[0, 0]],
            );
            section(&mut wasm, 12, &[&[1]]);
            let length = u8::try_from(body.len()).unwrap();
            section(&mut wasm, 10, &[&[1, length.saturating_add(1), 0], body]);
            section(&mut wasm, 11, &[&[1, 0, 0x41, 0, 0x0b, 2, 7, 8]]);
            wasm
        };
        let packed = pack(&counted(&[0x20, 0, 0x0b]), None).unwrap();
        assert_eq!(packed.data_bytes, 2);
        let sections = Parser::new(0).parse_all(&packed.wasm);
        assert!(
            sections
                .into_iter()
                .all(|payload| !matches!(payload.unwrap(), Payload::DataCountSection { .. }))
        );
        // memory.init of segment 0 with three zeros.
        let needing = counted(&[0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0, 0x20, 0, 0x0b]);
        assert!(matches!(
            pack(&needing, None).unwrap_err(),
            PackError::InvalidModule(_)
        ));
    }

    #[test]
    fn a_project_hash_becomes_the_last_section() {
        let packed = pack(&module(1, "vm_hooks"), Some([7; 32])).unwrap();
        let mut expected = module(1, "vm_hooks");
        expected.extend([0, 45, 12]);
        expected.extend(b"project_hash");
        expected.extend([7; 32]);
        assert_eq!(packed.wasm, expected);
    }

    #[test]
    fn a_default_stack_is_refused() {
        let refusal = pack(&module(17, "vm_hooks"), None).unwrap_err();
        assert!(matches!(
            refusal,
            PackError::TooManyPages { given: 17, max: 2 }
        ));
    }

    #[test]
    fn imports_that_are_no_host_functions_are_refused() {
        let refusal = pack(&module(1, "env"), None).unwrap_err();
        assert!(
            matches!(refusal, PackError::ForeignImport { module, name } if module == "env" && name == "x")
        );
    }

    #[test]
    fn a_module_without_entry_point_is_refused() {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        section(&mut wasm, 5, &[&[1, 0, 1]]);
        section(&mut wasm, 7, &[&[1, 6], b"memory", &[2, 0]]);
        assert!(matches!(
            pack(&wasm, None).unwrap_err(),
            PackError::MissingExport("user_entrypoint")
        ));
    }

    #[test]
    fn reference_types_are_refused() {
        // call_indirect with a two-byte table index, as a current compiler writes it by default.
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        section(&mut wasm, 1, &[&[1, 0x60, 0, 0]]);
        section(&mut wasm, 3, &[&[1, 0]]);
        section(&mut wasm, 4, &[&[1, 0x70, 0, 1]]);
        section(
            &mut wasm,
            10,
            &[&[1, 9, 0, 0x41, 0, 0x11, 0, 0x80, 0x80, 0x00, 0x0b]],
        );
        assert!(matches!(
            pack(&wasm, None).unwrap_err(),
            PackError::InvalidModule(_)
        ));
    }

    #[test]
    fn init_code_copies_what_follows_it() {
        let init = init_code(&[0xab; 300]);
        assert_eq!(init.len(), 43 + 300);
        assert_eq!(
            init.get(..33).unwrap(),
            [&[0x7f][..], &[0; 30], &[1, 44]].concat()
        );
        assert_eq!(
            init.get(33..43).unwrap(),
            [0x80, 0x60, 0x2b, 0x60, 0, 0x39, 0x60, 0, 0xf3, 0]
        );
    }
}
