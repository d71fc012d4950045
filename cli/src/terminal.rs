//! The one place that talks to the terminal: stdout for the result, stderr for everything else, prompts.
//!
//! Rules: lower case, no full stop after one sentence, nothing on stdout but the result, no prompt unless
//! standard input and standard error both are terminals. Prompts read raw keys, so that an interrupted one
//! leaves the terminal as it was.

use std::io::{self, IsTerminal as _, Write as _};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::args::groups::ColorChoice;
use crate::text::harmless;
use crate::{progress, signals};

/// Longest line a prompt takes, in bytes.
const MAX_LINE_BYTES: usize = 4096;

/// A prompt or an output that failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TerminalError {
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A signal ends the run.
    #[error("stopped by a signal")]
    Stopped,
    /// Ctrl-D, or the input ended.
    #[error("the input ended before an answer was given")]
    Ended,
    /// More than `MAX_LINE_BYTES`.
    #[error("the answer is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the answer is not UTF-8")]
    Encoding,
    /// The operating system.
    #[error("cannot use the terminal")]
    Io(#[from] io::Error),
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What is being done.
    #[default]
    Normal,
    /// More of it.
    Verbose,
}

/// The terminal, or what stands in for it.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// How much is said.
    pub verbosity: Verbosity,
    /// Whether questions may be asked.
    pub interactive: bool,
    /// Whether stderr takes colour.
    pub color: bool,
    /// Whether long work shows how far it has come.
    pub progress: bool,
}

/// Decoration; it never carries meaning alone.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// `error:`
    Error,
    /// `warning:`
    Warning,
    /// `hint:`
    Hint,
    /// Headings of previews.
    Bold,
}

impl Terminal {
    /// The process's own terminal.
    pub fn of_process(verbosity: Verbosity, color: ColorChoice, no_input: bool) -> Self {
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        let interactive = !no_input && io::stdin().is_terminal() && io::stderr().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let progress = verbosity >= Verbosity::Normal && io::stderr().is_terminal() && !dumb;
        Self {
            verbosity,
            interactive,
            color,
            progress,
        }
    }

    /// No terminal at all: nothing said, nothing asked.
    pub const fn silent() -> Self {
        Self {
            verbosity: Verbosity::Quiet,
            interactive: false,
            color: false,
            progress: false,
        }
    }

    /// Colours a word for stderr.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match style {
            Style::Error => "1;31",
            Style::Warning => "1;33",
            Style::Hint => "1;36",
            Style::Bold => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Says what is going on.
    pub fn say(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            write_stderr(&format!("{}\n", harmless(text)));
        }
    }

    /// Says text that this program painted; foreign text in it must be escaped already.
    pub fn say_painted(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.show(text);
        }
    }

    /// Shows text that this program painted, even to those who want quiet: they are about to be asked.
    pub fn show(&self, text: &str) {
        write_stderr(&format!("{text}\n"));
    }

    /// Shows a secret, without a copy of it in memory.
    pub fn show_secret(&self, text: &Zeroizing<String>) {
        write_stderr(text);
    }

    /// Says more for those who want it.
    pub fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            write_stderr(&format!("{}\n", harmless(text)));
        }
    }

    /// Warns.
    pub fn warn(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            write_stderr(&format!(
                "{} {}\n",
                self.paint(Style::Warning, "warning:"),
                harmless(text)
            ));
        }
    }

    /// Asks for a line without showing it.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn ask_hidden(&self, question: &str) -> Result<Zeroizing<String>, TerminalError> {
        write_stderr(&format!("{}: ", harmless(question)));
        let line = read_line(false);
        write_stderr("\n");
        line
    }

    /// Asks for a line.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn ask(&self, question: &str) -> Result<Zeroizing<String>, TerminalError> {
        write_stderr(&format!("{}: ", harmless(question)));
        let line = read_line(true);
        write_stderr("\n");
        line
    }

    /// Asks yes or no; only `y` and `yes` are yes.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn confirm(&self, question: &str) -> Result<bool, TerminalError> {
        write_stderr(&format!("{} [y/N] ", harmless(question)));
        let line = read_line(true);
        write_stderr("\n");
        Ok(matches!(
            line?.trim().to_ascii_lowercase().as_str(),
            "y" | "yes"
        ))
    }
}

/// Writes to stderr; there is nowhere left to report that this failed.
pub fn write_stderr(text: &str) {
    progress::aside(|| {
        let mut stderr = io::stderr().lock();
        let _ = stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush());
    });
}

/// Writes the result to stdout.
///
/// # Errors
/// What the operating system says; a closed pipe is no error, for the reader has seen enough.
pub fn write_stdout(text: &str) -> io::Result<()> {
    write_line(text).map(|_| ())
}

