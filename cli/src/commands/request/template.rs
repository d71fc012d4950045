//! `patientport request template …`, and filling a template for a message.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use clap::ValueEnum as _;
use serde::Serialize;
use serde_json::json;

use crate::args::request::{AskedArgs, SaveArgs, TemplateArgs, TemplateNameArg};
use crate::args::values::{DenialReason, RightsArg, SectionSetArg, Until};
use crate::commands::party::words;
use crate::context::Context;
use crate::error::Error;
use crate::home::HomeError;
use crate::home::files::{Existing, FileError};
use crate::home::templates::{self, Template};
use crate::output::Outcome;
use crate::text::{Table, shown};

/// The templates of a home.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// By name.
    pub templates: Vec<Named>,
}

/// A template with its name.
#[derive(Debug, Serialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it says.
    pub template: Template,
    /// What `--set` has to say.
    pub placeholders: Vec<String>,
}

impl Named {
    fn of(name: String, template: Template) -> Result<Self, Error> {
        let text = template.text.as_deref().unwrap_or_default();
        let mut placeholders = Vec::new();
        for part in parts(text, &name)? {
            if let Part::Placeholder(name) = part
                && !placeholders.contains(&name)
            {
                placeholders.push(name);
            }
        }
        Ok(Self {
            name,
            template,
            placeholders,
        })
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let Template {
            purpose,
            sections,
            until,
            rights,
            reason,
            text,
        } = &self.template;
        let placeholders = (!self.placeholders.is_empty()).then(|| self.placeholders.join(", "));
        let lines = [
            ("purpose", purpose),
            ("sections", sections),
            ("until", until),
            ("rights", rights),
            ("reason", reason),
            ("text", text),
            ("to set", &placeholders),
        ];
        let said = lines
            .into_iter()
            .filter_map(|(label, value)| Some((label, shown(value.as_deref()?))));
        said.collect()
    }
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.templates.is_empty() {
            return "no templates\n".into();
        }
        let mut table = Table::new(["NAME", "TO SET", "TEXT"]);
        for named in &self.templates {
            table.row([
                named.name.clone(),
                named.placeholders.join(", "),
                named
                    .template
                    .text
                    .as_deref()
                    .map(shown)
                    .unwrap_or_default(),
            ]);
        }
        table.to_string()
    }
}

impl Outcome for Named {
    fn text(&self) -> String {
        let lines = self.lines().into_iter();
        let lines = lines.map(|(label, value)| format!("{label:8}  {value}\n"));
        format!("template  {}\n{}", self.name, lines.collect::<String>())
    }
}

/// A template that is gone.
#[derive(Debug, Serialize)]
pub struct Removed {
    /// Its name.
    pub name: String,
}

impl Outcome for Removed {
    fn text(&self) -> String {
        format!("template {} removed\n", self.name)
    }
}

/// Lists the templates.
///
/// # Errors
/// The home's.
pub fn list(context: &Context) -> Result<Listed, Error> {
    let names = context.home().templates()?.into_iter();
    let read = |name: String| Named::of(name.clone(), context.home().template(&name)?);
    Ok(Listed {
        templates: names.map(read).collect::<Result<_, _>>()?,
    })
}

/// Shows a template.
///
/// # Errors
/// [`HomeError::UnknownTemplate`].
pub fn show(context: &Context, args: &TemplateNameArg) -> Result<Named, Error> {
    Named::of(args.name.clone(), context.home().template(&args.name)?)
}

/// Removes a template.
///
/// # Errors
/// [`HomeError::UnknownTemplate`].
pub fn remove(context: &Context, args: &TemplateNameArg) -> Result<Removed, Error> {
    context.home().remove_template(&args.name)?;
    Ok(Removed {
        name: args.name.clone(),
    })
}

