//! Records, one and many.

use std::fs;

use patientport_tests::{Node, TestContext};

use super::READERS;
use crate::scene::Scene;

#[test]
fn records() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        let port = scene.context.port.clone();
        let reader_account = scene.context.specialist.address.clone();
        scene
            .context
            .file("note.txt", b"Fasting glucose 5.4 mmol/L.\n");
        scene.context.file("empty.bin", b"");
        for line in [
            format!("record add note.txt --port {port} --section 0 --title 'Visit note'"),
            format!("record add empty.bin --port {port} --section 1"),
            format!("record add missing.txt --port {port} --section 0"),
            format!("record add note.txt --port {port} --section 7"),
            format!(
                "record add --resume {} --port {port}",
                "0x".to_owned() + &"11".repeat(32)
            ),
        ] {
            scene.run("primary", &line);
        }
        scene.run(
            "specialist",
            &format!("record add note.txt --port {port} --section 0"),
        );
        for line in [
            "record list",
            "record get 1 -o first.txt",
            "record get 1 -o first.txt",
            "record get 1 --range 0-6 -o part.txt",
            "record get 9 -o ninth.txt",
            "record verify 1",
        ] {
            scene.run("patient", line);
        }
        scene.run(
            "specialist",
            &format!("record get 1 --port {port} -o stolen.txt"),
        );
        for line in [
            format!("record share 1 --with {reader_account}"),
            "record publish 1".into(),
            "record publish 1".into(),
            "record retract 1".into(),
            "record retract 1 --reason entered-in-error".into(),
            "record retract 1 --reason entered-in-error".into(),
            "record erase 2".into(),
            "record list".into(),
            "record get 2 -o second.txt".into(),
        ] {
            scene.run("patient", &line);
        }
        scene.end("records");
    }
}

#[test]
fn records_in_number() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        let port = scene.context.port.clone();
        let account = scene.context.specialist.address.clone();
        let directory = scene.context.path("scans");
        fs::create_dir(&directory).expect("the temporary directory is writable");
        scene
            .context
            .file("scans/knee.txt", b"Left knee, two views.\n");
        scene
            .context
            .file("scans/hand.txt", b"Right hand, three views.\n");
        scene
            .context
            .file("note.txt", b"Fasting glucose 5.4 mmol/L.\n");
        scene.context.file(
            "today.csv",
            b"file,section,title\nnote.txt,0,Note\nmissing.txt,0,Lost\n",
        );
        scene
            .context
            .file("bad.csv", b"file,colour\nnote.txt,red\n");
        for line in [
            format!("record add scans --port {port} --section 1"),
            format!("record add scans --recursive --port {port} --section 1"),
            format!("record add scans --recursive --port {port} --section 1"),
            format!("record add --manifest today.csv --port {port}"),
            format!("record add --manifest bad.csv --port {port}"),
            format!("record add scans/knee.txt note.txt --port {port} --section 9"),
        ] {
            scene.run("primary", &line);
        }
        scene
            .context
            .patient
            .ok(&format!("access grant {account} --section 1 --until 30d"));
        for line in [
            format!("record supersede 1 note.txt --port {port} --note 'the other hand'"),
            format!("record supersede 1 note.txt --port {port}"),
            format!("record supersede 9 note.txt --port {port}"),
        ] {
            scene.run("primary", &line);
        }
        for line in [
            format!("record supersede 2 note.txt --port {port}"),
            "access mine".into(),
            "record fetch --all -o fetched".into(),
            "record fetch --all -o fetched".into(),
            format!("record fetch --port {port} -o scans"),
        ] {
            scene.run("specialist", &line);
        }
        scene.run("stranger", "access mine");
        scene.run("stranger", "record fetch --all -o nothing");
        scene.run("patient", "record export -o mine");
        scene.run("patient", "record list");
        scene.run("stranger", &format!("record export --port {port} -o other"));
        scene.end("records-in-number");
    }
}
