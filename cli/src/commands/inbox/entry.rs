//! One request that waits, as it is listed and as it is shown before a decision.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_client::Keyring;
use patientport_client::port::{Access, RequestEntry};
use patientport_core::section::SectionSet;
use patientport_core::text::{RequestText, Rights};
use serde::{Serialize, Serializer};

use super::Waiting;
use crate::commands::describe::Who;
use crate::commands::party::{rights_name, section_list};
use crate::text::{shown, shown_or_none};
use crate::time;

/// What could be opened of a request.
#[derive(Clone, Debug)]
pub enum Content {
    /// What it asks for. The requester's own words.
    Open(RequestText),
    /// Nothing: no key was at hand.
    Sealed,
    /// Nothing: it was not sealed to the patient's key, or holds no request.
    Unreadable,
}

impl Content {
    /// What is asked, if it could be opened.
    pub const fn asked(&self) -> Option<&RequestText> {
        match self {
            Self::Open(text) => Some(text),
            Self::Sealed | Self::Unreadable => None,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Sealed => "sealed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What approving as asked would change for the reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It has no access now.
    New,
    /// It has some of it.
    Wider,
    /// It has all of it.
    Nothing,
}

/// What the reader may do now.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Before {
    /// The sections.
    pub sections: SectionSet,
    /// To do what.
    pub rights: Rights,
    /// Until when, Unix seconds.
    pub until: u64,
}

/// A label and what stands behind it.
type Line = (&'static str, String);

/// One request that waits for an answer.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its number at the port.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// What this home calls the port.
    pub port_name: Option<String>,
    /// Who asked.
    pub requester: Who,
    /// For whom.
    pub recipient: Who,
    /// When, Unix seconds.
    pub requested_at: u64,
    /// When it lapses unanswered, Unix seconds.
    pub lapses_at: u64,
    /// Whether it could be opened: `open`, `sealed`, `unreadable`.
    #[serde(serialize_with = "content_name")]
    pub content: Content,
    /// What is asked; the requester's own words.
    pub asked: Option<Asked>,
    /// What approving it would change; none where that is not known.
    pub effect: Option<Effect>,
    /// What the recipient may do now.
    pub before: Option<Before>,
}

/// What a request asks for.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// Purpose code.
    pub purpose: String,
    /// Sections; empty leaves the choice to the patient.
    pub sections: SectionSet,
    /// What the patient calls them.
    pub section_names: BTreeMap<u8, String>,
    /// Until when, Unix seconds.
    pub until: Option<u64>,
    /// To do what.
    pub rights: Rights,
    /// Words.
    pub text: String,
}

fn content_name<S: Serializer>(content: &Content, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(content.name())
}

/// What giving what is asked would add to what there is.
fn effect(now: Option<&Before>, asked: Option<&RequestText>) -> Option<Effect> {
    let Some(now) = now else {
        return Some(Effect::New);
    };
    let asked = asked?;
    // What is left to the patient may come to anything.
    let until = asked.until?;
    if asked.sections.is_empty() {
        return None;
    }
    let is_held = asked.sections.difference(now.sections).is_empty()
        && asked.rights.bits() & !now.rights.bits() == 0
        && until <= now.until;
    Some(if is_held {
        Effect::Nothing
    } else {
        Effect::Wider
    })
}

impl Before {
    fn of(access: &Access) -> Option<Self> {
        let rights = access.rights.filter(|_| access.is_live())?;
        Some(Self {
            sections: access.sections,
            rights,
            until: access.expiry.0,
        })
    }
}

impl Waiting {
    /// A request with what is known around it.
    pub(super) fn entry(
        &self,
        entry: &RequestEntry,
        content: Content,
        keyring: Option<&Keyring>,
    ) -> Entry {
        let asked = content.asked().map(|text| Asked {
            purpose: text.purpose.clone(),
            sections: text.sections,
            section_names: self.names(text.sections, keyring),
            until: text.until,
            rights: text.rights,
            text: text.text.clone(),
        });
        let before = self.access.get(&entry.recipient).and_then(Before::of);
        Entry {
            id: entry.id,
            port: self.chosen.port.address(),
            port_name: self.chosen.name.clone(),
            requester: self.people[&entry.requester].clone(),
            recipient: self.people[&entry.recipient].clone(),
            requested_at: entry.requested_at.0,
            lapses_at: entry.lapses_at().0,
            effect: effect(before.as_ref(), content.asked()),
            content,
            asked,
            before,
        }
    }

    /// What the patient calls sections: as sealed to itself, else as this home remembers.
    fn names(&self, sections: SectionSet, keyring: Option<&Keyring>) -> BTreeMap<u8, String> {
        let known = &self.chosen.known.sections;
        sections
            .iter()
            .filter_map(|section| {
                let sealed = keyring.and_then(|keyring| keyring.name(section));
                let name = sealed.or(known.get(&section.get()).map(String::as_str))?;
                Some((section.get(), name.to_owned()))
            })
            .collect()
    }
}

