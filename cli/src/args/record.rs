//! `patientport record …`

use std::path::PathBuf;

use alloy::primitives::Address;
use clap::{Args, Subcommand};

use super::port::PortArg;
use super::values::{self, ByteRange, CommitmentArg, RetractReason, SectionRef};

/// The record verbs.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Encrypt a file, store it, commit to it in the port
    #[command(after_help = "\
Examples:
  patientport record add summary.json --section 0 --title 'Patient summary'
  patientport record add scan.dcm --port mine --section imaging --type application/dicom --time 2026-11-20
  pg_dump … | patientport record add - --section 0 --title export
  patientport record add scan.dcm --store ~/records --store s3://bucket/records
  patientport record add --resume COMMITMENT            go on with what an earlier run encrypted

A batch is confirmed once; each record has a transaction of its own, and one that fails keeps no other back:
  patientport record add *.pdf --port mine --section labs
  patientport record add ~/scans --recursive --section imaging --type application/dicom
  patientport record add --manifest today.csv           file,port,section,title,media_type,content_time,note
Run it again after an interruption: what it added is not added twice.")]
    Add(AddArgs),
    /// Add a record that takes the place of an earlier one of the same section (its author, or the patient)
    #[command(after_help = "\
Examples:
  patientport record supersede 3 summary-corrected.json
  patientport record supersede 3 scan.dcm --port 0x9fE4…a6e0 --note 'side was wrong'
  patientport record add --resume COMMITMENT            go on with what an earlier run encrypted

The earlier record stays readable for whoever can read it; lists say which one took its place.")]
    Supersede(SupersedeArgs),
    /// List a port's records; titles of those that can be opened
    List(ListArgs),
    /// Fetch, verify and decrypt a record
    #[command(after_help = "\
Examples:
  patientport record get 1 -o summary.json
  patientport record get 1 --port 0x9fE4…a6e0 > summary.json
  patientport record get 2 --range 0-1048575 -o first-mebibyte

Nothing is written before the whole record, or the whole part, has verified. Records are looked for in the stores named,
in their order, then at the endpoint that the author names, then on the chain.")]
    Get(GetArgs),
    /// Fetch, verify and decrypt everything this account may read, into a directory
    #[command(after_help = "\
Examples:
  patientport record fetch --all -o ~/records         at every port that has granted something
  patientport record fetch --port 0x9fE4…a6e0 -o ~/records

Run it again to get what is new: what the directory's index.json lists and is intact is not fetched again. Files are
named by record number, words of the title and media type; the directory belongs to this command.")]
    Fetch(FetchArgs),
    /// Export a port: all records, what they are, and the history as JSON and FHIR
    #[command(after_help = "\
Examples:
  patientport record export -o ~/my-records
  patientport record export --port mine -o ~/my-records

index.json names of each record commitment, title, type, author and time; history.json and history.fhir.json tell who
did what. The same port gives the same bytes.")]
    Export(ExportArgs),
    /// Check a record's blobs against the chain, and decrypt them without output where a key is held
    Verify(VerifyArgs),
    /// Give a reader the keys of single records, for ever
    #[command(after_help = "\
Examples:
  patientport record share 4 7 --with 0x7099…79C8    these two, with one reader
  patientport record share                           what was sealed to you, with those who may read its section

An author who finds that somebody without access still holds a section's key seals to you instead. The next of your
commands that gives access or changes keys shares such records onward; without records, this one does only that.
Nothing takes a record's key back: to end it, add the content again as a new record.")]
    Share(ShareArgs),
    /// Mark a record as entered in error or erased
    #[command(after_help = "\
Examples:
  patientport record retract 3 --reason entered-in-error

The commitment stays on chain and stored blobs stay where they are.")]
    Retract(RetractArgs),
    /// Put a record's ciphertext on the chain, for ever and for everybody
    #[command(after_help = "\
Examples:
  patientport record publish 3

Nobody can take back what is published, and whoever gets the record's key at any later time can read it. It takes one
transaction per 24,576 bytes; how many, and what they cost, is shown first. Run again, it goes on where it stopped.")]
    Publish(PublishArgs),
    /// Retract a record as erased and destroy its copies in every store named; tells what is left
    #[command(after_help = "\
Examples:
  patientport record erase 3
  patientport record erase 3 --store ~/records --store s3://bucket/records

The record is retracted first, then its copies are destroyed. Run again, it goes on where it stopped. The receipt says
what is out of reach: the commitment and what was published on the chain, keys that were shared, readers' copies.")]
    Erase(EraseArgs),
}

/// `record add`
#[derive(Debug, Args)]
pub struct AddArgs {
    /// File; `-` reads standard input. Several files, a directory with `--recursive`, or a `--manifest` are a batch
    #[arg(
        value_name = "FILE",
        required_unless_present_any = ["resume", "manifest"],
        conflicts_with_all = ["resume", "manifest"]
    )]
    pub file: Vec<PathBuf>,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Section, by number or by a name this home knows [default: the port's only section]
    #[arg(long, value_name = "SECTION", conflicts_with = "resume")]
    pub section: Option<SectionRef>,
    /// What is said of it.
    #[command(flatten)]
    pub described: Description,
    /// Seal to the section though a former reader still holds its key and could open the record [default: to the
    /// patient, who shares it onward]
    #[arg(long)]
    pub allow_stale: bool,
    /// Go on with a record that an earlier run encrypted: store it where it is missing, send the transaction
    #[arg(long, value_name = "COMMITMENT")]
    pub resume: Option<CommitmentArg>,
    /// Many records.
    #[command(flatten)]
    pub batch: BatchArgs,
}

