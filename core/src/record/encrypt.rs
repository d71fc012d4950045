//! Writing a record.

use std::io::{Read, Write};

use rand_core::CryptoRngCore;

use super::body::{self, PayloadKey};
use super::head;
use super::key::RecordKey;
use super::{Commitment, Metadata, Place, Recipient, RecordError};
use crate::keys::PublicKey;

/// A written record: its head, and what to tell the chain. The body went to the caller's output.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The encoded head.
    pub head: Vec<u8>,
    /// What goes on chain.
    pub commitment: Commitment,
    /// Bytes of the payload.
    pub payload_len: u64,
    /// Bytes of the body.
    pub body_len: u64,
}

/// Encrypts `input` for whoever holds the secret of `recipient_key`, the section's key or, if it is stale, the
/// patient's, writing the body to `body`.
///
/// Draws the record key (32 bytes) and then the ephemeral key (32 bytes) from `rng`. Memory use is a
/// little over one and a half mebibytes, whatever the input. Where an error is returned, what `body` has received is worthless.
pub fn encrypt(
    place: &Place,
    recipient: Recipient,
    recipient_key: &PublicKey,
    metadata: &Metadata,
    input: impl Read + Send,
    body: impl Write + Send,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Envelope, RecordError> {
    // Before the input is read, which may be gigabytes.
    if place.epoch == 0 {
        return Err(RecordError::EpochZero);
    }
    metadata.check()?;

    let record_key = RecordKey::random(rng);
    let written = body::write(&PayloadKey::new(&record_key), input, body)?;
    if let Some(stated) = metadata
        .length
        .filter(|stated| *stated != written.payload_length)
    {
        return Err(RecordError::PayloadLength {
            stated,
            actual: written.payload_length,
        });
    }
    let head = head::build(
        place,
        recipient,
        recipient_key,
        metadata,
        &record_key,
        &written.body_hash,
        written.body_length,
        rng,
    )?;
    Ok(Envelope {
        commitment: Commitment::of(&head),
        head,
        payload_len: written.payload_length,
        body_len: written.body_length,
    })
}