impl Asked {
    /// Sections for people, with the patient's names.
    fn sections_line(&self) -> String {
        if self.sections.is_empty() {
            return "as you choose".into();
        }
        let labels =
            self.sections
                .iter()
                .map(|section| match self.section_names.get(&section.get()) {
                    Some(name) => format!("{section} {}", shown(name)),
                    None => section.to_string(),
                });
        labels.collect::<Vec<_>>().join(", ")
    }
}

impl Entry {
    /// What it is called in a sentence: `request 3 at elena`.
    pub(super) fn title(&self) -> String {
        match &self.port_name {
            Some(name) => format!("request {} at {name}", self.id),
            None => format!("request {} at {}", self.id, self.port),
        }
    }

    /// The title and labelled lines, safe to show.
    pub(super) fn text(&self) -> String {
        let mut lines = self.people();
        lines.extend(self.content_lines());
        lines.push(("made", time::human(self.requested_at)));
        lines.push(("lapses", time::human(self.lapses_at)));
        lines.push(("change", self.change()));
        let mut text = format!("{}\n", self.title());
        for (label, value) in lines {
            text.push_str(&format!("  {label:8}  {value}\n"));
        }
        text
    }

    fn people(&self) -> Vec<Line> {
        let mut people = vec![("by", &self.requester)];
        if self.requester.account != self.recipient.account {
            people.push(("for", &self.recipient));
        }
        let mut lines = Vec::new();
        for (label, who) in people {
            lines.push((label, who.line()));
            if who.verified {
                lines.extend(who.attester.zip(who.attested_until).map(|(by, until)| {
                    let until = time::human(until);
                    ("attested", format!("by {by} until {until}"))
                }));
            }
        }
        lines
    }

    fn content_lines(&self) -> Vec<Line> {
        let Some(asked) = &self.asked else {
            return vec![(
                "content",
                match self.content {
                    Content::Unreadable => {
                        "cannot be read: badly sealed; it can be denied all the same"
                    }
                    _ => "sealed to the patient, whose key is not at hand",
                }
                .into(),
            )];
        };
        let until = asked
            .until
            .map_or_else(|| "as you choose".into(), time::human);
        vec![
            ("purpose", shown(&asked.purpose)),
            ("sections", asked.sections_line()),
            ("until", until),
            ("rights", rights_name(asked.rights).into()),
            ("text", shown_or_none(&asked.text)),
        ]
    }

    fn change(&self) -> String {
        let now = self.before.as_ref().map(|now| {
            format!(
                "{} on section {} until {}",
                rights_name(now.rights),
                section_list(now.sections, None),
                time::human(now.until)
            )
        });
        match (self.effect, now) {
            (Some(Effect::Nothing), Some(now)) => format!("nothing: it has {now}"),
            (Some(Effect::Wider), Some(now)) => format!("wider: now it has {now}"),
            (_, Some(now)) => format!("now it has {now}"),
            (_, None) => "new: it has no access now".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use patientport_core::section::SectionId;

    use super::*;

    fn set(numbers: &[u8]) -> SectionSet {
        numbers
            .iter()
            .filter_map(|number| SectionId::try_from(*number).ok())
            .collect()
    }

    fn asked(sections: &[u8], until: Option<u64>, rights: Rights) -> RequestText {
        RequestText {
            purpose: "TREAT".into(),
            sections: set(sections),
            until,
            rights,
            text: String::new(),
        }
    }

    #[test]
    fn what_approving_would_change_is_new_wider_or_nothing() {
        let now = Before {
            sections: set(&[0, 1]),
            rights: Rights::Read,
            until: 100,
        };
        let of = |asked: &RequestText| effect(Some(&now), Some(asked));
        let same = asked(&[1], Some(100), Rights::Read);
        assert_eq!(of(&same), Some(Effect::Nothing));
        for wider in [
            asked(&[1, 2], Some(100), Rights::Read),
            asked(&[1], Some(101), Rights::Read),
            asked(&[1], Some(100), Rights::ReadWrite),
            asked(&[1], Some(100), Rights::Write),
        ] {
            assert_eq!(of(&wider), Some(Effect::Wider), "{wider:?}");
        }
        // What is left to the patient is not known yet.
        assert_eq!(of(&asked(&[], Some(100), Rights::Read)), None);
        assert_eq!(of(&asked(&[1], None, Rights::Read)), None);
        assert_eq!(effect(Some(&now), None), None);
        assert_eq!(effect(None, None), Some(Effect::New));
    }
}
