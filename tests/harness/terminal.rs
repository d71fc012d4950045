//! A terminal for a run: what a person sees and types.

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    sync::mpsc::channel,
    thread,
};

/// Runs `command` on a terminal of its own, types each answer once its question is being asked, and gives everything
/// that the terminal showed, with the exit code. Standard output is the terminal as well.
///
/// # Panics
/// If the system has no terminal left, or the run ends without having asked every question.
pub fn on_terminal(command: &mut Command, answers: &[(&str, &str)]) -> (String, Option<i32>) {
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
    let mut child = child.expect("the program starts");
    // The run's ends are the last ones: with it, what is shown comes to an end.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut master = File::from(master);
    let mut reader = master.try_clone().expect("the terminal is ours");
    let (send, shown) = channel::<Vec<u8>>();
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            let _ = send.send(bytes[..length].to_vec());
        }
    });
    let text = |seen: &[u8]| String::from_utf8_lossy(seen).into_owned();
    let (mut seen, mut answered) = (Vec::new(), 0);
    for (question, answer) in answers {
        loop {
            let since = text(&seen[answered..]);
            if since.contains(question) {
                break;
            }
            let more = shown.recv();
            seen.extend(more.unwrap_or_else(|_| panic!("`{question}` was never asked: {since}")));
        }
        answered = seen.len();
        // A prompt drops what was typed before it switched the terminal to single keys.
        while tcgetattr(&master).is_ok_and(|it| it.local_modes.contains(LocalModes::ICANON)) {
            thread::yield_now();
        }
        master
            .write_all(format!("{answer}\n").as_bytes())
            .expect("the program reads");
    }
    let status = child.wait().expect("the program ends");
    seen.extend(shown.iter().flatten());
    (text(&seen), status.code())
}
