//! Records on one core and on several, which take different ways: the bytes and the refusals are the same.

use patientport_core::failure::FailureClass;
use rayon::ThreadPoolBuilder;

use crate::common::{class, record};

/// Runs a closure with one thread and with three.
fn on_cores(test: impl Fn() + Sync) {
    for threads in [1, 3] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(&test);
    }
}

#[test]
fn one_core_and_several_write_and_read_the_same() {
    // Less than a batch, exactly one, one and its trailer, several.
    for length in [0, 70_000, (1 << 19) - 8, 1 << 19, (5 << 19) + 3] {
        let reference = record(3, length);
        on_cores(|| {
            let record = record(3, length);
            assert_eq!(record.envelope, reference.envelope);
            assert!(record.body == reference.body, "body of {length} bytes");
            let mut payload = Vec::new();
            let opened = reference.opened();
            let result = opened.decrypt_body(reference.body.as_slice(), &mut payload);
            assert_eq!(result.unwrap(), length as u64);
            assert!(payload == reference.payload, "payload of {length} bytes");
        });
    }
}

/// R1, R2, R4, in the first, the middle and the last batch.
#[test]
fn an_altered_byte_is_refused_alike_wherever_it_is() {
    let mut reference = record(4, 5 << 19);
    let positions = [0, reference.body.len() / 2, reference.body.len() - 1];
    for position in positions {
        reference.body[position] ^= 1;
        on_cores(|| {
            let mut released = Vec::new();
            let result = reference
                .opened()
                .decrypt_body(reference.body.as_slice(), &mut released);
            assert_eq!(class(result), FailureClass::CommitmentMismatch);
            assert!(released.len() <= position, "{} bytes", released.len());
            assert!(reference.payload.starts_with(&released));
        });
        reference.body[position] ^= 1;
    }
}

/// R2: nothing of a body under another key is released, whether or not it is the one that the head names.
#[test]
fn a_body_under_another_key_releases_nothing() {
    let (record, other) = (record(5, 3 << 19), record(6, 3 << 19));
    let opened = record.opened();
    on_cores(|| {
        let mut released = Vec::new();
        let result = opened.decrypt_body(other.body.as_slice(), &mut released);
        assert_eq!(class(result), FailureClass::CommitmentMismatch);
        assert!(released.is_empty());
    });
}
