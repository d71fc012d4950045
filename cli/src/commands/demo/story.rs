//! The story: what happens, in order, and what is checked.

use super::{
    files,
    stage::{DemoError, Party, Stage},
};
use crate::text::grouped;
use std::{
    fs::{self, File},
    io::{self, BufReader, Read as _},
    path::Path,
};

/// Work factor of the demonstration's keystores, the least the program writes: they protect accounts
/// whose keys are public anyway.
const KDF: &str = "--scrypt-log-n 13";

/// A file that becomes a record.
struct Document {
    file: &'static str,
    section: &'static str,
    title: &'static str,
}

/// What the specialist gets to read.
const DOCUMENTS: [Document; 3] = [
    Document {
        file: "patient-summary.fhir.json",
        section: "0",
        title: "International Patient Summary",
    },
    Document {
        file: "lab-report.pdf",
        section: "0",
        title: "Laboratory report",
    },
    Document {
        file: "ct-abdomen.dcm",
        section: "1",
        title: "CT abdomen",
    },
];

/// The people: names of homes, wallets and identities.
pub(super) const PEOPLE: [&str; 4] = ["owner", "primary-care", "specialist", "patient"];

/// Pays the people, in the order of [`PEOPLE`], whose accounts these are; one sentence for each.
pub(super) type Pay<'a> = dyn FnMut(&[String; 4]) -> Result<Vec<String>, DemoError> + 'a;

/// Tells the whole story on `stage`. Without `pay` the people's accounts are the development chain's own.
pub(super) fn tell(stage: &mut Stage<'_>, pay: Option<&mut Pay<'_>>) -> Result<(), DemoError> {
    let [owner, primary, specialist, patient] = PEOPLE.map(|name| Party { name });

    stage.step(
        "Four people make a wallet; those who receive secrets make an encryption identity.",
    )?;
    write_files(stage)?;
    let mut addresses = [const { String::new() }; 4];
    for (index, party) in [&owner, &primary, &specialist, &patient]
        .into_iter()
        .enumerate()
    {
        stage.prepare(party)?;
        let line = match &pay {
            None => format!("wallet import {} --dev {index} {KDF}", party.name),
            Some(_) => format!("wallet new {} {KDF}", party.name),
        };
        addresses[index] = stage.run(party, &line)?.text("/address")?;
        if party.name != owner.name {
            stage.run(party, &format!("identity new {} {KDF}", party.name))?;
        }
    }
    match pay {
        None => stage.note("Wallets come from the development chain's funded accounts; identities are random and stay in each one's home."),
        Some(pay) => {
            stage.note("Accounts and identities are random and stay in each one's home.");
            for paid in pay(&addresses)? {
                stage.note(paid);
            }
        }
    }
    let [_, primary_address, specialist_address, patient_address] = addresses;

    stage.step("The network's owner deploys the provider registry and the port contract.")?;
    let deployed = stage.run(&owner, "deploy")?;
    stage.use_registry(deployed.text("/registry")?);

    stage.step("Both providers register, each with a public profile and an encryption key.")?;
    stage.run(
        &primary,
        "provider register --kind clinic --npi 1234567893 --name 'Lakeview Family Practice' --specialty 207Q00000X",
    )?;
    stage.run(
        &specialist,
        "provider register --kind physician --npi 1993999998 --name 'Dr. Tomas Brandt, Endocrinology' --specialty 207RE0101X",
    )?;

    stage.step("An attester confirms that they are who they say they are.")?;
    for provider in [&primary_address, &specialist_address] {
        stage.run(&owner, &format!("provider attest {provider} --until 1y"))?;
    }

    stage.step(
        "The primary care provider issues a port: a small contract that only the patient governs.",
    )?;
    let issued = stage.run(&primary, &format!("port issue --patient {patient_address}"))?;
    let port = issued.text("/port")?;

    stage.step("The patient accepts it and opens two sections.")?;
    stage.run(
        &patient,
        &format!("port claim {port} --section 0:general --section 1:imaging"),
    )?;
    stage.note("On chain a section is a number and a public key; its name travels only inside sealed messages.");

    stage
        .step("Primary care encrypts three files, stores them and commits to them in the port.")?;
    for document in &DOCUMENTS {
        stage.run(
            &primary,
            &format!(
                "record add {} --port {port} --section {} --title '{}'",
                document.file, document.section, document.title
            ),
        )?;
        let bytes = length(&stage.files().join(document.file))?;
        stage.note(format!("{}: {} bytes", document.file, grouped(bytes)));
    }

    stage.step("The specialist asks for both sections.")?;
    let sent = stage.run(
        &specialist,
        &format!("request send --port {port} --section 0,1 --until 90d --rights read-write --text 'Review of glycaemic control, referred by your practice'"),
    )?;
    let request = sent.text("/id")?;
    stage.note("Who asked is public; what for, until when and why is sealed to the patient.");

    stage.step("The patient reads the request and approves it.")?;
    stage.run(&patient, &format!("request show {request} --port {port}"))?;
    stage.run(
        &patient,
        &format!("request approve {request} --port {port}"),
    )?;
    stage.note("Approving seals two section secrets to the specialist: it costs the same however many records there are.");

    stage.step("The specialist fetches, verifies and decrypts the records.")?;
    stage.run(&specialist, &format!("record list --port {port}"))?;
    for (index, document) in DOCUMENTS.iter().enumerate() {
        let id = (index + 1).to_string();
        let copy = format!("fetched-{}", document.file);
        stage.run(
            &specialist,
            &format!("record get {id} --port {port} --output {copy}"),
        )?;
        let files = stage.files();
        if !same_content(&files.join(document.file), &files.join(&copy))? {
            return Err(differs(&copy, document.file));
        }
        stage.note(format!("{copy} is byte for byte {}", document.file));
    }

    stage.step(
        "The patient revokes: access ends, and both sections get new keys in the same transaction.",
    )?;
    stage.run(
        &patient,
        &format!("access revoke {specialist_address} --port {port} --reason care-ended"),
    )?;

    stage.step("Primary care adds one more record, under the new key.")?;
    stage.run(
        &primary,
        &format!("record add visit-note.txt --port {port} --section 0 --title 'Visit note'"),
    )?;
    let fetched = "fetched-visit-note.txt";
    stage.run(
        &patient,
        &format!("record get 4 --port {port} --output {fetched}"),
    )?;
    let files = stage.files();
    if !same_content(&files.join("visit-note.txt"), &files.join(fetched))? {
        return Err(differs(fetched, "visit-note.txt"));
    }
    stage.note("The patient reads it with the new key, sealed to them by the rotation.");

    stage.step("The specialist is refused by the contract, and cannot decrypt the new record with its blob in hand.")?;
    stage.run_refused(
        &specialist,
        &format!("record add lab-report.pdf --port {port} --section 0"),
        &["access.denied"],
    )?;
    let verified = stage.run(&specialist, &format!("record verify 4 --port {port}"))?;
    if verified.text("/decrypted")? != "false" {
        return Err(DemoError::Unexpected {
            step: "`record verify 4`, run by specialist".to_owned(),
            expected: "a record that does not decrypt".to_owned(),
            found: "one that does".to_owned(),
        });
    }
    stage.note("Both blobs of record 4 are in the specialist's hands, whole and unchanged.");
    let out = "never-written.txt";
    stage.run_refused(
        &specialist,
        &format!("record get 4 --port {port} --output {out}"),
        &["section.no_matching_key"],
    )?;
    if stage.files().join(out).exists() {
        return Err(DemoError::Unexpected {
            step: "the refused run".to_owned(),
            expected: "no file".to_owned(),
            found: out.to_owned(),
        });
    }
    stage.note("What was read before the revocation cannot be unread: records 1 to 3 still open for the specialist.");
    Ok(())
}