/// Keeps what the flags say as a template.
///
/// # Errors
/// [`HomeError::Taken`] without `--force`; [`Error::Template`].
pub fn save(context: &Context, args: SaveArgs) -> Result<Named, Error> {
    let text = words(args.text, args.text_file.as_deref())?;
    let sections: Vec<_> = args
        .section
        .iter()
        .flat_map(|set| &set.0)
        .map(ToString::to_string)
        .collect();
    let template = Template {
        purpose: args.purpose,
        sections: (!sections.is_empty()).then(|| sections.join(",")),
        until: args.until,
        rights: args.rights.map(|rights| rights.to_string()),
        reason: args.reason.map(|reason| reason.to_string()),
        text: (!text.is_empty()).then_some(text),
    };
    // `--template` takes such a name for a file's.
    if is_file(&args.name) {
        return Err(HomeError::InvalidName(args.name).into());
    }
    if template == Template::default() {
        return Err(Error::FlagNeeded {
            flag: "--text",
            reason: "a template that says nothing is none".into(),
        });
    }
    check(&template, &args.name)?;
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let named = Named::of(args.name, template)?;
    context
        .home()
        .keep_template(&named.name, &named.template, existing)
        .map_err(|error| match error {
            taken @ HomeError::Taken { .. } => {
                Error::from(taken).with_hint("`--force` replaces it", json!({}))
            }
            other => other.into(),
        })?;
    Ok(named)
}

/// Every field as its flag would have it.
fn check(template: &Template, name: &str) -> Result<(), Error> {
    parsed::<SectionSetArg>(name, "sections", template.sections.as_deref())?;
    parsed::<Until>(name, "until", template.until.as_deref())?;
    rights(name, template.rights.as_deref())?;
    reason(name, template.reason.as_deref())?;
    Ok(())
}

fn bad(name: &str, reason: impl Into<String>) -> Error {
    Error::Template {
        name: shown(name),
        reason: reason.into(),
    }
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(
    name: &str,
    field: &str,
    text: Option<&str>,
) -> Result<Option<T>, Error> {
    text.map(|text| {
        text.parse()
            .map_err(|error| bad(name, format!("`{field}`: {error}")))
    })
    .transpose()
}

fn rights(name: &str, text: Option<&str>) -> Result<Option<RightsArg>, Error> {
    text.map(|text| {
        RightsArg::from_str(text, false)
            .map_err(|_| bad(name, format!("`rights`: `{}` are none", shown(text))))
    })
    .transpose()
}

fn reason(name: &str, text: Option<&str>) -> Result<Option<DenialReason>, Error> {
    text.map(|text| {
        DenialReason::from_str(text, false)
            .map_err(|_| bad(name, format!("`reason`: `{}` is none", shown(text))))
    })
    .transpose()
}

/// What a request asks for, by flags and template.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) sections: Vec<SectionSetArg>,
    pub(super) until: Option<Until>,
    pub(super) rights: RightsArg,
    pub(super) purpose: String,
    pub(super) text: String,
}

/// Reads flags and template of a request; flags come first.
///
/// # Errors
/// [`Error::Template`], [`Error::Placeholder`], [`HomeError::UnknownTemplate`], [`Error::Input`].
pub(super) fn asked(context: &Context, args: AskedArgs) -> Result<Asked, Error> {
    let template = filled(context, &args.template)?;
    let name = args.template.template.as_deref().unwrap_or_default();
    let said = args.text.is_some() || args.text_file.is_some();
    let text = if said {
        words(args.text, args.text_file.as_deref())?
    } else {
        template.text.unwrap_or_default()
    };
    let sections = if args.section.is_empty() {
        let sections = parsed(name, "sections", template.sections.as_deref())?;
        sections.into_iter().collect()
    } else {
        args.section
    };
    Ok(Asked {
        sections,
        until: match args.until {
            Some(until) => Some(until),
            None => parsed(name, "until", template.until.as_deref())?,
        },
        rights: match args.rights {
            Some(rights) => rights,
            None => rights(name, template.rights.as_deref())?.unwrap_or(RightsArg::Read),
        },
        purpose: args
            .purpose
            .or(template.purpose)
            .unwrap_or_else(|| "TREAT".into()),
        text,
    })
}

/// Reads reason and words of a denial; flags come first.
///
/// # Errors
/// As [`asked`].
pub(super) fn denied(
    context: &Context,
    args: &TemplateArgs,
    given: Option<DenialReason>,
    text: Option<String>,
    file: Option<&Path>,
) -> Result<(DenialReason, String), Error> {
    let template = filled(context, args)?;
    let name = args.template.as_deref().unwrap_or_default();
    let reason = match given {
        Some(reason) => reason,
        None => reason(name, template.reason.as_deref())?.unwrap_or(DenialReason::Other),
    };
    let text = if text.is_some() || file.is_some() {
        words(text, file)?
    } else {
        template.text.unwrap_or_default()
    };
    Ok((reason, text))
}

