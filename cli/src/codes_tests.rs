#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every literal of the form `word.word` in the non-test part of a source file.
fn codes_in(file: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    text.split('"')
        .skip(1)
        .step_by(2)
        .filter(|literal| {
            literal
                .split_once('.')
                .is_some_and(|(one, two)| is_word(one) && is_word(two))
        })
        .map(str::to_owned)
        .collect()
}

/// Where codes are given to errors.
const SOURCES: [&str; 6] = [
    "client/src/chain/handed_over.rs",
    "client/src/code.rs",
    "client/src/revert.rs",
    "client/src/signed.rs",
    "client/src/store/error.rs",
    "cli/src/error/code.rs",
];

#[test]
fn the_table_lists_exactly_the_codes_in_the_code() {
    let mut found: BTreeSet<String> = SOURCES.iter().flat_map(|file| codes_in(file)).collect();
    // Those that have no dot.
    found.extend(["declined", "hung_up", "interrupted", "terminated"].map(str::to_owned));
    let listed: BTreeSet<String> = CODES.iter().map(|entry| entry.code.to_owned()).collect();
    let missing: Vec<_> = found.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&found).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "missing {missing:?}, stale {stale:?}"
    );
}

#[test]
fn the_table_is_sorted_and_found_by_code() {
    assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    assert_eq!(find("rpc.unreachable").unwrap().exit, Exit::Environment);
    assert!(find("no.such_code").is_none());
}

#[test]
fn sentences_are_sentences_and_hints_are_not() {
    for entry in CODES {
        assert!(entry.meaning.ends_with('.'), "{}", entry.code);
        for hint in entry.hints {
            assert!(!hint.ends_with('.') && !hint.is_empty(), "{}", entry.code);
        }
    }
}

/// `docs/errors.md` as the table says it.
fn document() -> String {
    let mut text = String::from(
        "# Errors\n\n\
         Every failure has a stable code. With `--json` it stands in `errors[0].code`; the process exits with the\n\
         number in the second column: 1 refused, 2 usage or settings, 3 environment, and 128 plus the signal's number\n\
         when a signal ended it: 129 SIGHUP, 130 Ctrl-C, 143 SIGTERM. On 3, trying again may help; on 1 and 2 something\n\
         has to change first.\n\n\
         A test compares this page with the code. To write it anew: `UPDATE_DOCS=1 cargo test -p patientport codes`.\n\n\
         | code | exit | meaning | what to do |\n|---|---|---|---|\n",
    );
    for entry in CODES {
        let Code {
            code,
            exit,
            meaning,
            hints,
        } = entry;
        text.push_str(&format!(
            "| `{code}` | {} | {meaning} | {} |\n",
            *exit as u8,
            hints.join("; ").replace('|', "\\|")
        ));
    }
    text.push_str("\n## Warnings\n\nA warning changes no exit code. It stands in `warnings` of the document.\n\n| code | meaning |\n|---|---|\n");
    for (code, meaning) in WARNINGS {
        text.push_str(&format!("| `{code}` | {meaning} |\n"));
    }
    text
}