/// Puts the documents where the people find them.
fn write_files(stage: &Stage<'_>) -> Result<(), DemoError> {
    let directory = stage.files();
    for (name, content) in [
        ("patient-summary.fhir.json", files::PATIENT_SUMMARY),
        ("lab-report.pdf", files::LAB_REPORT),
        ("visit-note.txt", files::VISIT_NOTE),
    ] {
        let path = directory.join(name);
        fs::write(&path, content).map_err(DemoError::file("write", &path))?;
    }
    let path = directory.join("ct-abdomen.dcm");
    files::write_study(&path).map_err(DemoError::file("write", &path))
}

/// Two files that should be the same are not.
fn differs(found: &str, expected: &str) -> DemoError {
    DemoError::Unexpected {
        step: "comparing byte by byte".to_owned(),
        expected: format!("the bytes of {expected}"),
        found: format!("other bytes in {found}"),
    }
}

fn length(path: &Path) -> Result<u64, DemoError> {
    Ok(fs::metadata(path)
        .map_err(DemoError::file("read", path))?
        .len())
}

/// Compares two files byte by byte.
fn same_content(one: &Path, other: &Path) -> Result<bool, DemoError> {
    if length(one)? != length(other)? {
        return Ok(false);
    }
    let open =
        |path: &Path| -> io::Result<_> { Ok(BufReader::with_capacity(1 << 20, File::open(path)?)) };
    let mut left = open(one).map_err(DemoError::file("read", one))?;
    let mut right = open(other).map_err(DemoError::file("read", other))?;
    let (mut a, mut b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let read = left.read(&mut a).map_err(DemoError::file("read", one))?;
        if read == 0 {
            return Ok(true);
        }
        right
            .read_exact(&mut b[..read])
            .map_err(DemoError::file("read", other))?;
        if a[..read] != b[..read] {
            return Ok(false);
        }
    }
}
