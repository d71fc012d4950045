#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io;

use patientport_core::keys::SecretKey;
use patientport_core::record::PlaceMismatch;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::error::Class;
use crate::store::{BlobWriter, DirectoryStore};

fn place() -> Place {
    Place {
        chain_id: 412_346,
        port: Address::repeat_byte(0xaa),
        author: Address::repeat_byte(0xbb),
        section: 3.try_into().unwrap(),
        epoch: 2,
    }
}

fn key() -> SecretKey {
    SecretKey::from_bytes(&[5; 32]).unwrap()
}

fn prepare_into(store: &dyn BlobStore, payload: &[u8]) -> Result<PreparedRecord> {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let metadata = Metadata {
        title: "Title".into(),
        ..Metadata::default()
    };
    prepare_at(
        &place(),
        (Recipient::Section, &key().public()),
        &metadata,
        payload,
        store,
        &mut rng,
        |_| Ok(()),
    )
}

#[test]
fn a_record_is_noted_before_any_part_of_it_has_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::create_in(directory.path()).unwrap();
    let prepare = |note: &dyn Fn(&PreparedRecord) -> Result<()>| {
        prepare_at(
            &place(),
            (Recipient::Section, &key().public()),
            &Metadata::default(),
            &b"payload"[..],
            &store,
            &mut ChaCha20Rng::from_seed([1; 32]),
            note,
        )
    };
    let stored = |record: &PreparedRecord| {
        [record.body, record.commitment].map(|it| store.contains(&BlobId(it)).unwrap())
    };
    // Who cannot write it down has nothing stored.
    let refused = prepare(&|record| {
        let (store, blob) = (String::new(), BlobId(record.body));
        Err(StoreError::Missing { store, blob }.into())
    });
    assert!(refused.is_err());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let prepared = prepare(&|record| {
        assert_eq!(stored(record), [false; 2]);
        Ok(())
    });
    assert_eq!(stored(&prepared.unwrap()), [true; 2]);
}

#[test]
fn a_prepared_record_is_stored_whole_and_survives_its_journal() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::create_in(directory.path()).unwrap();
    let prepared = prepare_into(&store, &vec![7; 100_000]).unwrap();
    assert_eq!(
        (prepared.payload_len, prepared.section.get(), prepared.epoch),
        (100_000, 3, 2)
    );
    let head = read_head(1, prepared.commitment, &place(), &store).unwrap();
    assert_eq!(
        (head.body_hash(), head.body_len()),
        (prepared.body, prepared.body_len)
    );
    verify_body_blob(1, &head, &store).unwrap();
    let json = serde_json::to_string(&prepared).unwrap();
    assert_eq!(
        serde_json::from_str::<PreparedRecord>(&json).unwrap(),
        prepared
    );
}

#[test]
fn a_head_of_another_place_is_forged() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::create_in(directory.path()).unwrap();
    let commitment = prepare_into(&store, b"x").unwrap().commitment;
    let other = Address::repeat_byte(0xcc);
    let places = [
        Place {
            chain_id: 1,
            ..place()
        },
        Place {
            port: other,
            ..place()
        },
        Place {
            author: other,
            ..place()
        },
        Place {
            section: 4.try_into().unwrap(),
            ..place()
        },
        Place {
            epoch: 3,
            ..place()
        },
    ];
    for place in places {
        let error = read_head(1, commitment, &place, &store).unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("record.forged", Class::Refused)
        );
    }
    let author = Place {
        author: other,
        ..place()
    };
    let error = read_head(1, commitment, &author, &store).unwrap_err();
    assert!(matches!(
        error,
        Error::Forged {
            source: PlaceMismatch::Author { .. },
            ..
        }
    ));
}

#[test]
fn bytes_that_were_committed_to_and_are_no_head_are_malformed() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::create_in(directory.path()).unwrap();
    for bytes in [&b"garbage"[..], &[0; MAX_HEAD_BYTES], b""] {
        let commitment = store.put(bytes).unwrap().0;
        let error = read_head(1, commitment, &place(), &store).unwrap_err();
        assert_eq!(error.code(), "record.malformed");
    }
    let long = store.put(&[0; MAX_HEAD_BYTES + 1]).unwrap().0;
    let error = read_head(1, long, &place(), &store).unwrap_err();
    assert_eq!(error.code(), "record.commitment_mismatch");
}

/// A store on a disk that fills up after some bytes, or that stores other bytes than it was given.
#[derive(Debug)]
struct Hostile {
    room: usize,
}

impl BlobStore for Hostile {
    fn describe(&self) -> String {
        "the hostile store".into()
    }

    fn contains(&self, _: &BlobId) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(HostileWriter { room: self.room }))
    }

    fn open(&self, id: &BlobId, _: u64) -> Result<Box<dyn Read + Send>, StoreError> {
        Err(StoreError::Missing {
            store: self.describe(),
            blob: *id,
        })
    }
}

struct HostileWriter {
    room: usize,
}

impl Write for HostileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room = self
            .room
            .checked_sub(bytes.len())
            .ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter for HostileWriter {
    fn finish(self: Box<Self>) -> Result<BlobId, StoreError> {
        Ok(BlobId::of(b"something else"))
    }
}

#[test]
fn a_store_that_fills_up_is_told_as_such_at_every_point() {
    for room in [0, 65_552, 70_000] {
        let error = prepare_into(&Hostile { room }, &vec![7; 100_000]).unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("store.full", Class::Environment)
        );
    }
}

#[test]
fn a_store_that_stores_other_bytes_is_found_out_before_the_chain_hears_of_it() {
    let error = prepare_into(&Hostile { room: usize::MAX }, b"payload").unwrap_err();
    assert_eq!(error.code(), "store.corrupt_blob");
}

#[test]
fn an_input_that_cannot_be_read_or_metadata_that_does_not_fit_stores_no_head() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::create_in(directory.path()).unwrap();
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let public = key().public();
    let metadata = Metadata::default();
    let error = prepare_at(
        &place(),
        (Recipient::Section, &public),
        &metadata,
        Broken,
        &store,
        &mut rng,
        |_| Ok::<_, Error>(()),
    )
    .unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("io.read", Class::Environment)
    );
    let long = Metadata {
        title: "x".repeat(513),
        ..Metadata::default()
    };
    let error = prepare_at(
        &place(),
        (Recipient::Section, &public),
        &long,
        &b""[..],
        &store,
        &mut rng,
        |_| Ok::<_, Error>(()),
    )
    .unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("record.invalid_metadata", Class::Usage)
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
