#![doc = include_str!("../README.md")]
//!
//! | module | idea |
//! |---|---|
//! | [`args`] | what can be typed |
//! | [`settings`] | flags, environment and settings files, resolved once, and where each value came from |
//! | [`card`] | port cards |
//! | [`progress`] | bars for long work |
//! | [`home`] | keys and everything remembered |
//! | [`commands`] | one file per verb; each returns a typed outcome |
//! | [`preview`], [`delivery`] | a transaction shown, asked about and sent, or what a run does instead |
//! | [`output`] | outcomes as text or as the JSON document |
//! | [`error`], [`codes`] | failures, stable codes, exit codes, hints |

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "an outcome renders a few lines once; `write!` to a `String` would add a result to ignore on each"
)]

pub mod args;
pub mod card;
pub mod codes;
pub mod commands;
pub mod context;
pub mod contracts;
pub mod delivery;
pub mod error;
pub mod home;
pub mod keycard;
pub mod networks;
pub mod output;
pub mod passwords;
pub mod preview;
pub mod progress;
pub mod settings;
mod signals;
pub mod signers;
pub mod terminal;
pub mod text;
pub mod time;
pub mod words;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _};

use args::Cli;
use args::groups::GlobalArgs;
use context::Context;
use delivery::Delivery;
use error::Error;
use settings::Settings;
use terminal::{Terminal, Verbosity};

/// How long a stopping run waits for work on disk that has been told to stop.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the program with these arguments, the first of which is its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if flags(&arguments).any(|it| it == "--show-settings") {
        return ExitCode::from(show_settings(&arguments));
    }
    let parsed = Cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return ExitCode::from(not_parsed(error, &arguments)),
    };
    let creating = matches!(cli.command, args::Command::Init(_));
    let terminal = settings::terminal(&cli.global);
    let json = cli.global.display.json;
    let code = match Settings::resolve(&cli.global, Some(&matches), creating) {
        Err(error) => output::finish(Err(error), json, &terminal, &[]),
        Ok(settings) => {
            if let Some(words) = settings.project_words() {
                terminal.say(&words);
            }
            let transactions = cli.command.transactions();
            let allowed = transactions.allow(&settings.delivery);
            let context = Context::new(settings, terminal, transactions);
            let anew = || Cli::from_arg_matches(&matches).ok().map(|cli| cli.command);
            let result = allowed.and_then(|()| run(&context, cli.command, &anew));
            output::finish(result, json, &terminal, &context.warnings.all())
        }
    };
    ExitCode::from(code)
}

/// Carries out a command, which `anew` gives once more where it has to be begun anew.
fn run(
    context: &Context,
    command: args::Command,
    anew: &dyn Fn() -> Option<args::Command>,
) -> Result<Option<output::Report>, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let result = runtime.block_on(async {
        // A chain in the foreground is ended by signals as a matter of course, and minds them itself.
        if matches!(command, args::Command::Devnode(_)) {
            return commands::execute(context, command).await;
        }
        // From here on no signal kills: whatever is under way is dropped, and cleans up after itself.
        let mut stop = signals::watch().map_err(Error::Runtime)?;
        let result = tokio::select! {
            // The command first: one that ends on a signal by itself is not interrupted by it.
            biased;
            result = commands::carry_out(context, command, anew) => result,
            signal = stop.received() => return Err(signal.into()),
        };
        match result {
            // A prompt that gave up because of a signal.
            Err(Error::Terminal(terminal::TerminalError::Stopped)) => {
                Err(stop.received().await.into())
            }
            // Told to send nothing, the command ended where it would have sent: that is what it has to say.
            Err(Error::Ended(ended)) => Ok(Some(ended.report)),
            Ok(report) => {
                warn_of_nothing(context);
                Ok(report)
            }
            result => result,
        }
    });
    runtime.shutdown_timeout(SHUTDOWN_PATIENCE);
    result
}

/// Everything before `--` that could be a flag.
fn flags(arguments: &[OsString]) -> impl Iterator<Item = &OsString> {
    arguments.iter().take_while(|argument| *argument != "--")
}

