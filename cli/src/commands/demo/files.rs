//! The files of the demonstration: two documents and a note that come with the binary, and an
//! imaging study that is generated, because nobody wants 64 MiB in a repository.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// FHIR R4 International Patient Summary of a fictional patient.
pub(super) const PATIENT_SUMMARY: &[u8] =
    include_bytes!("../../../../examples/patient-summary.fhir.json");
/// One page laboratory report.
pub(super) const LAB_REPORT: &[u8] = include_bytes!("../../../../examples/lab-report.pdf");
/// What the patient does not want the specialist to read.
pub(super) const VISIT_NOTE: &[u8] = include_bytes!("../../../../examples/visit-note.txt");

/// Length of the generated study: 64 MiB.
pub(super) const STUDY_BYTES: u64 = 64 << 20;

/// Rows and columns of a frame.
const EDGE: u16 = 512;
/// Frames that fit into [`STUDY_BYTES`] beside the header; data set trailing padding takes the rest.
const FRAMES: u16 = 127;
/// Bytes of all frames, two per pixel.
const PIXEL_BYTES: u32 = EDGE as u32 * EDGE as u32 * FRAMES as u32 * 2;
/// UIDs below 2.25 are UUIDs and belong to nobody (ITU-T X.667 §6.3).
const INSTANCE_UID: &str = "2.25.112233445566778899001122334455667788990";

/// Writes a multi-frame CT study in DICOM's file format (PS3.10 §7.1), explicit VR little endian: the
/// same bytes on every machine.
///
/// The picture is a phantom of nested ellipses with noise of a 64-bit xorshift generator, so the file
/// compresses about as badly as a real one.
///
/// # Errors
/// The file cannot be created or written.
pub(super) fn write_study(path: &Path) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(1 << 20, File::create_new(path)?);
    let header = header();
    output.write_all(&header)?;
    let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
    let mut frame = vec![0_u8; usize::from(EDGE) * usize::from(EDGE) * 2];
    for slice in 0..FRAMES {
        fill_frame(&mut frame, slice, &mut noise);
        output.write_all(&frame)?;
    }
    // (FFFC,FFFC) OB, data set trailing padding (PS3.10 §7.2).
    let used = header.len() as u64 + u64::from(PIXEL_BYTES) + 12;
    let padding = u32::try_from(STUDY_BYTES - used).expect("one frame is less than 4 GiB");
    element_header(&mut output, 0xfffc, 0xfffc, *b"OB", padding)?;
    io::copy(
        &mut io::Read::take(io::repeat(0), padding.into()),
        &mut output,
    )?;
    output
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()
}

/// Preamble, file meta information and the data set up to and with the head of the pixel data.
fn header() -> Vec<u8> {
    let mut meta = Vec::new();
    let elements: [(u16, u16, [u8; 2], &str); 4] = [
        (0x0002, 0x0002, *b"UI", "1.2.840.10008.5.1.4.1.1.2"), // CT image storage
        (0x0002, 0x0003, *b"UI", INSTANCE_UID),
        (0x0002, 0x0010, *b"UI", "1.2.840.10008.1.2.1"), // explicit VR little endian
        (
            0x0002,
            0x0012,
            *b"UI",
            "2.25.112233445566778899001122334455667788991",
        ),
    ];
    put_long(&mut meta, 0x0002, 0x0001, *b"OB", &[0, 1]);
    for (group, number, vr, value) in elements {
        put_text(&mut meta, group, number, vr, value);
    }
    let meta_bytes = u32::try_from(meta.len()).expect("a few hundred bytes");

    let mut bytes = vec![0_u8; 128];
    bytes.extend_from_slice(b"DICM");
    put(
        &mut bytes,
        0x0002,
        0x0000,
        *b"UL",
        &meta_bytes.to_le_bytes(),
    );
    bytes.append(&mut meta);
    for (group, number, vr, value) in [
        (0x0008, 0x0016, *b"UI", "1.2.840.10008.5.1.4.1.1.2"),
        (0x0008, 0x0018, *b"UI", INSTANCE_UID),
        (0x0008, 0x0020, *b"DA", "20261029"),
        (0x0008, 0x0060, *b"CS", "CT"),
        (0x0008, 0x1030, *b"LO", "Abdomen, fictional phantom"),
        (0x0010, 0x0010, *b"PN", "Marchetti-Okafor^Elena^Rose"),
        (0x0010, 0x0020, *b"LO", "LFP-204417"),
        (0x0010, 0x0030, *b"DA", "19680412"),
        (
            0x0020,
            0x000d,
            *b"UI",
            "2.25.112233445566778899001122334455667788992",
        ),
        (
            0x0020,
            0x000e,
            *b"UI",
            "2.25.112233445566778899001122334455667788993",
        ),
        (0x0028, 0x0004, *b"CS", "MONOCHROME2"),
        (0x0028, 0x0008, *b"IS", "127"),
    ] {
        if (group, number) == (0x0028, 0x0004) {
            put(&mut bytes, 0x0028, 0x0002, *b"US", &1_u16.to_le_bytes()); // samples per pixel
        }
        put_text(&mut bytes, group, number, vr, value);
    }
    for (number, value) in [
        (0x0010, EDGE), // rows
        (0x0011, EDGE), // columns
        (0x0100, 16),   // bits allocated
        (0x0101, 12),   // bits stored
        (0x0102, 11),   // high bit
        (0x0103, 0),    // unsigned
    ] {
        put(&mut bytes, 0x0028, number, *b"US", &value.to_le_bytes());
    }
    element_header(&mut bytes, 0x7fe0, 0x0010, *b"OW", PIXEL_BYTES)
        .expect("a vector takes every write");
    bytes
}

