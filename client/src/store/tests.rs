#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::*;
use crate::error::Class;

fn store() -> (tempfile::TempDir, DirectoryStore) {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::create_in(directory.path().join("blobs")).unwrap();
    (directory, store)
}

/// Every file below a directory.
fn files(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn blobs_come_back_under_their_hash() {
    let (_directory, store) = store();
    for blob in [&b""[..], b"x", vec![7; 300_000].as_slice()] {
        let id = store.put(blob).unwrap();
        assert_eq!(id, BlobId::of(blob));
        assert!(store.contains(&id).unwrap());
        assert_eq!(store.get(&id, 300_000).unwrap(), blob);
    }
    assert_eq!(files(store.root()).len(), 3);
}

#[test]
fn storing_again_changes_nothing_and_repairs_damage() {
    let (_directory, store) = store();
    let id = store.put(b"payload").unwrap();
    let path = store.path_of(&id);
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    store.put(b"payload").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    for damage in [&b"paYload"[..], b"pay", b""] {
        fs::write(&path, damage).unwrap();
        assert!(matches!(store.get(&id, 100), Err(StoreError::Corrupt { blob, .. }) if blob == id));
        store.put(b"payload").unwrap();
        assert_eq!(store.get(&id, 100).unwrap(), b"payload");
    }
    assert_eq!(files(store.root()), [path]);
}

#[test]
fn an_unfinished_blob_leaves_nothing_behind() {
    let (_directory, store) = store();
    let mut writer = store.create().unwrap();
    writer.write_all(&vec![1; 200_000]).unwrap();
    writer.flush().unwrap();
    assert_eq!(files(store.root()).len(), 1);
    drop(writer);
    assert!(files(store.root()).is_empty());
}

#[test]
fn a_missing_blob_is_named_with_its_store() {
    let (_directory, store) = store();
    let id = BlobId::of(b"nowhere");
    assert!(!store.contains(&id).unwrap());
    let error = store.get(&id, 10).unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("store.missing_blob", Class::Refused)
    );
    let text = error.to_string();
    assert!(
        text.contains(&id.to_string()) && text.contains("blobs"),
        "{text}"
    );
}

#[test]
fn a_blob_longer_than_it_may_be_is_refused_without_reading_it_all() {
    let (_directory, store) = store();
    let id = store.put(&[0; 1_000]).unwrap();
    assert!(matches!(
        store.get(&id, 999),
        Err(StoreError::TooLong { max: 999, .. })
    ));
    assert_eq!(store.get(&id, 1_000).unwrap().len(), 1_000);
}

#[test]
fn a_file_where_the_store_should_be_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, b"").unwrap();
    let error = DirectoryStore::open(&path).unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("store.not_a_directory", Class::Usage)
    );
    let below = DirectoryStore::create_in(path.join("below")).unwrap_err();
    assert_eq!(
        (below.code(), below.class()),
        ("store.io", Class::Environment)
    );
}

#[test]
fn a_store_that_vanished_or_is_blocked_fails_as_environment() {
    let (_directory, store) = store();
    let blob = BlobId::of(b"payload");
    // A file stands where the blob's directory belongs.
    fs::write(store.root().join(&blob.to_string()[..2]), b"").unwrap();
    let error = store.put(b"payload").unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("store.io", Class::Environment)
    );
    assert_eq!(
        files(store.root()).len(),
        1,
        "a failed blob left something behind"
    );
    fs::remove_dir_all(store.root()).unwrap();
    let error = store.put(b"payload").unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("store.io", Class::Environment)
    );
    assert_eq!(
        store.get(&blob, 10).unwrap_err().code(),
        "store.missing_blob"
    );
}

#[test]
fn a_full_disk_is_told_as_such() {
    let error = StoreError::Io {
        store: "the store `x`".into(),
        action: "write to",
        blob: None,
        source: io::Error::from(io::ErrorKind::StorageFull),
    };
    assert_eq!(
        (error.code(), error.class()),
        ("store.full", Class::Environment)
    );
    assert_eq!(error.to_string(), "cannot write to the store `x`");
}

/// The device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn running_out_of_space_while_writing_is_a_full_store() {
    let mut full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let source = full.write_all(b"payload").unwrap_err();
    let error = StoreError::Io {
        store: String::new(),
        action: "write to",
        blob: None,
        source,
    };
    assert_eq!(error.code(), "store.full");
}

#[cfg(unix)]
#[test]
fn blobs_can_be_read_by_those_who_share_the_directory() {
    use std::os::unix::fs::PermissionsExt;
    let (_directory, store) = store();
    let id = store.put(b"payload").unwrap();
    assert_eq!(
        fs::metadata(store.path_of(&id))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o644
    );
}