/// `--show-settings`: with any command, complete or not, and without one. Nothing of the command is done.
fn show_settings(arguments: &[OsString]) -> u8 {
    let parsed = lenient(Cli::command())
        .try_get_matches_from(arguments)
        .and_then(|matches| Ok((GlobalArgs::from_arg_matches(&matches)?, matches)));
    let (global, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return not_parsed(error, arguments),
    };
    let terminal = settings::terminal(&global);
    let resolved = Settings::resolve(&global, Some(&matches), true);
    let report = resolved.map(|settings| Some(output::Report::of(&settings.shown)));
    output::finish(report, global.display.json, &terminal, &[])
}

/// A command with nothing required of it.
fn lenient(command: clap::Command) -> clap::Command {
    let groups: Vec<_> = command
        .get_groups()
        .map(|group| group.get_id().clone())
        .collect();
    let command = groups.into_iter().fold(command, |command, group| {
        command.mut_group(group, |group| group.required(false))
    });
    command
        .subcommand_required(false)
        .arg_required_else_help(false)
        .mut_args(|argument| argument.required(false))
        .mut_subcommands(lenient)
}

/// A command that was to hand a transaction over, and came to its end without one.
fn warn_of_nothing(context: &Context) {
    if let delivery @ (Delivery::Sign { .. } | Delivery::Unsigned { .. }) =
        &context.settings.delivery
    {
        context.warn(
            "tx.none",
            format!(
                "there was nothing to send, so {} wrote nothing",
                delivery.flag().unwrap_or_default()
            ),
        );
    }
}

/// Help, version, or a mistake in the arguments.
fn not_parsed(mut error: clap::Error, arguments: &[OsString]) -> u8 {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // clap's own printing colours only for a terminal. A closed pipe has seen enough.
        let _ = error.print();
        return 0;
    }
    // clap's own lists every flag that was given, by variables too, and hides what the command is about.
    if error.get(ContextKind::Usage).is_some() {
        let usage = usage(arguments);
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    // Nothing was parsed, so whether JSON is wanted is looked for by hand; after `--` it is no flag.
    let json = flags(arguments).any(|it| it == "--json");
    let terminal = Terminal {
        verbosity: Verbosity::Normal,
        interactive: false,
        color: false,
        progress: false,
    };
    if json {
        let message = error.to_string();
        // The first paragraph is the sentence; tips and usage follow.
        let sentence = message
            .trim()
            .trim_start_matches("error: ")
            .split("\n\n")
            .next();
        let words: Vec<_> = sentence.unwrap_or_default().split_whitespace().collect();
        let message = words.join(" ");
        // All commands are no part of a sentence; the help has them.
        let message = message.split(" [subcommands: ").next().unwrap_or_default();
        let message = message.to_owned();
        return output::finish(Err(Error::Arguments(message)), true, &terminal, &[]);
    }
    let _ = error.print();
    codes::Exit::Usage as u8
}

/// How the command that was meant is used.
fn usage(arguments: &[OsString]) -> clap::builder::StyledStr {
    let mut program = Cli::command();
    program.build();
    let mut command = &mut program;
    for name in arguments.iter().skip(1).filter_map(|it| it.to_str()) {
        let Some(below) = command
            .get_subcommands()
            .position(|it| it.get_name() == name)
        else {
            continue;
        };
        command = command
            .get_subcommands_mut()
            .nth(below)
            .expect("it was found there");
    }
    command.render_usage()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// An argument of a verb with the id of a shared flag would be read as that flag's type, and panic.
    #[test]
    fn no_verb_reuses_the_id_of_a_shared_flag() {
        fn walk(command: &clap::Command, shared: &[String]) {
            for argument in command.get_arguments() {
                let id = argument.get_id().to_string();
                assert!(!shared.contains(&id), "{} {id}", command.get_name());
            }
            command.get_subcommands().for_each(|it| walk(it, shared));
        }
        let program = Cli::command();
        let shared: Vec<_> = program
            .get_arguments()
            .map(|argument| argument.get_id().to_string())
            .collect();
        program.get_subcommands().for_each(|it| walk(it, &shared));
    }
}
