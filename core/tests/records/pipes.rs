//! Records through readers and writers that trickle, fail or never end.

use std::io::{self, Read, Write};

use patientport_core::failure::FailureClass;
use patientport_core::keys::SecretKey;
use patientport_core::record::{Commitment, Metadata, Place, Recipient, RecordError, encrypt};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::common::{class, place, record};

#[test]
fn what_cannot_be_written_is_refused_before_the_input_is_read() {
    struct Untouchable;
    impl Read for Untouchable {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("the input was read")
        }
    }
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let key = SecretKey::random(&mut rng).public();
    let zero = Place {
        epoch: 0,
        ..place()
    };
    let error = encrypt(
        &zero,
        Recipient::Section,
        &key,
        &Metadata::default(),
        Untouchable,
        io::sink(),
        &mut rng,
    )
    .unwrap_err();
    assert!(matches!(error, RecordError::EpochZero));
    let long = Metadata {
        title: "t".repeat(513),
        ..Metadata::default()
    };
    let error = encrypt(
        &place(),
        Recipient::Section,
        &key,
        &long,
        Untouchable,
        io::sink(),
        &mut rng,
    )
    .unwrap_err();
    assert!(matches!(error, RecordError::Metadata(_)));
}

#[test]
fn an_input_that_changed_its_length_is_noticed() {
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let key = SecretKey::random(&mut rng).public();
    let metadata = Metadata {
        length: Some(5),
        ..Metadata::default()
    };
    for payload in [&b"four"[..], b"sixsix"] {
        let error = encrypt(
            &place(),
            Recipient::Section,
            &key,
            &metadata,
            payload,
            io::sink(),
            &mut rng,
        )
        .unwrap_err();
        let actual = payload.len() as u64;
        assert!(
            matches!(error, RecordError::PayloadLength { stated: 5, actual: found } if found == actual)
        );
    }
}

/// Gives or takes a few bytes at a time, with interruptions.
struct Trickle<T> {
    inner: T,
    calls: usize,
}

impl<T> Trickle<T> {
    fn interrupted(&mut self) -> io::Result<()> {
        self.calls += 1;
        if self.calls.is_multiple_of(3) {
            Err(io::ErrorKind::Interrupted.into())
        } else {
            Ok(())
        }
    }
}

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted()?;
        let length = buffer.len().min(1 + self.calls % 5000);
        self.inner.read(&mut buffer[..length])
    }
}

impl<W: Write> Write for Trickle<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.interrupted()?;
        self.inner
            .write(&buffer[..buffer.len().min(1 + self.calls % 5000)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[test]
fn pipes_that_trickle_change_nothing() {
    let whole = record(8, 150_000);
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let secret = SecretKey::random(&mut rng);
    let metadata = whole.opened().metadata().clone();
    let mut body = Trickle {
        inner: Vec::new(),
        calls: 0,
    };
    let input = Trickle {
        inner: whole.payload.as_slice(),
        calls: 0,
    };
    let envelope = encrypt(
        &place(),
        Recipient::Section,
        &secret.public(),
        &metadata,
        input,
        &mut body,
        &mut rng,
    )
    .unwrap();
    assert_eq!(envelope, whole.envelope);
    assert!(body.inner == whole.body);

    let mut payload = Trickle {
        inner: Vec::new(),
        calls: 0,
    };
    let body = Trickle {
        inner: whole.body.as_slice(),
        calls: 0,
    };
    whole.opened().decrypt_body(body, &mut payload).unwrap();
    assert!(payload.inner == whole.payload);
}

#[test]
fn failing_files_are_told_apart() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let record = record(8, 1000);
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let key = record.secret.public();
    let encrypted =
        |input: &mut (dyn Read + Send), body: &mut (dyn Write + Send), rng: &mut ChaCha20Rng| {
            encrypt(
                &place(),
                Recipient::Section,
                &key,
                &Metadata::default(),
                input,
                body,
                rng,
            )
            .unwrap_err()
        };
    assert!(matches!(
        encrypted(&mut &b"x"[..], &mut Full, &mut rng),
        RecordError::Write(_)
    ));
    assert!(matches!(
        encrypted(&mut Broken, &mut Vec::new(), &mut rng),
        RecordError::Read(_)
    ));
    let opened = record.opened();
    assert!(matches!(
        opened.decrypt_body(record.body.as_slice(), Full),
        Err(RecordError::Write(_))
    ));
    assert!(matches!(
        opened.decrypt_body(Broken, Vec::new()),
        Err(RecordError::Read(_))
    ));
}

/// A host that never stops sending is cut off one byte after the stated length.
#[test]
fn reading_is_bounded_by_the_stated_length() {
    struct Counted(u64);
    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += buffer.len() as u64;
            Ok(buffer.len())
        }
    }
    let record = record(8, 100_000);
    let mut endless = Counted(0);
    assert_eq!(
        class(record.opened().verify_body(&mut endless)),
        FailureClass::CommitmentMismatch
    );
    assert_eq!(endless.0, record.body.len() as u64 + 1);
}

#[test]
fn commitments_are_blake3_of_the_head() {
    let record = record(8, 1);
    assert_eq!(
        Commitment::of(&record.envelope.head).0,
        *blake3::hash(&record.envelope.head).as_bytes()
    );
}
