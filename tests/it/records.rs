//! Blobs that are missing, changed, cut, swapped; input that is too large.

use patientport_tests::{TestContext, files_below, utf8};
use std::{fs, path::PathBuf};

/// Heads are at most 8,192 bytes (docs/record-format.md §4); these records have larger bodies.
const HEAD_MAX: u64 = 8_192;

/// The stored blobs as (heads, bodies).
fn blobs(context: &TestContext) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (heads, bodies): (Vec<_>, Vec<_>) = files_below(&context.primary.store)
        .into_iter()
        .partition(|(_, length)| *length <= HEAD_MAX);
    let paths = |files: Vec<(PathBuf, u64)>| files.into_iter().map(|(path, _)| path).collect();
    (paths(heads), paths(bodies))
}

/// The specialist asks for record `id`, is refused with `code`, and no file appears.
#[track_caller]
fn assert_unreadable(context: &TestContext, id: &str, code: &str) {
    let out = context.path("out");
    let before = files_below(context.directory());
    context
        .specialist
        .run(&format!(
            "record get {id} --port {} -o {}",
            context.port,
            utf8(&out)
        ))
        .failure(1, code);
    let new: Vec<_> = files_below(context.directory())
        .into_iter()
        .filter(|file| !before.contains(file) && !file.0.starts_with(&context.specialist.home))
        .collect();
    assert_eq!(new, [], "a refused run leaves no file");
    // Standard output stays empty, too.
    let run = patientport_tests::Run::of(
        &mut context
            .specialist
            .command(&format!("record get {id} --port {}", context.port)),
    );
    assert_eq!(
        (run.exit_code, run.stdout.len()),
        (Some(1), 0),
        "{}",
        run.stderr
    );
}

fn long_content() -> Vec<u8> {
    (0..200_000_u32)
        .map(|n| u8::try_from(n % 251).expect("below 251"))
        .collect()
}

#[test]
fn a_missing_blob_is_named() {
    let context = TestContext::with_reader(&long_content());
    let (heads, bodies) = blobs(&context);
    assert_eq!(
        (heads.len(), bodies.len()),
        (1, 1),
        "one record is two blobs"
    );
    for path in heads.iter().chain(&bodies) {
        let blob = fs::read(path).expect("a blob is readable");
        fs::remove_file(path).expect("a blob can be removed");
        assert_unreadable(&context, "1", "record.missing_blob");
        fs::write(path, blob).expect("a blob can be put back");
    }
    context
        .specialist
        .ok(&format!("record verify 1 --port {}", context.port));
}

#[test]
fn a_blob_with_any_byte_changed_is_refused() {
    let context = TestContext::with_reader(&long_content());
    let (heads, bodies) = blobs(&context);
    for path in heads.iter().chain(&bodies) {
        let original = fs::read(path).expect("a blob is readable");
        // The edges of blob and chunks, and some of the middle.
        let last = original.len() - 1;
        for position in [0, 8, 128, 200, last / 2, 65_551, 65_552, last]
            .into_iter()
            .filter(|p| *p <= last)
        {
            let mut changed = original.clone();
            changed[position] ^= 1;
            replace(path, &changed);
            assert_unreadable(&context, "1", "record.commitment_mismatch");
        }
        replace(path, &original);
    }
    context
        .specialist
        .ok(&format!("record verify 1 --port {}", context.port));
}

#[test]
fn a_truncated_or_extended_blob_is_refused() {
    let context = TestContext::with_reader(&long_content());
    let (heads, bodies) = blobs(&context);
    for path in heads.iter().chain(&bodies) {
        let original = fs::read(path).expect("a blob is readable");
        let mut longer = original.clone();
        longer.push(0);
        for changed in [
            &original[..0],
            &original[..original.len() / 2],
            &original[..original.len() - 1],
            &longer,
        ] {
            replace(path, changed);
            assert_unreadable(&context, "1", "record.commitment_mismatch");
        }
        replace(path, &original);
    }
}

