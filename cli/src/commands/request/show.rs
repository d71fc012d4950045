//! `patientport request show`

use alloy::primitives::Address;
use patientport_client::access::{read_denial, read_request};
use patientport_client::port::{DenialReason, RequestState};
use patientport_core::section::SectionSet;
use patientport_core::text::Rights;
use serde::Serialize;

use crate::args::request::OneArgs;
use crate::commands::describe::Who;
use crate::commands::party::{Reader, rights_name, section_list};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::shown;
use crate::time;

/// One request, with what could be opened of it.
#[derive(Debug, Serialize)]
pub struct RequestView {
    /// Its number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Who asked.
    pub requester: Who,
    /// For whom.
    pub recipient: Who,
    /// When, Unix seconds.
    pub requested_at: u64,
    /// When it lapses unanswered, Unix seconds.
    pub lapses_at: u64,
    /// Where it stands.
    pub state: RequestState,
    /// What was asked; only its patient can open it.
    pub asked: Option<Asked>,
    /// What the patient answered; only the requester can open it.
    pub denial: Option<Denial>,
}

/// What a request asks for. The requester's own words.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// Purpose code.
    pub purpose: String,
    /// Sections; empty leaves the choice to the patient.
    pub sections: SectionSet,
    /// Until when, Unix seconds.
    pub until: Option<u64>,
    /// To do what.
    pub rights: Rights,
    /// Words.
    pub text: String,
}

/// Why it was denied. The denier's own words.
#[derive(Debug, Serialize)]
pub struct Denial {
    /// The patient, or a delegate.
    pub by: Address,
    /// The public reason.
    pub reason: Option<DenialReason>,
    /// Words.
    pub text: String,
}

impl Outcome for RequestView {
    fn text(&self) -> String {
        let mut lines = vec![
            ("request", format!("{} at port {}", self.id, self.port)),
            ("state", self.state.to_string()),
            ("for", self.recipient.line()),
            ("by", self.requester.line()),
            ("made", time::human(self.requested_at)),
        ];
        if self.state == RequestState::Pending {
            lines.push(("lapses", time::human(self.lapses_at)));
        }
        if let Some(fingerprint) = &self.recipient.fingerprint {
            lines.push(("key", fingerprint.clone()));
        }
        match &self.asked {
            Some(asked) => lines.extend([
                ("purpose", shown(&asked.purpose)),
                (
                    "sections",
                    if asked.sections.is_empty() {
                        "as you choose".into()
                    } else {
                        section_list(asked.sections, None)
                    },
                ),
                (
                    "until",
                    asked
                        .until
                        .map_or_else(|| "as you choose".into(), time::human),
                ),
                ("rights", rights_name(asked.rights).into()),
                ("text", shown(&asked.text)),
            ]),
            None => lines.push(("content", "sealed to the patient".into())),
        }
        if let Some(denial) = &self.denial {
            let reason = denial
                .reason
                .map_or("of an unknown kind", DenialReason::as_str);
            lines.push(("denied", format!("{reason}: {}", shown(&denial.text))));
        }
        lines
            .iter()
            .map(|(label, value)| format!("{label:8}  {value}\n"))
            .collect()
    }
}

/// Shows a request; opens what this home can open of it.
///
/// # Errors
/// `UnknownRequest`; wrong passwords. A message that does not open is a warning.
pub async fn run(context: &Context, args: &OneArgs) -> Result<RequestView, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let entry = port.request(args.id).await?;
    let reader = Reader::open_if_possible(context, &chosen, &info).await?;
    let (mut asked, mut denial) = (None, None);
    if let Some(reader) = &reader {
        if reader.is_patient {
            match read_request(port, &entry, &reader.keys).await {
                Ok(text) => {
                    asked = Some(Asked {
                        purpose: text.purpose,
                        sections: text.sections,
                        until: text.until,
                        rights: text.rights,
                        text: text.text,
                    });
                }
                Err(error) => unreadable(context, error)?,
            }
        } else if reader.account == entry.requester && entry.state == RequestState::Denied {
            match read_denial(port, &entry, &reader.keys).await {
                Ok(told) => {
                    denial = Some(Denial {
                        by: told.by,
                        reason: told.reason,
                        text: told.text.text,
                    });
                }
                Err(error) => unreadable(context, error)?,
            }
        }
    }
    Ok(RequestView {
        id: entry.id,
        port: port.address(),
        requester: Who::find(port.registry(), entry.requester).await?,
        recipient: Who::find(port.registry(), entry.recipient).await?,
        requested_at: entry.requested_at.0,
        lapses_at: entry.lapses_at().0,
        state: entry.state,
        asked,
        denial,
    })
}

/// A message that somebody wrote badly is no reason to fail; a node that fails is.
pub(super) fn unreadable(context: &Context, error: patientport_client::Error) -> Result<(), Error> {
    if matches!(
        error.code(),
        "message.unreadable" | "message.invalid_text" | "request.missing_message"
    ) {
        context.warn(
            "message.unreadable",
            format!("the sealed text cannot be read: {error}"),
        );
        return Ok(());
    }
    Err(error.into())
}
