//! `templates/NAME.json`: words for requests and denials that are sent again and again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::{self, Existing, FileError};
use super::{Home, HomeError, check_name, names_in};

/// The most bytes a template may hold.
const MAX_BYTES: u64 = 64 * 1024;

/// What a message says where no flag says otherwise. In the text, `{name}` is filled by `--set name=…`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Purpose code of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Sections asked for, as typed: `0,2-4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sections: Option<String>,
    /// Until when, as typed: `90d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `read`, `write` or `read-write`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// Reason of a denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Home {
    fn template_path(&self, name: &str) -> Result<PathBuf, HomeError> {
        check_name(name)?;
        Ok(self.path("templates").join(format!("{name}.json")))
    }

    /// Names of the templates, sorted.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn templates(&self) -> Result<Vec<String>, HomeError> {
        Ok(names_in(&self.path("templates"))?)
    }

    /// A template of this home.
    ///
    /// # Errors
    /// [`HomeError::UnknownTemplate`]; [`HomeError::File`].
    pub fn template(&self, name: &str) -> Result<Template, HomeError> {
        let template = read(&self.template_path(name)?)?;
        template.ok_or_else(|| HomeError::UnknownTemplate(name.to_owned()))
    }

    /// Keeps a template.
    ///
    /// # Errors
    /// [`HomeError::Taken`] unless it may be replaced; [`HomeError::File`].
    pub fn keep_template(
        &self,
        name: &str,
        template: &Template,
        existing: Existing,
    ) -> Result<(), HomeError> {
        let path = self.template_path(name)?;
        match files::write_json(&path, template, existing) {
            Err(FileError::Exists(_)) => Err(HomeError::Taken {
                what: "template",
                name: name.to_owned(),
            }),
            other => Ok(other?),
        }
    }

    /// Forgets a template.
    ///
    /// # Errors
    /// [`HomeError::UnknownTemplate`]; [`HomeError::File`].
    pub fn remove_template(&self, name: &str) -> Result<(), HomeError> {
        let path = self.template_path(name)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(HomeError::UnknownTemplate(name.to_owned()))
            }
            other => Ok(other.map_err(FileError::io("remove", &path))?),
        }
    }
}

/// A template from a file; `None` if there is none.
///
/// # Errors
/// [`FileError`].
pub fn read(path: &Path) -> Result<Option<Template>, FileError> {
    files::read_json(path, MAX_BYTES)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn templates_are_kept_by_name() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let template = Template {
            text: Some("for {who}".into()),
            ..Template::default()
        };
        assert!(home.templates().unwrap().is_empty());
        home.keep_template("second", &template, Existing::Keep)
            .unwrap();
        let taken = home.keep_template("second", &template, Existing::Keep);
        assert!(matches!(taken, Err(HomeError::Taken { .. })));
        assert_eq!(home.templates().unwrap(), ["second"]);
        assert_eq!(home.template("second").unwrap(), template);
        assert!(matches!(
            home.template("../second"),
            Err(HomeError::InvalidName(_))
        ));
        home.remove_template("second").unwrap();
        for result in [
            home.template("second").err(),
            home.remove_template("second").err(),
        ] {
            assert!(matches!(result, Some(HomeError::UnknownTemplate(_))));
        }
    }
}
