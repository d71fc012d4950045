//! A terminal for a run: what a person sees and types.

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Termios, tcgetattr},
};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

/// Longest a run may show nothing while something is waited for: a wrong test fails instead of standing still.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs `command` on a terminal of its own, types each answer once its question is being asked, and gives everything
/// that the terminal showed, with the exit code. Standard output is the terminal as well.
///
/// # Panics
/// If the system has no terminal left, or the run ends without having asked every question.
pub fn on_terminal(command: &mut Command, answers: &[(&str, &str)]) -> (String, Option<i32>) {
    let mut session = Session::start(command);
    for (question, answer) in answers {
        session.answer(question, answer);
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

/// A run on a terminal of its own, step by step.
#[derive(Debug)]
pub struct Session {
    child: Child,
    master: File,
    shown: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// How much of it was looked at.
    looked: usize,
    before: Termios,
}

impl Session {
    /// Starts `command`. Standard output is the terminal as well.
    ///
    /// # Panics
    /// If the system has no terminal left.
    pub fn start(command: &mut Command) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("the system has terminals");
        grantpt(&master).expect("the terminal is ours");
        unlockpt(&master).expect("the terminal is ours");
        let name = ptsname(&master, Vec::new()).expect("the terminal has a name");
        let name = name.into_string().expect("names of terminals are ASCII");
        let end = || {
            let end = File::options().read(true).write(true).open(&name);
            end.expect("the terminal opens")
        };
        let before = tcgetattr(&master).expect("the terminal is ours");
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
        Self {
            child,
            master,
            shown,
            seen: Vec::new(),
            looked: 0,
            before,
        }
    }

    /// Waits until `text` is shown, after what was waited for before.
    ///
    /// # Panics
    /// If the run ends without it.
    pub fn wait_for(&mut self, text: &str) {
        loop {
            let since = String::from_utf8_lossy(&self.seen[self.looked..]).into_owned();
            if since.contains(text) {
                break;
            }
            let more = self.shown.recv_timeout(PATIENCE);
            self.seen
                .extend(more.unwrap_or_else(|_| panic!("`{text}` was never shown: {since}")));
        }
        self.looked = self.seen.len();
    }

    /// Types a line once its question is being asked.
    ///
    /// # Panics
    /// If it is never asked.
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.press(question, &format!("{answer}\n"));
    }

    /// Presses keys once a question is being asked.
    ///
    /// # Panics
    /// If it is never asked.
    pub fn press(&mut self, question: &str, keys: &str) {
        self.wait_for(question);
        // A prompt drops what was typed before it switched the terminal to single keys.
        while tcgetattr(&self.master).is_ok_and(|it| it.local_modes.contains(LocalModes::ICANON)) {
            thread::yield_now();
        }
        self.master
            .write_all(keys.as_bytes())
            .expect("the program reads");
    }

    /// Sends the signal that Ctrl-C is where no prompt reads keys.
    ///
    /// # Panics
    /// If there is no shell.
    pub fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("a shell runs").success());
    }

    /// Waits for the end of the run: everything that was shown, and the exit code.
    ///
    /// # Panics
    /// If the terminal is left in another state than before.
    pub fn end(mut self) -> (String, Option<i32>) {
        let status = self.child.wait().expect("the program ends");
        // Asking a terminal nobody has open may fail; then nothing is left to be wrong.
        if let Ok(after) = tcgetattr(&self.master) {
            assert_eq!(after.local_modes, self.before.local_modes);
        }
        self.seen.extend(self.shown.iter().flatten());
        let text = String::from_utf8_lossy(&self.seen).into_owned();
        (text, status.code())
    }
}
