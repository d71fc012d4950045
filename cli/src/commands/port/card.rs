//! `patientport port card`: what a patient gives to providers, so that no node can show them another port.

use std::io::{self, IsTerminal as _};

use alloy::primitives::Address;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde::Serialize;

use crate::args::port::CardArgs;
use crate::card::Card;
use crate::commands::party::Reader;
use crate::context::Context;
use crate::error::Error;
use crate::home::pins::{PinState, Subject};
use crate::output::Outcome;

/// A port's card.
#[derive(Debug, Serialize)]
pub struct PortCard {
    /// The card.
    pub card: String,
    /// The chain.
    pub chain_id: u64,
    /// The port.
    pub port: Address,
    /// Fingerprint of its key.
    pub fingerprint: String,
    /// What its key was held against: `own-key`, `seen-before` or `nothing`.
    pub checked: &'static str,
    #[serde(skip)]
    qr: Option<String>,
}

impl Outcome for PortCard {
    fn text(&self) -> String {
        let qr = self.qr.as_deref().unwrap_or_default();
        format!("{qr}{}\n", self.card)
    }
}

/// Prints the card of a port.
///
/// # Errors
/// `NotClaimed`; [`Error::NotThePortsKey`]; `KeyChanged`; the chain's.
pub async fn run(context: &Context, args: &CardArgs) -> Result<PortCard, Error> {
    let chosen = context.port(args.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let key = info.patient_key()?;
    let chain_id = port.chain().chain_id();
    let subject = Subject::Account(port.address());
    let pin = context.compare_key(chain_id, subject, &key)?;
    // A card is worth what its key was held against: a node's word alone is what it is to guard from.
    let own = match chosen.known.account {
        Some(_) => Reader::open_if_possible(context, &chosen, &info).await?,
        None => None,
    };
    let checked = match (own, pin.state) {
        (Some(reader), _) if reader.is_patient => "own-key",
        (_, PinState::Same) => "seen-before",
        _ => {
            context.warn(
                "card.unchecked",
                "the key on this card is the node's word alone: this home has neither the port's identity nor seen the key before",
            );
            "nothing"
        }
    };
    let card = Card {
        chain_id,
        account: port.address(),
        fingerprint: key.fingerprint(),
    };
    let text = card.to_string();
    let wanted = args.qr || io::stdout().is_terminal();
    Ok(PortCard {
        qr: wanted.then(|| code(&text)),
        card: text,
        chain_id,
        port: port.address(),
        fingerprint: card.fingerprint.to_string(),
        checked,
    })
}

/// A QR code in half blocks, light on dark as terminals are.
fn code(text: &str) -> String {
    let code = QrCode::new(text).expect("a card is far shorter than what a QR code holds");
    let drawn = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    drawn + "\n"
}