/// Codes that `Context::warn` is called with.
const WARNINGS: &[(&str, &str)] = &[
    (
        "access.reader_left_out",
        "A reader with access is given no new section keys: suspended, gone, without a key, with another key than before, never seen by this home, or given access while they were being changed.",
    ),
    (
        "card.unchecked",
        "The key on a port card is the node's word alone.",
    ),
    (
        "demo.not_returned",
        "What somebody of a demonstration on another chain has left could not be sent back; the directory with its wallet is kept.",
    ),
    (
        "deploy.not_cached",
        "A contract is deployed and not in the chain's program cache: calls of it cost more gas.",
    ),
    (
        "deployment.overridden",
        "Something else than the imported deployment says which registry is used.",
    ),
    (
        "deployment.unknown_code",
        "The contracts of an imported deployment are not those that this program was built with.",
    ),
    (
        "devnode.exposed",
        "The development chain listens on an address that other machines reach.",
    ),
    (
        "emergency.not_released",
        "One of several emergency packages could not be released; the others were.",
    ),
    (
        "emergency.not_renewed",
        "Emergency packages are older than the keys or the custodians and could not be made anew at the end of a command; its own work is done.",
    ),
    (
        "emergency.outdated_package",
        "An emergency package that is released holds earlier keys than the present, or not those of every section, or is sealed to a key that the responder has replaced.",
    ),
    (
        "erase.incomplete",
        "Copies of an erased record may be left in places that this run was told of: the receipt says where.",
    ),
    (
        "erase.no_head",
        "No head of the record is in reach, so nothing says which body belongs to it.",
    ),
    (
        "history.cache_dropped",
        "What this home kept of a port's history is damaged, or of another port, and is read anew.",
    ),
    (
        "identity.former_closed",
        "An identity that the present one replaced does not open; what was sealed to it alone stays closed.",
    ),
    (
        "home.not_kept",
        "What a command does is done, and the home could not be written to: what is named is not noted there.",
    ),
    (
        "inbox.port_left_out",
        "The inbox of several ports is shown without one of them, for the reason that the message tells.",
    ),
    (
        "input.left_out",
        "Something below a directory is no plain file, or a batch lists a record twice.",
    ),
    (
        "message.not_sealed",
        "A denial goes without words: the requester has no key that could be trusted.",
    ),
    (
        "message.unreadable",
        "A sealed text does not open or is malformed; the rest of the command goes on.",
    ),
    ("password.empty", "A new key has an empty password."),
    (
        "password.file_exposed",
        "Others than the owner may read the password file.",
    ),
    (
        "pin.not_kept",
        "Section keys that a command made could not be remembered in the home; they are on chain, and are believed as they are next seen.",
    ),
    (
        "port.own_delegation",
        "Who has taken a port over is still listed as its delegate, which gives nothing more and should be ended.",
    ),
    (
        "port.secrets_not_given",
        "A port is offered to an account that holds no section secrets: it could read nothing of what is there.",
    ),
    (
        "port.silent",
        "A port refuses to say what was granted or asked, as when its program has expired; the others are listed.",
    ),
    (
        "provider.attestation_ended",
        "A provider changed its profile, and an attester has to confirm it anew.",
    ),
    (
        "record.not_current",
        "The record was retracted or superseded.",
    ),
    (
        "record.share_pending",
        "Records that are sealed to the patient could not be shared onward at the end of a command; its own work is done.",
    ),
    (
        "record.unopened",
        "A record says that it is sealed to the patient and does not open with the patient's keys; it is shared with nobody.",
    ),
    (
        "recover.no_transfers",
        "The node does not search the events of all contracts, so ports that were transferred to an account were not looked for.",
    ),
    (
        "recover.not_genuine",
        "The registry's log names a port for an account, and what is there is no genuine port.",
    ),
    (
        "recover.other_identity",
        "A port or provider entry of an account shows a key that the identity does not have.",
    ),
    (
        "recover.readers_unseen",
        "A port was taken back, and this home does not remember the keys of its readers.",
    ),
    (
        "recover.unclaimed",
        "A port was issued for, or offered to, an account that has not accepted it.",
    ),
    (
        "recover.unknown_code",
        "A port of an account runs code that this program does not know, and was not taken back.",
    ),
    (
        "section.bad_secret",
        "Somebody sent a section secret that is not the section's, or a link that does not open; it is ignored.",
    ),
    (
        "section.stale",
        "Somebody without access holds the key of a section.",
    ),
    (
        "store.endpoint_asked",
        "A host that the user did not name was asked: its keeper learns which records are read, when and from where.",
    ),
    (
        "store.failed",
        "Another store failed than the one in the error.",
    ),
    (
        "store.fallback",
        "A store lacked a blob, served another one or failed, and the next one was asked.",
    ),
    (
        "store.not_taken_back",
        "A record that the port will never take, because its section's key has changed, could not be removed from a store: a former reader who gets it there could open it.",
    ),
    (
        "tx.none",
        "The command was to sign or write down a transaction, and there was nothing to send: no file was written.",
    ),
];

#[test]
fn the_page_lists_exactly_the_codes() {
    let path = root().join("docs/errors.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, document()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(
        page == document(),
        "docs/errors.md is not what the code says: UPDATE_DOCS=1 writes it anew"
    );
}

#[test]
fn every_warning_is_listed() {
    fn walk(directory: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // The first literal after `.warn(` on the same or the next line is the code.
            for call in text.split(".warn(").skip(1) {
                let argument = call.trim_start();
                if let Some(code) = argument
                    .strip_prefix('"')
                    .and_then(|rest| rest.split('"').next())
                    && code.contains('.')
                    && !code.contains(' ')
                {
                    found.insert(code.to_owned());
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&root().join("cli/src"), &mut found);
    let listed: BTreeSet<String> = WARNINGS
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .collect();
    assert_eq!(found, listed);
}
