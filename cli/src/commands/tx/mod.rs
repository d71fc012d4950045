//! `patientport tx …`: transactions that are signed on one machine and sent from another.

pub mod send;
pub mod show;
pub mod sign;

use std::path::Path;

use alloy::primitives::Address;
use patientport_client::chain::{HandedOver, MAX_TRANSACTION_FILE_BYTES, Says};
use patientport_client::words::{Contract, Words};
use serde::Serialize;

use crate::commands::relay::read_bytes;
use crate::error::Error;
use crate::preview::Preview;
use crate::text::{ether, grouped};
use crate::words::{Told, Word};

/// What a transaction says, and what its data says in words.
#[derive(Clone, Debug, Serialize)]
pub struct Content {
    /// The chain.
    pub chain_id: u64,
    /// Who sends it.
    pub from: Address,
    /// The contract called; none if it makes one.
    pub to: Option<Address>,
    /// The sender's number for it.
    pub nonce: u64,
    /// Wei sent along, in decimal digits.
    pub value: String,
    /// Gas that it may use at most.
    pub gas_limit: u64,
    /// The most that it can cost the sender, wei sent along included, in decimal digits.
    pub highest_cost_wei: String,
    /// What the contract is taken for, going by the data: `port` or `registry`. Nothing vouches for it.
    pub taken_for: Option<&'static str>,
    /// Its data in words; none if it calls neither a port nor the registry.
    pub call: Option<Told>,
    /// Bytes of its data.
    pub data_length: usize,
}

impl Content {
    /// What a transaction says.
    pub fn of(it: &impl Says) -> Self {
        let transaction = it.transaction();
        let call = it.call();
        let fee = u128::from(transaction.gas_limit).saturating_mul(transaction.max_fee_per_gas);
        let words = call.as_ref().and_then(|call| Words::guess(&call.data).ok());
        let value: u128 = transaction.value.saturating_to();
        Self {
            chain_id: transaction.chain_id,
            from: it.from(),
            to: call.as_ref().map(|call| call.to),
            nonce: transaction.nonce,
            value: transaction.value.to_string(),
            gas_limit: transaction.gas_limit,
            highest_cost_wei: fee.saturating_add(value).to_string(),
            taken_for: words.as_ref().map(|(contract, _)| match contract {
                Contract::Port => "port",
                Contract::Registry => "registry",
            }),
            call: words.map(|(_, words)| Told::from(&words)),
            data_length: transaction.input.len(),
        }
    }

    /// Everything in labelled lines.
    pub fn words(&self) -> Vec<Word> {
        let word = |label, value: String| Word { label, value };
        let wei = |text: &str| ether(text.parse().unwrap_or(u128::MAX));
        let mut words = Vec::new();
        match &self.call {
            Some(call) => words.extend(call.words.iter().cloned()),
            None => words.push(word(
                "data",
                format!(
                    "{} bytes that this program has no words for",
                    self.data_length
                ),
            )),
        }
        words.push(word(
            "contract",
            match (self.to, self.taken_for) {
                (None, _) => "a new one".into(),
                (Some(to), None) => to.to_string(),
                (Some(to), Some(kind)) => format!("{to}, taken for a {kind}"),
            },
        ));
        words.push(word("chain", self.chain_id.to_string()));
        words.push(word("from", self.from.to_string()));
        words.push(word("nonce", self.nonce.to_string()));
        if self.value != "0" {
            words.push(word("sends along", wei(&self.value)));
        }
        words.push(word(
            "gas",
            format!(
                "at most {}, at most {} in all",
                grouped(self.gas_limit),
                wei(&self.highest_cost_wei)
            ),
        ));
        words
    }

    /// What it does, in a few words. Whether the contract is ours is not known here.
    pub fn title(&self) -> String {
        match &self.call {
            Some(call) => format!("`{}`: {}", call.function, call.title),
            None => "call a contract".into(),
        }
    }

    /// Title and lines for people.
    pub fn text(&self) -> String {
        let told = Told {
            function: "",
            title: "",
            words: self.words(),
        };
        format!("{}\n{}", self.title(), told.text())
    }

    /// As it is shown before something is done with it.
    pub fn preview(&self) -> Preview {
        self.words()
            .into_iter()
            .fold(Preview::new(self.title()), |preview, word| {
                preview.line(word.label, word.value)
            })
    }
}

/// Reads the file of a transaction, or standard input for `-`.
///
/// # Errors
/// [`Error::Input`]; `tx.invalid_file`.
pub fn read(path: &Path) -> Result<HandedOver, Error> {
    let bytes = read_bytes(path, MAX_TRANSACTION_FILE_BYTES)?;
    Ok(HandedOver::parse(&bytes).map_err(patientport_client::Error::from)?)
}
