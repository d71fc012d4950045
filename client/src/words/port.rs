//! Calls of a port in words.

use alloy::sol_types::SolCall as _;
use patientport_abi::IPatientPort::{IPatientPortCalls as Calls, Rotation, Sealed, executeCall};

use super::{Contract, Words, code, numbers, seconds, sections};
use crate::port::{DenialReason, RetractionReason, RevocationReason};

/// Every function of a port. There is no other arm: a new function does not compile without words.
pub(super) fn words(call: Calls) -> Words {
    match call {
        Calls::claim(it) => Words::patient("claim", "accept this port")
            .key("key", it.keyX, it.keyParity)
            .rotation(&it.rotation),
        Calls::setEncryptionKey(it) => {
            Words::patient("setEncryptionKey", "change the port's encryption key")
                .key("new key", it.keyX, it.keyParity)
                .rotation(&it.rotation)
        }
        Calls::transferOwnership(it) => Words::patient(
            "transferOwnership",
            "offer the ownership to another account",
        )
        .account("new owner", it.newOwner, "nobody: an offer is called off"),
        Calls::acceptOwnership(_) => Words::others("acceptOwnership", "accept the ownership"),
        Calls::setPrimaryCare(it) => Words::patient(
            "setPrimaryCare",
            "name the primary care provider",
        )
        .account("primary care", it.provider, "nobody"),
        Calls::rotate(it) => Words::patient("rotate", "change section keys").rotation(&it.rotation),
        Calls::reseal(it) => Words::patient("reseal", "give section keys to more readers")
            .line("sections", sections(it.sections))
            .line("epochs", numbers(&it.epochs))
            .sealed(&it.sealed_),
        Calls::add(it) => Words::patient("add", "add a record")
            .line("section", format!("{} at epoch {}", it.section, it.epoch))
            .line("commitment", it.commitment),
        Calls::supersede(it) => Words::patient("supersede", "replace a record")
            .line("record", it.recordId)
            .line("by", it.commitment)
            .line("epoch", it.epoch),
        Calls::retract(it) => {
            let reason = RetractionReason::from_code(it.reason);
            Words::patient("retract", "take a record back")
                .line("record", it.recordId)
                .line("reason", code(it.reason, reason))
        }
        Calls::publish(it) => Words::patient(
            "publish",
            "publish ciphertext of a record, for ever and for everybody",
        )
        .line("record", it.recordId)
        .line(
            "part",
            code(it.part, ["head", "body"].get(usize::from(it.part))),
        )
        .line("piece", it.piece)
        .line("size", format!("{} bytes", it.data.len())),
        Calls::share(it) => Words::patient("share", "give a reader single records, for ever")
            .line("reader", it.reader)
            .line("records", numbers(&it.recordIds))
            .message("message", &it.message),
        Calls::request(it) => Words::others("request", "ask for access")
            .line("for", it.recipient)
            .message("message", &it.message),
        Calls::cancel(it) => {
            Words::others("cancel", "take a request back").line("request", it.requestId)
        }
        Calls::deny(it) => {
            let reason = DenialReason::from_code(it.reason);
            Words::patient("deny", "deny a request")
                .line("request", it.requestId)
                .line("reason", code(it.reason, reason))
                .message("text", &it.message)
        }
        Calls::setBlocked(it) => {
            let title = if it.blocked {
                "take no more requests of an account"
            } else {
                "take requests of an account again"
            };
            Words::patient("setBlocked", title).line("account", it.requester)
        }
        Calls::approve(it) => Words::patient("approve", "approve a request: give access")
            .line("request", it.requestId)
            .grant(
                it.reader,
                it.sections,
                &it.epochs,
                it.expiry,
                it.rights,
                it.allowUnverified,
            )
            .message("secrets", &it.message),
        Calls::grant(it) => Words::patient("grant", "give access without a request")
            .grant(
                it.reader,
                it.sections,
                &it.epochs,
                it.expiry,
                it.rights,
                it.allowUnverified,
            )
            .message("secrets", &it.message),
        Calls::revoke(it) => {
            let reason = RevocationReason::from_code(it.reason);
            Words::patient("revoke", "end access")
                .line("reader", it.reader)
                .line("reason", code(it.reason, reason))
                .rotation(&it.rotation)
        }
        Calls::setDelegate(it) => {
            let words = if it.rights == 0 {
                Words::patient("setDelegate", "end a delegation").line("delegate", it.delegate)
            } else {
                Words::patient("setDelegate", "let an account act for the patient")
                    .line("delegate", it.delegate)
                    .line("rights", delegate_rights(it.rights))
            };
            words
                .delegation_end(it.until)
                .key("key", it.keyX, it.keyParity)
                .rotation(&it.rotation)
        }
        Calls::setCustodian(it) => {
            Words::patient("setCustodian", "name a custodian of emergency packages")
                .line("number", it.index)
                .account("custodian", it.account, "nobody")
                .key("key", it.keyX, it.keyParity)
        }
        Calls::setResponder(it) => {
            let title = if it.sections == 0 {
                "remove an emergency responder"
            } else {
                "arm an emergency responder"
            };
            Words::patient("setResponder", title)
                .line("responder", it.responder)
                .line("sections", sections(it.sections))
                .line("delay", seconds(it.delay))
                .line("window", seconds(it.window))
                .line("package", it.package)
        }
        Calls::setPackage(it) => Words::patient("setPackage", "name an emergency package")
            .line("responder", it.responder)
            .line("package", it.package),
        Calls::breakGlass(it) => {
            Words::others("breakGlass", "take emergency access").message("message", &it.message)
        }
        Calls::veto(it) => {
            Words::patient("veto", "veto emergency access").line("responder", it.responder)
        }
        Calls::release(it) => Words::others("release", "release an emergency package")
            .line("responder", it.responder)
            .message("package", &it.message),
        Calls::execute(it) => Words::others("execute", "send what the patient signed")
            .inner(&it.call)
            .line("nonce", it.nonce)
            .time("good until", it.deadline)
            .line("signature", format!("{} bytes", it.signature.len())),
        Calls::cancelSignatures(_) => Words::patient(
            "cancelSignatures",
            "void what was signed and is not sent yet",
        ),
        Calls::info(_) => Words::view("info"),
        Calls::sectionKeys(it) => {
            Words::view("sectionKeys").line("sections", sections(it.sections))
        }
        Calls::record(it) => Words::view("record").line("record", it.recordId),
        Calls::records(it) => Words::view("records")
            .line("from", it.from)
            .line("limit", it.limit),
        Calls::getRequest(it) => Words::view("getRequest").line("request", it.requestId),
        Calls::requests(it) => Words::view("requests")
            .line("from", it.from)
            .line("limit", it.limit),
        Calls::isBlocked(it) => Words::view("isBlocked").line("account", it.requester),
        Calls::holders(it) => Words::view("holders")
            .line("from", it.from)
            .line("limit", it.limit),
        Calls::holderOf(it) => Words::view("holderOf").line("account", it.account),
        Calls::accessOf(it) => Words::view("accessOf").line("reader", it.reader),
        Calls::hasAccess(it) => Words::view("hasAccess")
            .line("reader", it.reader)
            .line("section", it.section),
        Calls::custodians(_) => Words::view("custodians"),
        Calls::historyHead(_) => Words::view("historyHead"),
        Calls::supportsInterface(it) => {
            Words::view("supportsInterface").line("interface", it.interfaceId)
        }
    }
}

