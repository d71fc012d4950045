//! `--sign-only`: a call of the patient, signed for others to send.

use std::path::{Path, PathBuf};

use patientport_client::Timestamp;
use patientport_client::chain::Transaction;
use patientport_client::signed::Signable;
use serde::Serialize;
use serde_json::Value;

use super::{Ended, check_output, named, write_output};
use crate::args::values::Until;
use crate::context::{Context, Wallet, plausible};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, ask};
use crate::text::shown;
use crate::time;
use crate::words::{Told, Word};

/// How long a signature is good if nothing else is said: a day.
const GOOD_FOR_SECS: u64 = 24 * 60 * 60;

/// A signed call.
#[derive(Debug, Serialize)]
struct Signed {
    /// Where it was written; none for standard output.
    output: Option<PathBuf>,
    /// The file.
    #[serde(rename = "signed_call")]
    file: Value,
    /// What the command said of it.
    title: String,
    words: Vec<Word>,
    /// What was signed, in words.
    call: Told,
    /// Whether the command would have done more after it.
    more: bool,
}

impl Outcome for Signed {
    fn text(&self) -> String {
        let Some(output) = &self.output else {
            return format!("{}\n", self.file);
        };
        let deadline = self.file["deadline"].as_u64().unwrap_or_default();
        let more = if self.more {
            "what the command would have done after it waits: run `patientport access reseal` and `patientport record share` once it was sent\n"
        } else {
            ""
        };
        format!(
            "signed into `{}`: anybody can send it with `patientport relay submit`, once, until {}\n{more}",
            shown(&output.display().to_string()),
            time::human(deadline),
        )
    }
}

pub(super) async fn end(
    context: &Context,
    wallet: &Wallet,
    preview: &Preview,
    transaction: &Transaction,
    (output, deadline): (&Path, Option<&Until>),
) -> Result<Error, Error> {
    context.require_consent()?;
    check_output(output)?;
    let chain = context.chain().await?;
    let now = chain.now(time::clock()).await?;
    if !matches!(deadline, Some(Until::At(_))) {
        plausible(chain.chain_id(), now.0, time::now_unix())?;
    }
    let deadline = until(deadline, now)?;
    let account = wallet.address();
    let signable = Signable::prepare(transaction, account, deadline, time::clock()).await?;
    let told = Told::from(signable.words());
    let mut shown = preview
        .clone()
        .line("from", wallet.line())
        .line("signs", format!("`{}`: {}", told.function, told.title));
    // The last word has what is signed, not what the command made of it.
    for line in &signable.words().lines {
        shown = shown.line(line.label, crate::words::value(&line.value));
    }
    let shown = shown
        .line("at the port", signable.port().to_string())
        .line("on chain", chain.chain_id().to_string())
        .line("nonce", signable.nonce().to_string())
        .line("good until", time::human(deadline.0))
        .line(
            "sent by",
            "anybody who has it; `patientport port cancel-signatures` voids it",
        );
    ask(context, &shown, "sign it?")?;
    context.home().keep_pins(preview.kept_pins())?;
    let signed = signable.sign(&wallet.signer).await?.to_json();
    write_output(output, &signed)?;
    let outcome = Signed {
        output: named(output),
        file: signed,
        title: preview.title().to_owned(),
        words: preview.words(),
        call: told,
        more: context.several(),
    };
    Ok(Ended::error(&outcome, true))
}

fn until(given: Option<&Until>, now: Timestamp) -> Result<Timestamp, Error> {
    let Some(until) = given else {
        return Ok(Timestamp(now.0.saturating_add(GOOD_FOR_SECS)));
    };
    let seconds = until.resolve(now.0).map_err(|source| Error::Value {
        flag: "--deadline",
        source,
    })?;
    if seconds <= now.0 {
        return Err(Error::FlagInvalid {
            flag: "--deadline",
            value: time::human(seconds),
            reason: "that has passed already".into(),
        }
        .with_hint(
            "give a time to come, such as `--deadline 2h`",
            serde_json::json!({}),
        ));
    }
    Ok(Timestamp(seconds))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn a_signature_is_good_for_a_day_unless_told_otherwise_and_never_for_the_past() {
        let now = Timestamp(1_800_000_000);
        assert_eq!(until(None, now).unwrap().0, now.0 + 86_400);
        let two: Until = "2h".parse().unwrap();
        assert_eq!(until(Some(&two), now).unwrap().0, now.0 + 7_200);
        let past = until(Some(&Until::At(now.0)), now).unwrap_err();
        assert_eq!(past.code(), "usage.invalid_value");
    }
}
