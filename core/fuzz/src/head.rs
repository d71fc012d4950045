//! Heads: their layout, and what an author can put into one.

use patientport_core::failure::FailureClass;
use patientport_core::keys::PublicKey;
use patientport_core::record::{
    Commitment, Head, MAX_HEAD_BYTES, Metadata, Recipient, RecordError,
};

use crate::forge::{self, Fields, SECTION};
use crate::input::Input;

/// Runs an input: 128 and above is a head as it is, others say what its author wrote and what was altered then.
pub fn head(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    if flags >= 128 {
        as_it_is(input.rest());
    } else {
        forged(flags, &mut input);
    }
}

/// The fields of a head by their offsets in the document.
fn layout(head: &[u8]) -> Result<(), FailureClass> {
    let ok = |condition: bool| condition.then_some(()).ok_or(FailureClass::Malformed);
    ok(head.len() <= MAX_HEAD_BYTES && head.len() >= 10 && head.starts_with(b"PPORTREC"))?;
    if head[8] != 1 || head[9] != 1 {
        return Err(FailureClass::UnsupportedVersion);
    }
    ok(head.len() > 251)?;
    ok(head[58] < 64 && head[59..63] != [0; 4] && head[63] < 2)?;
    ok(PublicKey::from_sec1(&head[64..129]).is_ok())?;
    ok(is_body_length(u64::from_be_bytes(
        head[241..249].try_into().unwrap(),
    )))?;
    let metadata = usize::from(u16::from_be_bytes([head[249], head[250]]));
    ok(metadata == head.len() - 251 && metadata > 16 && metadata % 512 == 16)
}

/// Whether chunks of 65,552 bytes, the last of 17 and more, hold a stream of Padmé length.
fn is_body_length(body: u64) -> bool {
    let (full, last) = (body / 65_552, body % 65_552);
    if last != 0 && last < 17 {
        return false;
    }
    let stream = full * 65_536 + last.saturating_sub(16);
    stream >= 8 && stream.is_multiple_of(forge::padme_unit(stream))
}

fn as_it_is(bytes: &[u8]) {
    match Head::parse(bytes) {
        Err(error) => {
            let class = error.class().unwrap();
            assert_eq!(layout(bytes), Err(class));
        }
        Ok(head) => {
            assert_eq!(layout(bytes), Ok(()));
            faithful(&head, bytes);
            match head.unlock(&SECTION) {
                // One of the vectors.
                Ok(opened) => assert!(opened.metadata().check().is_ok()),
                Err(RecordError::AuthenticationFailed | RecordError::Malformed(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// What a parsed head says is what its bytes say.
fn faithful(head: &Head, bytes: &[u8]) {
    let place = head.place();
    assert_eq!(head.as_bytes(), bytes);
    assert_eq!(head.commitment(), Commitment::of(bytes));
    assert_eq!(place.chain_id.to_be_bytes(), bytes[10..18]);
    assert_eq!(place.port, bytes[18..38]);
    assert_eq!(place.author, bytes[38..58]);
    assert_eq!(place.section.get(), bytes[58]);
    assert_eq!(place.epoch.to_be_bytes(), bytes[59..63]);
    assert_eq!(head.recipient() as u8, bytes[63]);
    assert_eq!(head.body_hash(), bytes[209..241]);
    assert_eq!(head.body_len().to_be_bytes(), bytes[241..249]);
}

fn forged(flags: u8, input: &mut Input<'_>) {
    let body = forge::body(&forge::stream(b"payload"));
    let usual = Fields::usual(&body);
    let mut fields = usual.clone();
    let edits = flags & 7;
    if flags & 8 != 0 {
        fields.version = input.byte();
        fields.suite = input.byte();
    }
    if flags & 16 != 0 {
        fields.chain_id = input.u64();
        fields.port = input.array().into();
        fields.author = input.array().into();
    }
    if flags & 32 != 0 {
        fields.section = input.byte();
        fields.epoch = input.u32();
        fields.recipient = input.byte();
    }
    if flags & 64 != 0 {
        fields.body_hash = input.array();
        fields.body_length = input.u64();
    }
    let metadata = forge::padded(&serde_json::to_vec(&Metadata::default()).unwrap());
    let written = fields.close(&fields.opening(), &metadata);
    let mut head = written.clone();
    for _ in 0..edits {
        let (position, mask) = (usize::from(input.u16()), input.byte());
        let length = head.len();
        match mask {
            0 => head.truncate(position),
            1 => head.resize(length + position % 600, 0),
            _ if length > 0 => head[position % length] ^= mask,
            _ => {}
        }
    }

    let parsed = Head::parse(&head);
    let found = parsed
        .as_ref()
        .map(drop)
        .map_err(|error| error.class().unwrap());
    assert_eq!(found, layout(&head));
    let Ok(parsed) = parsed else { return };
    faithful(&parsed, &head);
    let opened = parsed.unlock(&SECTION);
    if head == written {
        // Sealed to this key, whoever the head says it is for.
        let opened = opened.unwrap();
        assert_eq!(opened.place(), parsed.place());
        assert_eq!(opened.metadata(), &Metadata::default());
        let read = opened.verify_body(body.as_slice());
        if fields.body_hash == usual.body_hash && fields.body_length == usual.body_length {
            assert_eq!(read.unwrap(), 7);
        } else {
            let class = read.unwrap_err().class();
            assert_eq!(class, Some(FailureClass::CommitmentMismatch));
        }
        assert!(matches!(
            parsed.recipient(),
            Recipient::Section | Recipient::Patient
        ));
    } else {
        let class = opened.err().and_then(|error| error.class());
        assert_eq!(class, Some(FailureClass::AuthenticationFailed));
    }
}
