//! The guides and the README's walk-through, run as they stand: whatever a reader is told to type works.
//!
//! A fenced block whose info string is `sh WHO` is run in bash as this persona; GitHub shows the language alone. A comment
//! `<!-- sh WHO … -->` is run the same way and shown to nobody: what others do meanwhile. Each persona has its own home
//! and keeps its variables and directory from block to block. See [`stage`] for values in capitals and for what needs a
//! terminal. A plain `sh` block names no `patientport` command, so that none escapes.
//!
//! The chain is always the embedded one: a guide's readers wait for days, and have ether from nowhere.

mod links;
mod markdown;
mod stage;

use std::path::{Path, PathBuf};

use markdown::Document;
use stage::{Homes, Stage};

/// The guides.
const GUIDES: [&str; 3] = [
    "docs/guides/patient.md",
    "docs/guides/provider.md",
    "docs/guides/operator.md",
];

/// The repository.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the repository is there")
}

fn document(name: &str) -> Document {
    let text = std::fs::read_to_string(root().join(name)).expect("the document is there");
    Document::parse(name, &text)
}

#[track_caller]
fn runs(name: &str, homes: Homes) {
    let document = document(name);
    assert!(
        document.blocks().count() > 3,
        "`{name}` has hardly any blocks"
    );
    if let Err(problem) = Stage::new(homes, &root()).play(&document) {
        panic!("{problem}");
    }
}

#[test]
fn the_patients_guide_runs() {
    runs(GUIDES[0], Homes::Own);
}

#[test]
fn the_providers_guide_runs() {
    runs(GUIDES[1], Homes::Own);
}

#[test]
fn the_operators_guide_runs() {
    runs(GUIDES[2], Homes::Own);
}

#[test]
fn the_walk_through_of_the_readme_runs() {
    runs("README.md", Homes::Shared);
}

#[test]
fn no_command_of_the_guides_escapes_the_tests() {
    for name in ["README.md"].into_iter().chain(GUIDES) {
        let escaped = document(name).escaped();
        assert!(escaped.is_empty(), "{name}: nobody runs {escaped:#?}");
    }
}

#[test]
fn guides_are_short_and_promise_nothing_that_cannot_be_kept() {
    for name in GUIDES {
        let text = std::fs::read_to_string(root().join(name)).expect("the guide is there");
        let hidden: usize = text
            .split("<!-- sh ")
            .skip(1)
            .filter_map(|rest| rest.split_once("-->"))
            .map(|(hidden, _)| hidden.lines().count() + 1)
            .sum();
        let shown = text.lines().count() - hidden;
        assert!(shown <= 210, "{name} has {shown} lines");
        let text = text.to_lowercase();
        for phrase in [
            "hipaa compliant",
            "gdpr compliant",
            "deleted from the chain",
            "nobody can see who asked",
        ] {
            assert!(!text.contains(phrase), "{name} says `{phrase}`");
        }
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let broken = links::broken(&root());
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_line_that_fails_is_named_with_its_file_and_number() {
    let text = "# Title\n\n```sh ada\ntrue\nsh -c 'exit 7'\necho never\n```\n";
    let document = Document::parse("some.md", text);
    let problem = Stage::new(Homes::Own, &root())
        .play(&document)
        .expect_err("a line fails");
    assert!(
        problem.starts_with("some.md:5: sh -c 'exit 7' (exit code 7)"),
        "{problem}"
    );
    assert!(!problem.contains("never"), "{problem}");
    // A refusal that does not come is a failure, too, and so is a line that needs another persona's block.
    for (text, start) in [
        ("```sh ada\ntrue # refused: never\n```\n", "some.md:2: "),
        (
            "```sh ada\nX=1\n```\n```sh bob\n[ \"$X\" = 1 ]\n```\n",
            "some.md:5: ",
        ),
    ] {
        let problem = Stage::new(Homes::Own, &root())
            .play(&Document::parse("some.md", text))
            .expect_err("a line fails");
        assert!(problem.starts_with(start), "{problem}");
    }
}

#[test]
fn a_persona_keeps_variables_and_directory_from_block_to_block() {
    let text = "```sh ada\nexport X=1\nmkdir deep\ncd deep\n```\n<!-- sh ada\nvalue NAME shallow\n-->\n<!-- sh ada\n\
                value NAME deep\n-->\n```sh ada\n\
                [ \"$X\" = 1 ]\n[ \"${PWD##*/}\" = NAME ]\n```\n";
    let played = Stage::new(Homes::Own, &root()).play(&Document::parse("some.md", text));
    assert_eq!(played, Ok(()));
}