/// Writes a part of the result to stdout; whether somebody still reads it.
///
/// # Errors
/// As [`write_stdout`].
pub fn write_line(text: &str) -> io::Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

/// Terminal settings put back when dropped.
struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// Keys as they are typed, past the buffer of standard input, which would keep what was typed in memory. Ends
/// with an error when a signal has come: a prompt blocks the thread that would otherwise see to that.
struct Keys;

/// How often a waiting prompt looks for a signal.
const SIGNAL_PERIOD: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

impl io::Read for Keys {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = io::stdin();
        loop {
            if signals::stopping() {
                return Err(io::Error::other(TerminalError::Stopped));
            }
            let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut ready, Some(&SIGNAL_PERIOD)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => match rustix::io::read(&stdin, &mut *buffer) {
                    Err(Errno::INTR) => {}
                    read => return Ok(read?),
                },
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Reads a line key by key. Signals are keys here, so no signal can leave the echo switched off.
fn read_line(echo: bool) -> Result<Zeroizing<String>, TerminalError> {
    let before = tcgetattr(io::stdin()).map_err(io::Error::from)?;
    let mut raw = before.clone();
    raw.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    raw.special_codes[SpecialCodeIndex::VMIN] = 1;
    raw.special_codes[SpecialCodeIndex::VTIME] = 0;
    let _restore = Restore(before);
    tcsetattr(io::stdin(), OptionalActions::Flush, &raw).map_err(io::Error::from)?;
    collect_line(Keys, |bytes| {
        if echo {
            // Bytes, not text: a character of several bytes arrives one byte at a time.
            let mut stderr = io::stderr().lock();
            let _ = stderr.write_all(bytes).and_then(|()| stderr.flush());
        }
    })
}

/// Interprets keys until the end of a line. `show` gets what should appear.
fn collect_line(
    mut keys: impl io::Read,
    mut show: impl FnMut(&[u8]),
) -> Result<Zeroizing<String>, TerminalError> {
    // Room for all of it at once, so that no grown copy is left behind in memory.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE_BYTES));
    let mut key = Zeroizing::new([0_u8]);
    loop {
        match keys.read(&mut *key) {
            Ok(0) => return Err(TerminalError::Ended),
            Ok(_) => {}
            Err(_) if signals::stopping() => return Err(TerminalError::Stopped),
            Err(error) => return Err(error.into()),
        }
        match key[0] {
            b'\n' | b'\r' => break,
            0x03 => return Err(TerminalError::Interrupted),
            0x04 if line.is_empty() => return Err(TerminalError::Ended),
            0x08 | 0x7f => {
                // One character back, however many bytes it had.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                show(b"\x08 \x08");
            }
            0x15 => {
                let shown = std::str::from_utf8(&line).map_or(0, |text| text.chars().count());
                line.clear();
                show(&b"\x08 \x08".repeat(shown));
            }
            byte if byte < 0x20 => {}
            byte => {
                if line.len() == MAX_LINE_BYTES {
                    return Err(TerminalError::TooLong);
                }
                line.push(byte);
                show(&[byte]);
            }
        }
    }
    let text = std::str::from_utf8(&line).map_err(|_| TerminalError::Encoding)?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn typed(keys: &[u8]) -> Result<String, TerminalError> {
        collect_line(keys, |_| {}).map(|line| line.to_string())
    }

    #[test]
    fn a_line_is_edited_as_on_any_terminal() {
        assert_eq!(typed(b"secret\n").unwrap(), "secret");
        assert_eq!(typed(b"\r").unwrap(), "");
        assert_eq!(typed(b"sx\x7fecret\n").unwrap(), "secret");
        assert_eq!(typed("aé\x7fb\n".as_bytes()).unwrap(), "ab");
        assert_eq!(typed(b"wrong\x15right\n").unwrap(), "right");
        assert_eq!(typed(b"\x7f\x7fa\n").unwrap(), "a");
    }

    #[test]
    fn interruption_and_end_are_told_apart() {
        assert!(matches!(typed(b"sec\x03"), Err(TerminalError::Interrupted)));
        assert!(matches!(typed(b"\x04"), Err(TerminalError::Ended)));
        assert!(matches!(typed(b"sec"), Err(TerminalError::Ended)));
        assert!(matches!(typed(b"\xff\n"), Err(TerminalError::Encoding)));
        let long = [b'x'; MAX_LINE_BYTES + 1];
        assert!(matches!(typed(&long), Err(TerminalError::TooLong)));
    }

    #[test]
    fn nothing_is_coloured_unless_wanted() {
        assert_eq!(Terminal::silent().paint(Style::Error, "error:"), "error:");
    }
}
