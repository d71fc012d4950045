//! The dialogue: one request after another, until all are decided or nobody wants to go on.

use std::collections::btree_map::{self, BTreeMap};
use std::fmt::Display;
use std::str::FromStr;

use alloy::primitives::Address;
use clap::ValueEnum;
use patientport_client::port::RequestEntry;
use patientport_core::text::{DenialText, RequestText};

use super::{APPROVE, Content, Entry, Waiting};
use crate::args::request::{ChoiceArgs, GrantTerms};
use crate::args::values::{DenialReason, RightsArg, SectionRef, Until};
use crate::codes::Exit;
use crate::commands::acting::Acting;
use crate::commands::request::{approve, deny};
use crate::context::Context;
use crate::error::Error;
use crate::output::{Outcome as _, failure_text};
use crate::terminal::{Terminal, TerminalError};
use crate::text::{count, harmless, shown};

const CHOICES: &str = "[a]pprove [d]eny [s]kip [q]uit [?]";
const HELP: &str = "\
  a  approve it: what is granted and its cost are shown first, and confirmed
  d  deny it: a reason, which is public, and words to the requester, which are sealed
  s  skip it: it goes on waiting
  q  quit: this one and the rest go on waiting
`patientport request approve` grants other sections, rights or times than were asked for";

/// What became of the requests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    approved: usize,
    denied: usize,
    skipped: usize,
    left: usize,
}

impl Tally {
    pub(super) fn text(&self) -> String {
        format!(
            "{}: {} approved, {} denied, {} skipped, {} left\n",
            count(self.total(), "request"),
            self.approved,
            self.denied,
            self.skipped,
            self.left
        )
    }

    const fn total(&self) -> usize {
        self.approved + self.denied + self.skipped + self.left
    }
}

/// What a request came to.
enum Decision {
    Approved,
    Denied,
    Skipped,
    Quit,
}

/// Tells how far the dialogue came if it ends before its end: Ctrl-C, a node that is gone.
struct Told {
    terminal: Terminal,
    tally: Tally,
    is_over: bool,
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.is_over && self.tally.left < self.tally.total() {
            self.terminal.say(self.tally.text().trim_end());
        }
    }
}

/// Asks about each request, the oldest first.
pub(super) async fn run(
    context: &Context,
    waiting: &[Waiting],
    terms: GrantTerms,
) -> Result<Tally, Error> {
    let mut all: Vec<(&Waiting, RequestEntry)> = waiting
        .iter()
        .flat_map(|it| it.pending().into_iter().map(move |entry| (it, entry)))
        .collect();
    all.sort_by_key(|(it, entry)| (entry.requested_at, it.chosen.port.address(), entry.id));
    let mut told = Told {
        terminal: context.terminal,
        tally: Tally {
            left: all.len(),
            ..Tally::default()
        },
        is_over: false,
    };
    let several = waiting
        .iter()
        .filter(|it| it.requests.pending().next().is_some());
    let several = several.count() > 1;
    let mut people: BTreeMap<Address, Option<Acting>> = BTreeMap::new();
    let total = all.len();
    for (number, (waiting, entry)) in (1..).zip(all) {
        let address = waiting.chosen.port.address();
        let acting = match people.entry(address) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(vacant) => {
                let opened = match Acting::open(context, &waiting.chosen, APPROVE).await {
                    Ok(acting) => Some(acting),
                    // One port's trouble keeps nobody from another's requests.
                    Err(error) if several && !is_final(&error) => {
                        show_failure(context, &error);
                        None
                    }
                    Err(error) => return Err(error),
                };
                vacant.insert(opened)
            }
        };
        let Some(acting) = acting else {
            continue;
        };
        // Requests are sealed to the patient alone: a delegate says itself what it grants.
        let identity = acting.as_patient().and_then(|it| it.acting.identity());
        let said = match identity {
            Some(identity) => {
                let opened = waiting.open(&[entry], identity)?;
                opened.into_iter().next().unwrap_or(Content::Unreadable)
            }
            None => Content::Sealed,
        };
        let case = Case {
            waiting,
            acting,
            entry: &entry,
            shown: waiting.entry(&entry, said, Some(acting.keyring())),
            terms,
        };
        let text = case.shown.text();
        context
            .terminal
            .show(&format!("\n{number} of {total}: {}", text.trim_end()));
        let decision = case.decide(context).await?;
        let tally = &mut told.tally;
        match decision {
            Decision::Approved => tally.approved += 1,
            Decision::Denied => tally.denied += 1,
            Decision::Skipped => tally.skipped += 1,
            Decision::Quit => break,
        }
        tally.left -= 1;
    }
    told.is_over = true;
    Ok(told.tally)
}

/// Whether there is no point in asking on: nobody answers, neither a person nor the node.
fn is_final(error: &Error) -> bool {
    // A run that was told not to send ends with its first transaction.
    matches!(error, Error::Terminal(_) | Error::Ended(_)) || error.exit() == Exit::Environment
}