#[test]
fn a_directory_is_made_by_writing_and_not_by_reading() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blobs");
    let reader = DirectoryStore::open(&path).unwrap();
    let id = BlobId::of(b"payload");
    assert!(!reader.contains(&id).unwrap() && !reader.delete(&id).unwrap());
    assert_eq!(
        reader.get(&id, 10).unwrap_err().code(),
        "store.missing_blob"
    );
    assert!(!path.exists());
    DirectoryStore::create_in(&path).unwrap();
    assert!(path.is_dir());
}

#[test]
fn deleting_says_whether_there_was_anything() {
    let (_directory, store) = store();
    let (one, other) = (store.put(b"one").unwrap(), store.put(b"other").unwrap());
    assert!(store.delete(&one).unwrap());
    assert!(!store.delete(&one).unwrap());
    assert_eq!(files(store.root()), [store.path_of(&other)]);
}

#[test]
fn a_part_is_exactly_what_was_asked_for() {
    let (_directory, store) = store();
    let blob: Vec<u8> = (0..=u8::MAX).collect();
    let id = store.put(&blob).unwrap();
    for range in [0..0, 0..1, 5..250, 0..256, 255..256] {
        let expected: Vec<u8> = range.clone().map(|at| u8::try_from(at).unwrap()).collect();
        assert_eq!(store.read_range(&id, range).unwrap(), expected);
    }
    for range in [0..257, 256..257, 1_000..1_001] {
        let error = store.read_range(&id, range).unwrap_err();
        assert_eq!(error.code(), "store.corrupt_blob");
    }
}

#[test]
fn an_upload_stores_what_the_name_stands_for_and_repairs_damage() {
    let (directory, store) = store();
    let source = directory.path().join("source");
    fs::write(&source, b"payload").unwrap();
    let id = BlobId::of(b"payload");
    store.upload(&id, &source, 7).unwrap();
    assert!(store.is_intact(&id, 7).unwrap());
    assert!(!store.is_intact(&id, 6).unwrap() && !store.is_intact(&id, 8).unwrap());
    fs::write(store.path_of(&id), b"paYload").unwrap();
    assert!(!store.is_intact(&id, 7).unwrap());
    store.upload(&id, &source, 7).unwrap();
    assert_eq!(store.get(&id, 7).unwrap(), b"payload");
    fs::write(&source, b"something else").unwrap();
    let other = BlobId::of(b"payload 2");
    let error = store.upload(&other, &source, 14).unwrap_err();
    assert_eq!(error.code(), "store.corrupt_blob");
    assert!(!store.contains(&other).unwrap());
}

#[test]
fn what_several_stores_said_is_told_in_full_and_judged_by_what_tells_most() {
    let blob = BlobId::of(b"x");
    let missing = |store: &str| StoreError::Missing {
        store: store.into(),
        blob,
    };
    let corrupt = StoreError::Corrupt {
        store: "the damaged store".into(),
        blob,
    };
    let refused = StoreError::Refused {
        store: "the closed store".into(),
        action: "fetch",
        blob,
        status: 403,
    };
    let absent = || StoreError::Absent {
        what: "there is no endpoint".into(),
    };
    let code = |failures| StoreError::nowhere(blob, failures).code();
    assert_eq!(code(vec![missing("a"), missing("b")]), "store.missing_blob");
    assert_eq!(code(vec![absent(), absent()]), "store.missing_blob");
    // A store alone speaks for itself.
    assert!(matches!(
        StoreError::nowhere(blob, vec![missing("a"), absent()]),
        StoreError::Missing { store, .. } if store == "a"
    ));
    let both = StoreError::nowhere(blob, vec![missing("a"), refused, absent()]);
    assert_eq!(
        (both.code(), both.class()),
        ("store.refused", Class::Environment)
    );
    let all = StoreError::nowhere(blob, vec![both, corrupt]);
    assert_eq!(
        (all.code(), all.class()),
        ("store.corrupt_blob", Class::Refused)
    );
    let text = all.whole();
    assert!(
        text.contains("closed") && text.contains("damaged"),
        "{text}"
    );
    assert!(!text.contains("endpoint"), "{text}");
}

#[test]
fn what_a_killed_process_left_long_ago_is_swept_away() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::create_in(directory.path()).unwrap();
    let blob = store.path_of(&store.put(b"blob").unwrap());
    let [old, new, other] =
        [".incoming-old", ".incoming-new", "notes"].map(|it| directory.path().join(it));
    for path in [&old, &new, &other] {
        std::fs::write(path, b"half").unwrap();
    }
    let past = std::time::SystemTime::now() - std::time::Duration::from_hours(25);
    for path in [&old, &other, &blob] {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(past).unwrap();
    }
    DirectoryStore::create_in(directory.path()).unwrap();
    assert_eq!(
        [old, new, other, blob].map(|path| path.exists()),
        [false, true, true, true]
    );
}
