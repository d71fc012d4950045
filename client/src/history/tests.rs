use alloy::primitives::{Bytes, keccak256};

use super::*;

fn log(topics: &[u8], data: &[u8]) -> LogData {
    let topics = topics.iter().copied().map(B256::repeat_byte).collect();
    LogData::new_unchecked(topics, Bytes::copy_from_slice(data))
}

#[test]
fn an_event_is_folded_as_the_interface_says() {
    let first = Head::default().folded(&log(&[1, 2], b"abc"), Timestamp(7));
    let mut preimage = vec![0; 32];
    let word = |preimage: &mut Vec<u8>, number: u8| {
        preimage.extend([0; 31]);
        preimage.push(number);
    };
    word(&mut preimage, 2);
    preimage.extend([1; 32]);
    preimage.extend([2; 32]);
    word(&mut preimage, 3);
    preimage.extend(b"abc");
    word(&mut preimage, 7);
    let hash = keccak256(&preimage);
    assert_eq!(first.word()[..5], [0, 0, 0, 0, 1]);
    assert_eq!(first.word()[5..], hash[5..]);
    assert_eq!(first.length(), 1);
    let second = first.folded(&log(&[], b""), Timestamp(7));
    assert_eq!(second.length(), 2);
}

#[test]
fn whatever_is_changed_about_an_event_changes_the_head() {
    let base = Head::default().folded(&log(&[9], b"0"), Timestamp(1));
    let honest = base.folded(&log(&[1, 2], b"abc"), Timestamp(7));
    let others = [
        Head::default().folded(&log(&[1, 2], b"abc"), Timestamp(7)),
        base.folded(&log(&[2, 1], b"abc"), Timestamp(7)),
        base.folded(&log(&[1], b"abc"), Timestamp(7)),
        base.folded(&log(&[1, 2, 2], b"abc"), Timestamp(7)),
        base.folded(&log(&[1, 2], b"abd"), Timestamp(7)),
        base.folded(&log(&[1, 2], b"abc\0"), Timestamp(7)),
        base.folded(&log(&[1, 2], b"abc"), Timestamp(8)),
        base.folded(&log(&[1, 2], b"abc"), Timestamp(7))
            .folded(&log(&[1, 2], b"abc"), Timestamp(7)),
        base,
    ];
    for (index, other) in others.into_iter().enumerate() {
        assert_ne!(other, honest, "{index}");
    }
}

#[test]
fn the_length_is_the_first_five_bytes() {
    let mut word = B256::repeat_byte(0xff);
    word[..5].copy_from_slice(&[1, 0, 0, 0, 2]);
    let head = Head::from_word(word);
    assert_eq!(head.length(), (1 << 32) + 2);
    let next = head.folded(&log(&[], b""), Timestamp(0));
    assert_eq!(next.length(), (1 << 32) + 3);
    assert_eq!(head.to_string().len(), 66);
}
