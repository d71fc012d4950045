//! Calls of the registry in words.

use patientport_abi::IRegistry::IRegistryCalls as Calls;

use super::{Words, code};
use crate::registry::ProviderKind;

/// Every function of the registry. There is no other arm: a new function does not compile without words.
pub(super) fn words(call: Calls) -> Words {
    match call {
        Calls::transferOwnership(it) => Words::others(
            "transferOwnership",
            "offer the registry's ownership to another account",
        )
        .account("new owner", it.newOwner, "nobody: an offer is called off"),
        Calls::acceptOwnership(_) => {
            Words::others("acceptOwnership", "accept the registry's ownership")
        }
        Calls::addAttester(it) => Words::others("addAttester", "let an account attest providers")
            .line("attester", it.attester),
        Calls::removeAttester(it) => {
            Words::others("removeAttester", "let an account attest no more")
                .line("attester", it.attester)
        }
        Calls::setPortImplementation(it) => Words::others(
            "setPortImplementation",
            "set the code that ports issued from now on run",
        )
        .line("code", it.implementation),
        Calls::registerProvider(it) => {
            Words::others("registerProvider", "register the sender as a provider")
                .line("kind", kind(it.kind))
                .line("NPI", npi(it.npi))
                .key("key", it.keyX, it.keyParity)
                .foreign("profile", &it.identityProfile)
                .foreign("contact", &it.contactProfile)
        }
        Calls::setIdentityProfile(it) => {
            Words::others("setIdentityProfile", "change the sender's profile")
                .line("kind", kind(it.kind))
                .line("NPI", npi(it.npi))
                .foreign("profile", &it.identityProfile)
        }
        Calls::setContactProfile(it) => {
            Words::others("setContactProfile", "change the sender's contact")
                .foreign("contact", &it.contactProfile)
        }
        Calls::setEncryptionKey(it) => Words::others(
            "setEncryptionKey",
            "change the sender's encryption key",
        )
        .key("new key", it.keyX, it.keyParity),
        Calls::attest(it) => Words::others("attest", "confirm who a provider is")
            .line("provider", it.provider)
            .line("NPI", npi(it.npi))
            .line("kind", kind(it.kind))
            .line("profile hash", it.identityProfileHash)
            .time("until", it.until),
        Calls::suspend(it) => {
            Words::others("suspend", "suspend a provider").line("provider", it.provider)
        }
        Calls::reinstate(it) => {
            Words::others("reinstate", "reinstate a provider").line("provider", it.provider)
        }
        Calls::retire(_) => Words::others("retire", "retire the sender as a provider"),
        Calls::issue(it) => Words::others("issue", "issue a port").line("patient", it.patient),
        Calls::supportsInterface(it) => {
            Words::view("supportsInterface").line("interface", it.interfaceId)
        }
        Calls::owner(_) => Words::view("owner"),
        Calls::pendingOwner(_) => Words::view("pendingOwner"),
        Calls::isAttester(it) => Words::view("isAttester").line("account", it.account),
        Calls::attesters(it) => Words::view("attesters")
            .line("from", it.from)
            .line("limit", it.limit),
        Calls::portImplementation(_) => Words::view("portImplementation"),
        Calls::provider(it) => Words::view("provider").line("account", it.account),
        Calls::isVerified(it) => Words::view("isVerified").line("account", it.account),
        Calls::providerByNpi(it) => Words::view("providerByNpi").line("NPI", npi(it.npi)),
        Calls::providerCount(_) => Words::view("providerCount"),
        Calls::providers(it) => Words::view("providers")
            .account("before", it.before, "the newest")
            .line("limit", it.limit),
        Calls::isPort(it) => Words::view("isPort").line("account", it.account),
    }
}

fn kind(number: u8) -> String {
    code(number, ProviderKind::from_code(number))
}

fn npi(number: u64) -> String {
    if number == 0 {
        "none".into()
    } else {
        number.to_string()
    }
}
