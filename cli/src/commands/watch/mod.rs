//! `patientport watch`: a line for everything that happens at a port, as it happens.
//!
//! The history is read on and checked at every round, so a line is never told of what the port does not show. A node that
//! is silent, or behind, or lies, is told and asked again.

mod follow;
mod hook;

use std::io::IsTerminal as _;
use std::time::Duration;

use serde_json::Value;

use self::follow::{Followed, Happened};
use self::hook::Hook;
use crate::args::watch::WatchArgs;
use crate::codes::Exit;
use crate::context::Context;
use crate::error::Error;
use crate::home::HomeError;
use crate::output::{Report, document_line};
use crate::terminal::{Verbosity, write_line, write_stderr};
use crate::text::harmless;

/// Longest pause between two attempts at a silent node.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Follows the port that is named, or all of this home, until it is told to end.
///
/// # Errors
/// What keeps it from beginning; a hook that cannot be run; standard output. A node that fails later is asked again.
pub async fn run(context: &Context, args: WatchArgs) -> Result<Option<Report>, Error> {
    let mut followed = followed(context, &args).await?;
    let hook = args.exec.map(|program| Hook::new(program, args.arguments));
    let watch = Watch {
        context,
        hook,
        rings: !args.no_bell
            && context.terminal.verbosity > Verbosity::Quiet
            && std::io::stderr().is_terminal(),
    };
    let mut left = args.count.unwrap_or(u64::MAX);
    let mut trouble = Trouble::new(args.interval);
    loop {
        let mut failed = None;
        for one in &mut followed {
            match one.round(context).await {
                Ok(round) => {
                    for gone in round.said {
                        context.terminal.warn(&gone);
                    }
                    for event in round.happened {
                        // A closed pipe has seen enough.
                        if !watch.tell(&event).await? {
                            return Ok(None);
                        }
                        one.told += 1;
                        left -= 1;
                        if left == 0 {
                            return Ok(None);
                        }
                    }
                }
                Err(error) if is_passing(&error) && !args.once => failed = Some(error),
                Err(error) => return Err(error),
            }
        }
        if args.once {
            return Ok(None);
        }
        tokio::time::sleep(trouble.after(context, failed.as_ref())).await;
    }
}

/// The ports, each read as far as nothing of it is to be told.
async fn followed(context: &Context, args: &WatchArgs) -> Result<Vec<Followed>, Error> {
    let named = args.port.port.as_deref();
    if named.is_some() {
        let chosen = context.port(named).await?;
        return Ok(vec![Followed::begin(chosen, args.since).await?]);
    }
    let chain_id = context.chain().await?.chain_id();
    let mut followed = Vec::new();
    for (name, known) in context.home().ports()? {
        if known.chain_id == chain_id && known.account.is_some() {
            let chosen = context.open_port(Some(name), known).await?;
            followed.push(Followed::begin(chosen, args.since).await?);
        }
    }
    if followed.is_empty() {
        return Err(HomeError::NoPort(chain_id).into());
    }
    Ok(followed)
}

/// Whether asking again may help.
fn is_passing(error: &Error) -> bool {
    error.exit() == Exit::Environment || error.code() == "history.mismatch"
}

/// How a node that fails is dealt with: told once, asked less and less often.
struct Trouble {
    interval: Duration,
    pause: Duration,
    /// What was told last.
    told: Option<&'static str>,
}

impl Trouble {
    const fn new(interval: Duration) -> Self {
        Self {
            interval,
            pause: interval,
            told: None,
        }
    }

    /// The pause after a round.
    fn after(&mut self, context: &Context, failed: Option<&Error>) -> Duration {
        let Some(error) = failed else {
            if self.told.take().is_some() {
                context.terminal.say("the node answers again");
            }
            self.pause = self.interval;
            return self.pause;
        };
        if self.told.replace(error.code()) != Some(error.code()) {
            let causes = error.chain().join(": ");
            context
                .terminal
                .warn(&format!("{causes}; trying again until it works"));
        }
        let pause = self.pause;
        self.pause = (pause * 2).clamp(self.interval, LONGEST_PAUSE.max(self.interval));
        pause
    }
}

/// Where events go.
struct Watch<'a> {
    context: &'a Context,
    hook: Option<Hook>,
    rings: bool,
}

impl Watch<'_> {
    /// Tells one event; whether anybody still listens.
    async fn tell(&self, event: &Happened) -> Result<bool, Error> {
        let document: Value = event.document();
        let line = if self.context.settings.json {
            document_line(&document)
        } else {
            format!("{}\n", harmless(&event.line()))
        };
        let is_open = write_line(&line).map_err(Error::Stdout)?;
        if self.rings && event.is_loud() {
            write_stderr("\u{7}");
        }
        if let Some(hook) = &self.hook
            && let Some(trouble) = hook.run(&document).await?
        {
            self.context.terminal.warn(&trouble);
        }
        Ok(is_open)
    }
}