#[test]
fn blobs_swapped_between_records_are_refused() {
    let context = TestContext::with_reader(&long_content());
    let first = blobs(&context);
    let mut other = long_content();
    other.reverse();
    context.add_record("second.bin", &other);
    let both = blobs(&context);
    assert_eq!((both.0.len(), both.1.len()), (2, 2));
    for (all, first) in [(both.0, first.0), (both.1, first.1)] {
        let second = all
            .iter()
            .find(|path| **path != first[0])
            .expect("there are two");
        let (a, b) = (fs::read(&first[0]), fs::read(second));
        let (a, b) = (
            a.expect("a blob is readable"),
            b.expect("a blob is readable"),
        );
        replace(&first[0], &b);
        replace(second, &a);
        assert_unreadable(&context, "1", "record.commitment_mismatch");
        assert_unreadable(&context, "2", "record.commitment_mismatch");
        replace(&first[0], &a);
        replace(second, &b);
    }
}

#[test]
fn an_output_file_is_never_overwritten_unasked() {
    let context = TestContext::with_reader(b"first");
    let out = context.file("precious.txt", b"precious");
    let get = format!("record get 1 --port {} -o {}", context.port, utf8(&out));
    context.specialist.run(&get).failure(2, "output.exists");
    assert_eq!(
        fs::read(&out).expect("the file is still there"),
        b"precious"
    );
    context.specialist.ok(&format!("{get} --force"));
    assert_eq!(fs::read(&out).expect("the file is still there"), b"first");
}

#[test]
fn oversize_input_is_refused_before_anything_is_stored_or_sent() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let before = context.sent();
    let long = |length| "x".repeat(length);

    // docs/record-format.md §4: metadata fields hold at most 512 bytes.
    context
        .primary
        .run(&format!(
            "record add {} --port {} --section 0 --title {}",
            utf8(&file),
            context.port,
            long(513)
        ))
        .failure(2, "record.invalid_metadata");
    context
        .primary
        .run(&format!(
            "record add {} --port {} --section 0 --note {}",
            utf8(&file),
            context.port,
            long(513)
        ))
        .failure(2, "record.invalid_metadata");
    // §3: texts hold at most 4 KiB.
    context
        .specialist
        .run(&format!(
            "request send --port {} --section 0 --until 30d --text {}",
            context.port,
            long(5_000)
        ))
        .failure(2, "message.invalid_text");
    // A profile holds at most 1 KiB.
    context
        .stranger
        .run(&format!(
            "provider register --kind clinic --name {}",
            long(1_100)
        ))
        .failure(2, "input.invalid");
    // §2: section names hold at most 64 bytes.
    context
        .patient
        .run(&format!("access rotate --section 5:{}", long(65)))
        .failure(2, "usage.arguments");

    assert_eq!(context.sent(), before);
    assert_eq!(files_below(&context.primary.store), []);
}

#[test]
fn a_section_or_record_that_does_not_exist_is_named() {
    let context = TestContext::with_reader(b"first");
    let file = context.file("note.txt", b"note");
    context
        .primary
        .run(&format!(
            "record add {} --port {} --section 7",
            utf8(&file),
            context.port
        ))
        .failure(1, "section.not_open");
    let out = context.path("out");
    context
        .specialist
        .run(&format!(
            "record get 2 --port {} -o {}",
            context.port,
            utf8(&out)
        ))
        .failure(1, "record.unknown");
    assert!(!out.exists());
}

#[test]
fn a_retracted_record_says_so() {
    let context = TestContext::with_reader(b"first");
    context
        .specialist
        .run(&format!(
            "record retract 1 --port {} --reason entered-in-error",
            context.port
        ))
        .failure(1, "access.denied");
    context.primary.ok(&format!(
        "record retract 1 --port {} --reason entered-in-error",
        context.port
    ));
    let listed = context.patient.ok("record list");
    assert_eq!(listed["records"][0]["state"], "retracted", "{listed:#}");
    context
        .primary
        .run(&format!(
            "record retract 1 --port {} --reason entered-in-error",
            context.port
        ))
        .failure(1, "record.not_current");
}

/// Overwrites a blob; stores keep their files read-only for good reason.
fn replace(path: &PathBuf, content: &[u8]) {
    fs::remove_file(path).expect("a blob can be removed");
    fs::write(path, content).expect("a blob can be written");
}
