//! Whole records: a head, and the body that it names or does not.

use patientport_core::failure::FailureClass;
use patientport_core::record::{Commitment, Head, Metadata, Recipient, RecordError, encrypt};

use crate::forge::{self, CHUNK, KEY, SECTION};
use crate::input::{FixedRng, Input};

/// Longer than a batch of the reader, so that it takes its ways for long records too.
const MAX_STREAM: usize = 600_000;

/// Runs an input: 128 and above is a head and a body as they are, others say what an author and a host did.
pub fn record(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    if flags >= 128 {
        let length = usize::from(input.u16());
        let head = input.take(length);
        as_they_are(head, input.rest());
    } else {
        forged(flags, &mut input);
    }
}

/// No input can be authentic but those that were made of the vectors.
fn as_they_are(head: &[u8], body: &[u8]) {
    let read = || -> Result<(Metadata, Vec<u8>), RecordError> {
        let opened = Head::parse(head)?.unlock(&SECTION)?;
        let mut payload = Vec::new();
        let length = opened.decrypt_body(body, &mut payload)?;
        assert_eq!(length, payload.len() as u64);
        Ok((opened.metadata().clone(), payload))
    };
    match read() {
        Ok((metadata, payload)) => write_again(&metadata, &payload, head, body),
        Err(error) => assert!(error.class().is_some(), "a refusal has a class: {error}"),
    }
}

/// What opened is what [`encrypt`] writes: the body for certain, and the head where its JSON is the writer's.
fn write_again(metadata: &Metadata, payload: &[u8], head: &[u8], body: &[u8]) {
    let mut again = Vec::new();
    let parsed = Head::parse(head).unwrap();
    if parsed.recipient() != Recipient::Section {
        return;
    }
    let mut rng = FixedRng([forge::RECORD_KEY, forge::RECORD_EPHEMERAL].concat());
    let envelope = encrypt(
        parsed.place(),
        Recipient::Section,
        &SECTION.public(),
        metadata,
        payload,
        &mut again,
        &mut rng,
    )
    .unwrap();
    assert!(again == body, "the body is another");
    assert_eq!(envelope.head[..249], head[..249]);
    assert_eq!(envelope.commitment, Commitment::of(&envelope.head));
}

/// What the author wrote and the host did.
fn forged(flags: u8, input: &mut Input<'_>) {
    let (swapped, flipped, altered) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
    let metadata_states = flags >> 3 & 3;
    let (stated, position, mask) = (input.u64(), input.u32() as usize, input.byte());
    let (start, count) = (input.u32(), input.u32());
    let text = input.unpack(MAX_STREAM);
    let stream = if flags & 32 == 0 {
        forge::stream(&text)
    } else {
        text
    };

    let mut chunks = forge::chunks(&stream);
    let mut tampered = false;
    if swapped && chunks.len() > 2 {
        chunks.swap(0, 1);
        tampered = true;
    }
    let mut body = chunks.concat();
    if flipped && !body.is_empty() && mask != 0 {
        let position = position % body.len();
        body[position] ^= mask;
        tampered = true;
    }
    let payload = forge::payload(&stream);
    let length_stated = match metadata_states {
        0 => None,
        1 => Some(stated),
        _ => payload.map(|payload| payload.len() as u64),
    };
    let metadata = Metadata {
        length: length_stated,
        ..Metadata::default()
    };
    let head = forge::head(
        &body,
        &forge::padded(&serde_json::to_vec(&metadata).unwrap()),
    );
    // From here on the host.
    let mut delivered = body.clone();
    if altered {
        match mask % 4 {
            0 => delivered.truncate(position % (body.len() + 1)),
            1 => delivered.push(mask),
            _ if !body.is_empty() => delivered[position % body.len()] ^= mask,
            _ => {}
        }
    }

    let length = stream.len() as u64;
    let possible = length >= 8 && forge::padme(length) == length;
    let holds = |stated: u64| stated < 1 << 32 && forge::padme(stated + 8) == length;
    let expected = if !possible || length_stated.is_some_and(|stated| !holds(stated)) {
        Err(FailureClass::Malformed)
    } else if delivered != body {
        Err(FailureClass::CommitmentMismatch)
    } else if tampered {
        Err(FailureClass::AuthenticationFailed)
    } else {
        payload
            .filter(|payload| length_stated.is_none_or(|stated| stated == payload.len() as u64))
            .ok_or(FailureClass::Malformed)
    };

    let mut released = Vec::new();
    let mut verified = None;
    let mut read = || -> Result<u64, RecordError> {
        let opened = Head::parse(&head)?.unlock_with(&KEY)?;
        verified = Some(class(opened.verify_body(delivered.as_slice())));
        opened.decrypt_body(delivered.as_slice(), &mut released)
    };
    let found = class(read());
    assert_eq!(found, expected.map(|payload| payload.len() as u64));
    assert!(verified.is_none_or(|verified| verified == found));
    match expected {
        Ok(payload) => {
            assert!(released == payload, "another payload");
            write_again(&metadata, payload, &head, &body);
            let from = u64::from(start) % (length + 1);
            range(&head, &body, payload, from..from + u64::from(count));
        }
        Err(class) => {
            assert!(stream.starts_with(&released), "what was never sealed");
            // Of a body that is not the author's, the last chunk stays shut.
            if class == FailureClass::CommitmentMismatch || tampered {
                let last = stream.len().div_ceil(CHUNK) - 1;
                assert!(released.len() <= last * CHUNK);
            }
        }
    }
}

fn class(result: Result<u64, RecordError>) -> Result<u64, FailureClass> {
    result.map_err(|error| error.class().expect("a refusal has a class"))
}

/// A part opens to what stands there in the whole.
fn range(head: &[u8], body: &[u8], payload: &[u8], part: std::ops::Range<u64>) {
    let opened = Head::parse(head).unwrap().unlock_with(&KEY).unwrap();
    let expected = opened.metadata().length.and_then(|length| {
        let end = part.end.min(length);
        (part.start < end).then_some(part.start as usize..end as usize)
    });
    let Some(range) = opened.range(part) else {
        assert!(expected.is_none(), "a part that is there");
        return;
    };
    let needed = range.body().start as usize..range.body().end as usize;
    let part = opened.decrypt_range(&range, &body[needed]).unwrap();
    assert!(*part == payload[expected.unwrap()], "another part");
}
