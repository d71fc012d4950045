//! `patientport request show`

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_client::access::{Terms, read_denial, read_request};
use patientport_client::port::{DenialReason, PortInfo, RequestEntry, RequestState};
use patientport_client::{Actor, Timestamp};
use patientport_core::section::{SectionId, SectionSet};
use patientport_core::text::{RequestText, Rights};
use rand_core::OsRng;
use serde::Serialize;

use crate::args::request::OneArgs;
use crate::codes::Exit;
use crate::commands::describe::Who;
use crate::commands::party::{Reader, rights_name, section_list};
use crate::commands::request::approve::grantee;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{ether, grouped, shown, shown_or_none, with_words};
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
    /// What approving it as asked would do; only for its patient, while it is pending and says what is asked.
    pub approval: Option<Approval>,
}

/// What approving a request as asked would do.
#[derive(Debug, Serialize)]
pub struct Approval {
    /// All sections that the reader would have.
    pub sections: SectionSet,
    /// What the patient calls them.
    pub section_names: BTreeMap<u8, String>,
    /// Until when, Unix seconds.
    pub until: u64,
    /// To do what.
    pub rights: Rights,
    /// Gas it would take; none where it would be refused.
    pub gas: Option<u64>,
    /// The fee, in wei; decimal digits.
    pub fee_wei: Option<String>,
    /// Why it would be refused: a code of `docs/errors.md`.
    pub refused: Option<&'static str>,
    /// The same for people.
    #[serde(skip)]
    lines: Vec<(&'static str, String)>,
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
                ("text", shown_or_none(&asked.text)),
            ]),
            None => lines.push(("content", "sealed to the patient".into())),
        }
        if let Some(approval) = &self.approval {
            lines.extend(approval.lines.iter().cloned());
        }
        if let Some(denial) = &self.denial {
            let reason = denial
                .reason
                .map_or("of an unknown kind", DenialReason::as_str);
            lines.push(("denied", with_words(reason, &denial.text)));
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
    let (mut asked, mut denial, mut approval) = (None, None, None);
    if let Some(reader) = &reader {
        if reader.is_patient {
            match read_request(port, &entry, &reader.keys).await {
                Ok(text) => {
                    if entry.state == RequestState::Pending {
                        approval = would_be(&chosen, &info, reader, &entry, &text).await?;
                    }
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
        approval,
    })
}

/// What approving would do, as far as the request says what is asked. Nothing is signed, so no wallet is opened.
async fn would_be(
    chosen: &ChosenPort,
    info: &PortInfo,
    reader: &Reader,
    entry: &RequestEntry,
    asked: &RequestText,
) -> Result<Option<Approval>, Error> {
    let Some(until) = asked.until.filter(|_| !asked.sections.is_empty()) else {
        return Ok(None);
    };
    let port = &chosen.port;
    let acting = Actor::patient_with_info(port, info, reader.account, reader.keys.clone()).await?;
    let terms = Terms {
        sections: asked.sections,
        until: Timestamp(until),
        rights: asked.rights,
        allow_unverified: false,
        replace: false,
    };
    let name =
        |section: SectionId| Some((section.get(), acting.keyring().name(section)?.to_owned()));
    let mut approval = Approval {
        sections: asked.sections,
        section_names: BTreeMap::new(),
        until,
        rights: asked.rights,
        gas: None,
        fee_wei: None,
        refused: None,
        lines: Vec::new(),
    };
    let tried: Result<_, Error> = async {
        let to = grantee(chosen, entry.recipient, Some(entry.id)).await?;
        let composed = acting.grant(&to, &terms, time::clock(), &mut OsRng).await?;
        let prepared = composed.transaction.prepare(reader.account).await?;
        Ok((composed.reader.sections, prepared))
    }
    .await;
    match tried {
        Ok((sections, prepared)) => {
            approval.sections = sections;
            approval.gas = Some(prepared.gas.0);
            approval.fee_wei = Some(prepared.fee().0.to_string());
            approval.lines.push((
                "cost",
                format!(
                    "about {} gas, fee about {}",
                    grouped(prepared.gas.0),
                    ether(prepared.fee().0)
                ),
            ));
        }
        Err(error) if error.exit() == Exit::Environment => return Err(error),
        Err(error) => {
            approval.refused = Some(error.code());
            approval
                .lines
                .push(("refused", shown(&error.chain().join(": "))));
        }
    }
    approval.section_names = approval.sections.iter().filter_map(name).collect();
    let given = format!(
        "{} on section {} until {} to {}",
        rights_name(approval.rights),
        section_list(approval.sections, Some(acting.keyring())),
        time::human(until),
        entry.recipient
    );
    approval.lines.insert(0, ("approve", given));
    Ok(Some(approval))
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