fn show_failure(context: &Context, error: &Error) {
    let text = failure_text(error, &context.terminal);
    context.terminal.show(text.trim_end());
}

/// One request that is being decided.
struct Case<'a> {
    waiting: &'a Waiting,
    acting: &'a Acting,
    entry: &'a RequestEntry,
    shown: Entry,
    terms: GrantTerms,
}

impl Case<'_> {
    /// Asks until there is a decision. What is refused, and what is not confirmed, is told, and asked about again.
    async fn decide(&self, context: &Context) -> Result<Decision, Error> {
        loop {
            let choice = match context.terminal.ask(CHOICES) {
                Ok(choice) => choice,
                // Ctrl-D: nobody wants to go on.
                Err(TerminalError::Ended) => return Ok(Decision::Quit),
                Err(error) => return Err(error.into()),
            };
            let done = match choice.trim().to_ascii_lowercase().as_str() {
                "a" | "approve" => self.approve(context).await,
                "d" | "deny" => self.deny(context).await,
                "s" | "skip" => return Ok(Decision::Skipped),
                "q" | "quit" => return Ok(Decision::Quit),
                "?" | "h" | "help" => {
                    context.terminal.show(HELP);
                    continue;
                }
                other => {
                    let other = shown(other);
                    context
                        .terminal
                        .show(&format!("`{other}` is none of a, d, s, q and ?"));
                    continue;
                }
            };
            match done {
                Ok(Some(decision)) => return Ok(decision),
                Ok(None) => {}
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => show_failure(context, &error),
            }
        }
    }

    /// `None`: thought better of.
    async fn approve(&self, context: &Context) -> Result<Option<Decision>, Error> {
        let asked = self.shown.content.asked();
        let Some(choice) = self.choice(context, asked)? else {
            return Ok(None);
        };
        let acting = (&self.waiting.chosen, self.acting);
        let granted = approve::approve(context, acting, self.entry, asked, &choice).await?;
        context.terminal.say(granted.text().trim_end());
        Ok(Some(Decision::Approved))
    }

    /// What the request leaves open.
    fn choice(
        &self,
        context: &Context,
        asked: Option<&RequestText>,
    ) -> Result<Option<ChoiceArgs>, Error> {
        let mut choice = ChoiceArgs {
            terms: self.terms,
            ..ChoiceArgs::default()
        };
        if asked.is_none_or(|asked| asked.sections.is_empty()) {
            let question = "which sections, by number (0,2-4) or name; nothing to go back";
            match answer::<SectionRef>(context, question)? {
                Some(section) => choice.section.push(section),
                None => return Ok(None),
            }
        }
        if asked.is_none_or(|asked| asked.until.is_none()) {
            let question = "until when (30d, 6mo, a date); nothing to go back";
            match answer::<Until>(context, question)? {
                Some(until) => choice.until = Some(until),
                None => return Ok(None),
            }
        }
        if asked.is_none() {
            let question = "to do what (read, write, read-write); nothing to go back";
            match answer::<Typed<RightsArg>>(context, question)? {
                Some(Typed(rights)) => choice.rights = Some(rights),
                None => return Ok(None),
            }
        }
        Ok(Some(choice))
    }

    async fn deny(&self, context: &Context) -> Result<Option<Decision>, Error> {
        let names: Vec<_> = DenialReason::value_variants()
            .iter()
            .map(ToString::to_string)
            .collect();
        let question = format!("why (public): {}; nothing to go back", names.join(", "));
        let Some(Typed(reason)) = answer::<Typed<DenialReason>>(context, &question)? else {
            return Ok(None);
        };
        let words = context
            .terminal
            .ask("words to the requester, sealed; nothing for none")?;
        let text = DenialText {
            text: words.trim().to_owned(),
        };
        let acting = (&self.waiting.chosen.port, self.acting.wallet());
        let denied = deny::deny(context, acting, self.entry, (reason.into(), &text)).await?;
        context.terminal.say(denied.text().trim_end());
        Ok(Some(Decision::Denied))
    }
}

/// A value that a flag takes, typed at a prompt.
struct Typed<T>(T);

impl<T: ValueEnum> FromStr for Typed<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        T::from_str(text, true)
            .map(Self)
            .map_err(|_| format!("`{}` is none of them", shown(text)))
    }
}

/// Asks until the answer can be used; `None` if there is none.
fn answer<T: FromStr<Err: Display>>(
    context: &Context,
    question: &str,
) -> Result<Option<T>, TerminalError> {
    loop {
        let answer = context.terminal.ask(question)?;
        let answer = answer.trim();
        if answer.is_empty() {
            return Ok(None);
        }
        match answer.parse() {
            Ok(value) => return Ok(Some(value)),
            Err(error) => context.terminal.show(&harmless(&error.to_string())),
        }
    }
}