/// Whether `--template` names a file.
fn is_file(name: &str) -> bool {
    name.contains(['/', '\\']) || name.to_ascii_lowercase().ends_with(".json")
}

/// The template that was named, its text filled; an empty one if none was named.
fn filled(context: &Context, args: &TemplateArgs) -> Result<Template, Error> {
    let Some(name) = &args.template else {
        return Ok(Template::default());
    };
    let mut template = if is_file(name) {
        let path = Path::new(name);
        let template = templates::read(path).map_err(|error| match error {
            FileError::Io { path, source, .. } => Error::Input { path, source },
            FileError::Malformed { source, .. } => bad(name, source.to_string()),
            other => Error::Home(HomeError::File(other)),
        })?;
        template.ok_or_else(|| Error::Input {
            path: path.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        })?
    } else {
        context.home().template(name)?
    };
    if let Some(text) = &template.text {
        let set: BTreeMap<&str, &str> = args
            .set
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        template.text = Some(fill(text, name, &set)?);
    } else if let Some((key, _)) = args.set.first() {
        return Err(Error::Placeholder {
            template: shown(name),
            placeholder: shown(key),
            problem: "is not in it",
        });
    }
    Ok(template)
}

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Placeholder(String),
}

/// Text and placeholders; `{{` and `}}` are braces.
fn parts(text: &str, template: &str) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        words.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            words.push_str(brace);
            rest = after;
            continue;
        }
        let name = (brace == "{").then(|| after.split_once('}')).flatten();
        let Some((name, after)) = name.filter(|(name, _)| is_placeholder(name)) else {
            return Err(bad(
                template,
                "a brace in its text begins no placeholder such as `{name}`; two of them are one",
            ));
        };
        parts.push(Part::Text(std::mem::take(&mut words)));
        parts.push(Part::Placeholder(name.to_owned()));
        rest = after;
    }
    words.push_str(rest);
    parts.push(Part::Text(words));
    Ok(parts)
}

/// Whether a text can name a placeholder.
pub(crate) fn is_placeholder(name: &str) -> bool {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    !name.is_empty() && name.len() <= 32 && name.chars().all(is_part)
}

/// Puts what was set in the place of the placeholders: all of them, and nothing else. What is put in is not looked
/// at for placeholders.
fn fill(text: &str, template: &str, set: &BTreeMap<&str, &str>) -> Result<String, Error> {
    let problem = |placeholder: &str, problem| Error::Placeholder {
        template: shown(template),
        placeholder: shown(placeholder),
        problem,
    };
    let mut unused = set.clone();
    let mut filled = String::new();
    for part in parts(text, template)? {
        match part {
            Part::Text(text) => filled.push_str(&text),
            Part::Placeholder(name) => {
                let value = set.get(name.as_str());
                filled.push_str(value.ok_or_else(|| problem(&name, "is not set"))?);
                unused.remove(name.as_str());
            }
        }
    }
    match unused.keys().next() {
        Some(name) => Err(problem(name, "is not in it")),
        None => Ok(filled),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn filled(text: &str, set: &[(&str, &str)]) -> Result<String, String> {
        let set = set.iter().copied().collect();
        fill(text, "t", &set).map_err(|error| error.to_string())
    }

    #[test]
    fn placeholders_are_filled_and_nothing_else_is() {
        let set = [("who", "Dr. {Park}"), ("when", "Monday")];
        assert_eq!(
            filled("{who} on {when}, {{not}} {who}", &set).unwrap(),
            "Dr. {Park} on Monday, {not} Dr. {Park}"
        );
        assert_eq!(filled("", &[]).unwrap(), "");
    }

    #[test]
    fn what_is_missing_and_what_is_too_much_is_named() {
        for (text, set, named) in [
            ("{who}", &[][..], "`who` is not set"),
            ("plain", &[("who", "x")], "`who` is not in it"),
            ("{who", &[("who", "x")], "begins no placeholder"),
            ("who}", &[("who", "x")], "begins no placeholder"),
            ("{w h o}", &[], "begins no placeholder"),
            ("{}", &[], "begins no placeholder"),
        ] {
            let told = filled(text, set).unwrap_err();
            assert!(told.contains(named), "{text}: {told}");
        }
    }
}