impl AddArgs {
    /// Whether more than one record is meant.
    pub const fn is_batch(&self) -> bool {
        self.file.len() > 1 || self.batch.recursive || self.batch.manifest.is_some()
    }
}

/// Many records in one run.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Clone, Debug, Default, Args)]
pub struct BatchArgs {
    /// Add the files of directories and those below them; names that begin with a dot are left out
    #[arg(short = 'R', long, conflicts_with_all = ["resume", "manifest"])]
    pub recursive: bool,
    /// File that lists the records to add: .csv with a heading, or .jsonl with an object a line; `file` and, where the
    /// flags do not say it for all, `port`, `section`, `title`, `media_type`, `content_time`, `note`
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    pub manifest: Option<PathBuf>,
    /// Let the manifest name files outside its own directory: whoever wrote it chooses what leaves this machine, and for
    /// which port
    #[arg(long, requires = "manifest")]
    pub allow_outside: bool,
    /// Stop at the first record that cannot be added
    #[arg(long, conflicts_with = "resume")]
    pub fail_fast: bool,
    /// Add again what an earlier batch added: else an unchanged file is added to a section once
    #[arg(long, conflicts_with = "resume")]
    pub again: bool,
    /// How many records are encrypted and stored at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub jobs: u8,
}

/// What is said of a record.
#[derive(Clone, Debug, Default, Args)]
pub struct Description {
    /// Title [default: what the content calls itself, else the file's name]
    #[arg(long, conflicts_with = "resume")]
    pub title: Option<String>,
    /// Media type [default: by the content]
    #[arg(long = "type", value_name = "MEDIA_TYPE", conflicts_with = "resume")]
    pub media_type: Option<String>,
    /// Note, seen by whoever can read the record
    #[arg(long, conflicts_with = "resume")]
    pub note: Option<String>,
    /// When the content is from: a date or RFC 3339 [default: as a FHIR resource says]
    #[arg(long, value_name = "TIME", conflicts_with = "resume")]
    pub time: Option<String>,
}

/// `record supersede`
#[derive(Debug, Args)]
pub struct SupersedeArgs {
    /// Number of the earlier record
    #[arg(value_parser = values::record_number)]
    pub id: u32,
    /// File; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Title [default: what the content calls itself, else the file's name]
    #[arg(long)]
    pub title: Option<String>,
    /// Media type [default: by the content]
    #[arg(long = "type", value_name = "MEDIA_TYPE")]
    pub media_type: Option<String>,
    /// Note, seen by whoever can read the record
    #[arg(long)]
    pub note: Option<String>,
    /// When the content is from: a date or RFC 3339 [default: as a FHIR resource says]
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// Seal to the section though a former reader still holds its key and could open the record [default: to the
    /// patient, who shares it onward]
    #[arg(long)]
    pub allow_stale: bool,
}

/// `record list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Only this section
    #[arg(long, value_name = "SECTION")]
    pub section: Option<SectionRef>,
}

/// `record get`
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Record number
    #[arg(value_parser = values::record_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Where to write; `-` is standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the output file
    #[arg(long)]
    pub force: bool,
    /// Only these bytes: first and last, counted from 0, or from the first to the end
    #[arg(long, value_name = "FIRST-[LAST]")]
    pub range: Option<ByteRange>,
}

/// `record publish`
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Record number
    #[arg(value_parser = values::record_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `record erase`
#[derive(Debug, Args)]
pub struct EraseArgs {
    /// Record number
    #[arg(value_parser = values::record_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `record fetch`
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// At every port of the registry that has granted something to this account
    #[arg(long, conflicts_with = "port")]
    pub all: bool,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Directory; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// How many records are fetched at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub jobs: u8,
}

/// `record export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Directory; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// How many records are fetched at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub jobs: u8,
}

/// `record share`
#[derive(Debug, Args)]
pub struct ShareArgs {
    /// Record numbers [default: those that are sealed to you]
    #[arg(value_name = "ID", value_parser = values::record_number, requires = "with")]
    pub ids: Vec<u32>,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Reader
    #[arg(long, value_name = "READER", value_parser = values::address)]
    pub with: Option<Address>,
    /// Share with readers, too, whom this home has not seen before [default: ask]
    #[arg(long, conflicts_with = "with")]
    pub include_unseen: bool,
}

/// `record verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Record number
    #[arg(value_parser = values::record_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `record retract`
#[derive(Debug, Args)]
pub struct RetractArgs {
    /// Record number
    #[arg(value_parser = values::record_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Why
    #[arg(long, value_enum)]
    pub reason: RetractReason,
}
