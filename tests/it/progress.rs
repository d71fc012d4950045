//! Progress bars: on a terminal, nowhere else, and gone afterwards.

use crate::servers::{ACCESS_KEY, SECRET_KEY, Server};
use patientport_tests::{
    Run, TestContext, files_below, on_terminal, on_terminal_until, screen, utf8,
};
use std::{
    fs::{self, File},
    io::Write as _,
    process::Command,
};

/// Enough for a bar to be shown at once.
fn payload() -> Vec<u8> {
    (0..251).cycle().take(6 << 20).collect()
}

#[test]
fn a_bar_is_shown_on_a_terminal_and_wiped_off_at_the_end() {
    let context = TestContext::with_port();
    let file = context.file("scan.bin", &payload());
    let add = format!(
        "record add {} --port {} --section 0 --yes",
        utf8(&file),
        context.port
    );
    let (written, code) = on_terminal(&mut context.primary.command(&add), &[]);
    assert_eq!(code, Some(0), "{written}");
    assert!(written.contains("encrypting ["), "{written}");
    let left = screen(&written).join("\n");
    assert!(!left.contains("encrypting"), "{left}");
    assert!(left.contains("record 1 in section 0"), "{left}");

    let out = context.path("scan.out");
    let get = format!("record get 1 -o {}", utf8(&out));
    let (written, code) = on_terminal(&mut context.patient.command(&get), &[]);
    assert_eq!(code, Some(0), "{written}");
    assert!(written.contains("decrypting ["), "{written}");
    let left = screen(&written).join("\n");
    assert!(!left.contains("decrypting"), "{left}");
    assert!(fs::read(&out).expect("the record is there") == payload());
}

#[test]
fn what_goes_to_and_comes_from_another_machine_is_shown_as_it_moves() {
    let context = TestContext::with_port();
    let root = context.path("s3");
    fs::create_dir_all(root.join("records")).expect("the temporary directory is writable");
    let server = Server::s3(&root);
    let far = |command: &mut Command| {
        command
            .env("PATIENTPORT_STORE", "s3://records")
            .env("AWS_ENDPOINT_URL", server.url())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    };
    let file = context.file("scan.bin", &payload());
    let port = &context.port;
    let mut add = context.primary.command(&format!(
        "record add {} --port {port} --section 0 --yes",
        utf8(&file)
    ));
    far(&mut add);
    let (written, code) = on_terminal(&mut add, &[]);
    assert_eq!(code, Some(0), "{written}");
    let out = context.path("scan.out");
    let mut get = context
        .patient
        .command(&format!("record get 1 -o {}", utf8(&out)));
    far(&mut get);
    let (read, code) = on_terminal(&mut get, &[]);
    assert_eq!(code, Some(0), "{read}");
    for (shown, stages) in [
        (written, ["encrypting [", "storing ["]),
        (read, ["fetching [", "decrypting ["]),
    ] {
        for stage in stages {
            assert!(shown.contains(stage), "{stage}: {shown}");
        }
        let left = screen(&shown).join("\n");
        assert!(!left.contains('['), "{left}");
    }
    assert!(fs::read(&out).expect("the record is there") == payload());
}

#[test]
fn no_bar_is_shown_in_a_pipe_or_to_those_who_want_none() {
    let context = TestContext::with_port();
    let file = context.file("scan.bin", &payload());
    let add = format!(
        "record add {} --port {} --section 0 --yes",
        utf8(&file),
        context.port
    );
    let run = Run::of(&mut context.primary.command(&add));
    assert_eq!(run.exit_code, Some(0), "{}", run.stderr);
    assert!(!run.stderr.contains("encrypting") && !run.stderr.contains(['\r', '\u{1b}']));
    for flag in ["--quiet", "--json", "--no-progress"] {
        let mut command = context.primary.command(&add);
        let (written, code) = on_terminal(command.arg(flag), &[]);
        assert_eq!(code, Some(0), "{written}");
        assert!(!written.contains("encrypting ["), "{flag}: {written}");
    }
    let mut command = context.primary.command(&add);
    let (written, _) = on_terminal(command.env("TERM", "dumb"), &[]);
    assert!(!written.contains("encrypting ["), "{written}");
}

#[test]
fn an_interrupted_or_failed_run_leaves_no_bar_behind() {
    let context = TestContext::with_reader(&payload());
    let (path, _) = files_below(&context.primary.store)
        .into_iter()
        .max_by_key(|(_, length)| *length)
        .expect("a record is stored");
    let body = fs::read(&path).expect("the store is readable");
    let out = context.path("out");
    let get = format!("record get 1 --port {} -o {}", context.port, utf8(&out));

    // A body that ends badly.
    let mut damaged = body.clone();
    *damaged.last_mut().expect("a body is not empty") ^= 1;
    fs::remove_file(&path).expect("the store is writable");
    fs::write(&path, damaged).expect("the store is writable");
    let (written, code) = on_terminal(&mut context.specialist.command(&get), &[]);
    assert_eq!(code, Some(1), "{written}");
    assert!(written.contains("decrypting ["), "{written}");
    let left = screen(&written);
    assert!(left[0].starts_with("error: "), "{left:#?}");

    // A body that does not end: the run stands still with its bar, and is told to end.
    fs::remove_file(&path).expect("the store is writable");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    // It ends on the signal, not because the pipe does: the pipe stays open as long as the thread is not joined.
    let writer = std::thread::spawn(move || {
        let mut pipe = File::options()
            .write(true)
            .open(&path)
            .expect("the pipe opens");
        // The run may end before it has read all of it.
        let _ = pipe.write_all(&body[..5 << 20]);
        pipe
    });
    let mut command = context.specialist.command(&get);
    let (written, code) = on_terminal_until(&mut command, "decrypting [", |child| {
        let kill = format!("kill -INT {}", child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("a shell runs").success());
    });
    assert_eq!(code, Some(130), "{written}");
    let left = screen(&written);
    assert_eq!(left[0], "error: interrupted", "{left:#?}");
    assert!(!out.exists());
    drop(writer);
}
