//! Publishing a record's ciphertext on the chain, in pieces.
//!
//! What is published stays for ever and for everybody: nobody can take it back, and whoever gets the record's key at
//! any later time can read it. It is for records that must outlive every store.

use std::collections::BTreeMap;

use alloy::primitives::{Address, Bytes};
use patientport_core::limits::MAX_PIECE_BYTES;

use crate::chain::Transaction;
use crate::error::{BlobPart, Error, Result};
use crate::history::history;
use crate::port::{Port, RecordEntry};
use crate::records;
use crate::store::{BlobId, BlobStore, pieces};

/// The most that is published of one record: 4 MiB in about 170 transactions.
pub const MAX_PUBLISHED_BYTES: u64 = 4 << 20;

/// One piece of a record's head or body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Of which blob.
    pub part: BlobPart,
    /// Its number, from 0.
    pub number: u32,
    /// The ciphertext.
    pub data: Bytes,
}

impl Piece {
    /// The transaction that publishes it; it fits into any chain's limit of 95,000 bytes.
    pub fn transaction(&self, port: &Port, record: u32) -> Transaction {
        port.publish(record, self.part, self.number, self.data.clone())
    }
}

/// A record's head and body in pieces. Blocking.
///
/// # Errors
/// [`Error::TooLargeToPublish`]; those of reading and checking the blobs.
pub fn cut(port: &Port, entry: &RecordEntry, store: &dyn BlobStore) -> Result<Vec<Piece>> {
    let head = records::fetch_head(port, entry, store)?;
    let blob = |part, id, max| {
        let bytes = store.get(&id, max);
        bytes.map_err(|error| records::blob_error(entry.id, part, error))
    };
    let head_id = BlobId(entry.commitment);
    let head_bytes = blob(BlobPart::Head, head_id, MAX_PUBLISHED_BYTES)?;
    let length = (head_bytes.len() as u64).saturating_add(head.body_len());
    if length > MAX_PUBLISHED_BYTES {
        return Err(Error::TooLargeToPublish {
            id: entry.id,
            length,
            max: MAX_PUBLISHED_BYTES,
        });
    }
    let body = blob(BlobPart::Body, BlobId(head.body_hash()), head.body_len())?;
    let mut pieces = in_pieces(BlobPart::Head, head_bytes);
    pieces.extend(in_pieces(BlobPart::Body, body));
    Ok(pieces)
}

fn in_pieces(part: BlobPart, bytes: Vec<u8>) -> Vec<Piece> {
    let bytes = Bytes::from(bytes);
    let count = bytes.len().div_ceil(MAX_PIECE_BYTES as usize);
    (0..count)
        .map(|index| {
            let start = index * MAX_PIECE_BYTES as usize;
            let end = (start + MAX_PIECE_BYTES as usize).min(bytes.len());
            Piece {
                part,
                number: u32::try_from(index).expect("there are few pieces"),
                data: bytes.slice(start..end),
            }
        })
        .collect()
}

/// Those of a record's pieces that `sender` has not published yet, with these bytes.
///
/// # Errors
/// Those of reading the port's history.
pub async fn missing(
    port: &Port,
    record: u32,
    sender: Address,
    all: Vec<Piece>,
) -> Result<Vec<Piece>> {
    let history = history(port).await?;
    let published = pieces(&history);
    let none = BTreeMap::new();
    let is_missing = |piece: &Piece| {
        let group = (record, piece.part.code(), sender);
        let there = published.get(&group).unwrap_or(&none).get(&piece.number);
        there != Some(&piece.data)
    };
    Ok(all.into_iter().filter(is_missing).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_cut_into_pieces_that_fit() {
        let most = MAX_PIECE_BYTES as usize;
        for (length, expected) in [
            (1, vec![1]),
            (most, vec![most]),
            (most + 1, vec![most, 1]),
            (2 * most, vec![most, most]),
        ] {
            let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let pieces = in_pieces(BlobPart::Body, bytes.clone());
            let lengths: Vec<_> = pieces.iter().map(|piece| piece.data.len()).collect();
            assert_eq!(lengths, expected);
            assert!(
                pieces
                    .iter()
                    .zip(0..)
                    .all(|(piece, number)| piece.number == number)
            );
            let together: Vec<u8> = pieces
                .iter()
                .flat_map(|piece| piece.data.to_vec())
                .collect();
            assert_eq!(together, bytes);
        }
    }
}