/// One slice of the phantom: an outer and an inner ellipse whose size changes with the slice.
fn fill_frame(frame: &mut [u8], slice: u16, noise: &mut u64) {
    let swell = i64::from(slice.abs_diff(FRAMES / 2));
    let (outer, inner) = (230 - swell, 120 - swell / 2);
    for (index, pixel) in frame.chunks_exact_mut(2).enumerate() {
        let index = i64::try_from(index).expect("a frame has fewer than 2^63 pixels");
        let (x, y) = (index % i64::from(EDGE) - 256, index / i64::from(EDGE) - 256);
        let distance = x * x + y * y * 2;
        *noise ^= *noise << 13;
        *noise ^= *noise >> 7;
        *noise ^= *noise << 17;
        let tissue = if distance < inner * inner {
            1_100
        } else if distance < outer * outer {
            1_030
        } else {
            20
        };
        let value = tissue + u16::try_from(*noise >> 58).expect("six bits");
        pixel.copy_from_slice(&value.to_le_bytes());
    }
}

/// A text value, padded to even length: UIDs with zero, the rest with a space (PS3.5 §6.2).
fn put_text(bytes: &mut Vec<u8>, group: u16, number: u16, vr: [u8; 2], value: &str) {
    let mut value = value.as_bytes().to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == *b"UI" { 0 } else { b' ' });
    }
    put(bytes, group, number, vr, &value);
}

/// An element with a 16-bit length (PS3.5 §7.1.2).
fn put(bytes: &mut Vec<u8>, group: u16, number: u16, vr: [u8; 2], value: &[u8]) {
    bytes.extend_from_slice(&group.to_le_bytes());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&vr);
    let length = u16::try_from(value.len()).expect("header values are short");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(value);
}

/// An element with a 32-bit length, as OB and OW have.
fn put_long(bytes: &mut Vec<u8>, group: u16, number: u16, vr: [u8; 2], value: &[u8]) {
    let length = u32::try_from(value.len()).expect("header values are short");
    element_header(bytes, group, number, vr, length).expect("a vector takes every write");
    bytes.extend_from_slice(value);
}

/// Tag, representation, two reserved bytes and a 32-bit length (PS3.5 §7.1.2).
fn element_header(
    output: &mut impl Write,
    group: u16,
    number: u16,
    vr: [u8; 2],
    length: u32,
) -> io::Result<()> {
    output.write_all(&group.to_le_bytes())?;
    output.write_all(&number.to_le_bytes())?;
    output.write_all(&vr)?;
    output.write_all(&[0, 0])?;
    output.write_all(&length.to_le_bytes())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_study_is_64_mib_of_dicom_and_the_same_twice() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        write_study(&one).unwrap();
        write_study(&two).unwrap();
        let bytes = std::fs::read(&one).unwrap();
        assert_eq!(bytes.len() as u64, STUDY_BYTES);
        assert_eq!(&bytes[128..132], b"DICM");
        assert_eq!(
            blake3::hash(&bytes),
            blake3::hash(&std::fs::read(&two).unwrap())
        );
    }

    #[test]
    fn a_study_never_overwrites_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("study.dcm");
        std::fs::write(&path, b"mine").unwrap();
        assert_eq!(
            write_study(&path).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }
}