impl Words {
    /// The call that was signed. A signed call makes no other, so this goes one deep.
    fn inner(mut self, call: &[u8]) -> Self {
        if call.starts_with(&executeCall::SELECTOR) {
            return self.line("call", "another `execute`, which the port refuses");
        }
        match Self::read(Contract::Port, call) {
            Ok(inner) => {
                self = self.line("call", format!("`{}`: {}", inner.function, inner.title));
                self.lines.extend(inner.lines);
                self
            }
            Err(error) => self.line("call", format!("{} bytes: {error}", call.len())),
        }
    }

    fn grant(
        self,
        reader: alloy::primitives::Address,
        set: u64,
        epochs: &[u32],
        expiry: u64,
        bits: u8,
        allow_unverified: bool,
    ) -> Self {
        let words = self
            .line("reader", reader)
            .line("sections", sections(set))
            .line("epochs", numbers(epochs))
            .time("until", expiry)
            .line("rights", rights(bits));
        if allow_unverified {
            words.line("unverified", "accepted: the reader need not be verified")
        } else {
            words
        }
    }

    fn delegation_end(self, until: u64) -> Self {
        if until == 0 {
            self
        } else {
            self.time("until", until)
        }
    }

    fn rotation(mut self, rotation: &Rotation) -> Self {
        self = self.line("new keys for sections", sections(rotation.sections));
        if rotation.sections != 0 || !rotation.epochs.is_empty() {
            self = self.line("epochs replaced", numbers(&rotation.epochs));
        }
        // The section of each key is the next set bit; what does not fit is told as it stands.
        let mut set = (0..64_u8).filter(|bit| rotation.sections >> bit & 1 == 1);
        for x in &rotation.keys {
            let parity = set.next().map_or(0, |bit| rotation.parities >> bit & 1);
            self = self.key("section key", *x, u8::from(parity == 1));
        }
        if !rotation.links.is_empty() {
            self = self.line("links", format!("{} bytes", rotation.links.len()));
        }
        self.sealed(&rotation.sealed_)
    }

    fn sealed(mut self, messages: &[Sealed]) -> Self {
        for sealed in messages {
            let bytes = sealed.message.len();
            self = self.line("sealed to", format!("{}, {bytes} bytes", sealed.recipient));
        }
        self
    }
}

/// A grant's rights.
fn rights(bits: u8) -> String {
    code(
        bits,
        match bits {
            1 => Some("read"),
            2 => Some("write"),
            3 => Some("read and write"),
            _ => None,
        },
    )
}

/// A delegate's rights.
fn delegate_rights(bits: u8) -> String {
    let names = ["approve", "revoke", "write", "rotate"];
    let set = (0..4_u8).filter(|bit| bits >> bit & 1 == 1);
    let mut words: Vec<_> = set.map(|bit| names[usize::from(bit)].to_owned()).collect();
    if bits >> 4 != 0 {
        words.push(code(bits & 0xf0, None::<&str>));
    }
    words.join(", ")
}
