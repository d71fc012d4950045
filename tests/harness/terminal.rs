//! A terminal for a run: what a person sees and types.

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

/// Runs `command` on a terminal of its own, types each answer once its question is being asked, and gives everything
/// that the terminal showed, with the exit code. Standard output is the terminal as well.
///
/// # Panics
/// If the system has no terminal left, or the run ends without having asked every question.
pub fn on_terminal(command: &mut Command, answers: &[(&str, &str)]) -> (String, Option<i32>) {
    let mut session = Session::start(command);
    for (question, answer) in answers {
        session.wait_for(question);
        // A prompt drops what was typed before it switched the terminal to single keys.
        while tcgetattr(&session.master).is_ok_and(|it| it.local_modes.contains(LocalModes::ICANON))
        {
            thread::yield_now();
        }
        session
            .master
            .write_all(format!("{answer}\n").as_bytes())
            .expect("the program reads");
    }
    session.end()
}

/// Runs `command` on a terminal of its own until it shows `text`; then `act` gets the process. Gives everything that
/// the terminal showed, with the exit code.
///
/// # Panics
/// If the system has no terminal left, or the run ends without having shown the text.
pub fn on_terminal_until(
    command: &mut Command,
    text: &str,
    act: impl FnOnce(&Child),
) -> (String, Option<i32>) {
    let mut session = Session::start(command);
    session.wait_for(text);
    act(&session.child);
    session.end()
}

/// What a terminal shows in the end, line by line, of what was written to it: bars are drawn over and wiped off. Knows
/// the few controls that bars use.
pub fn screen(written: &str) -> Vec<String> {
    let (mut lines, mut row, mut column) = (vec![Vec::new()], 0_usize, 0_usize);
    let mut rest = written.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                if row == lines.len() {
                    lines.push(Vec::new());
                }
            }
            '\u{1b}' if rest.peek() == Some(&'[') => {
                rest.next();
                let mut number = String::new();
                let mut kind = ' ';
                for next in rest.by_ref() {
                    if next.is_ascii_alphabetic() {
                        kind = next;
                        break;
                    }
                    number.push(next);
                }
                let times = number.parse().unwrap_or(1);
                match kind {
                    'A' => row = row.saturating_sub(times),
                    'B' => row = (row + times).min(lines.len() - 1),
                    'K' if number == "2" => lines[row].clear(),
                    'K' => lines[row].truncate(column),
                    'J' => {
                        lines[row].truncate(column);
                        lines.truncate(row + 1);
                    }
                    _ => {}
                }
            }
            character => {
                let line: &mut Vec<char> = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = character;
                column += 1;
            }
        }
    }
    let shown = lines.into_iter().map(|line| line.into_iter().collect());
    let shown = shown.map(|line: String| line.trim_end().to_owned());
    shown.filter(|line| !line.is_empty()).collect()
}

/// A run on a terminal.
struct Session {
    child: Child,
    master: File,
    shown: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// How much of it was there when the last text was found.
    found: usize,
}

impl Session {
    fn start(command: &mut Command) -> Self {
        let (child, master, shown) = start(command);
        Self {
            child,
            master,
            shown,
            seen: Vec::new(),
            found: 0,
        }
    }

    fn wait_for(&mut self, text: &str) {
        loop {
            let since = String::from_utf8_lossy(&self.seen[self.found..]).into_owned();
            if since.contains(text) {
                self.found = self.seen.len();
                return;
            }
            let more = self.shown.recv();
            self.seen
                .extend(more.unwrap_or_else(|_| panic!("`{text}` was never shown: {since}")));
        }
    }

    fn end(mut self) -> (String, Option<i32>) {
        let status = self.child.wait().expect("the program ends");
        self.seen.extend(self.shown.iter().flatten());
        let seen = String::from_utf8_lossy(&self.seen).into_owned();
        (seen, status.code())
    }
}

fn start(command: &mut Command) -> (Child, File, Receiver<Vec<u8>>) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("the system has terminals");
    grantpt(&master).expect("the terminal is ours");
    unlockpt(&master).expect("the terminal is ours");
    let name = ptsname(&master, Vec::new()).expect("the terminal has a name");
    let name = name.into_string().expect("names of terminals are ASCII");
    let end = || {
        let end = File::options().read(true).write(true).open(&name);
        end.expect("the terminal opens")
    };
    let child = command.stdin(end()).stdout(end()).stderr(end()).spawn();
    let child = child.expect("the program starts");
    // The run's ends are the last ones: with it, what is shown comes to an end.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let master = File::from(master);
    let mut reader = master.try_clone().expect("the terminal is ours");
    let (send, shown) = channel::<Vec<u8>>();
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            let _ = send.send(bytes[..length].to_vec());
        }
    });
    (child, master, shown)
}
