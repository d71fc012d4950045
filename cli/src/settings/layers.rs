//! Which value counts, and where it came from.

use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::error::Error;
use crate::home::config::Values;
use crate::networks::{self, Network, Networks};
use crate::text::shown;

/// Where a value came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// A flag of this run.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// A named set of settings.
    Profile(String),
    /// The project's file.
    Project(PathBuf),
    /// The settings file.
    File(PathBuf),
    /// The network of that name, which another source named.
    Network(String),
    /// Nothing said anything.
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => f.write_str(name),
            Self::Profile(name) => write!(f, "profile {}", shown(name)),
            Self::Project(path) | Self::File(path) => {
                f.write_str(&shown(&path.display().to_string()))
            }
            Self::Network(name) => write!(f, "network {}", shown(name)),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// Tells flags from variables, which the parser has merged.
#[derive(Clone, Copy, Debug)]
pub struct Origins<'a>(pub Option<&'a ArgMatches>);

impl Origins<'_> {
    /// Where an argument's value came from.
    pub fn of(self, id: &str, flag: &'static str, variable: Option<&'static str>) -> Source {
        let source = self.0.and_then(|matches| matches.value_source(id));
        match (source, variable) {
            (Some(ValueSource::EnvVariable), Some(variable)) => Source::Variable(variable),
            _ => Source::Flag(flag),
        }
    }
}

/// Settings of one source. Sources are asked in their order, and the first that has a value counts.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it says.
    pub values: Values,
    /// The network that it names.
    pub network: Option<Network>,
    source: LayerSource,
}

#[derive(Clone, Debug)]
enum LayerSource {
    /// Each argument has a source of its own, by the setting's name.
    Arguments(Vec<(&'static str, Source)>),
    One(Source),
}

impl Layer {
    /// What flags and variables say.
    ///
    /// # Errors
    /// [`Error::UnknownNetwork`].
    pub fn arguments(
        values: Values,
        sources: Vec<(&'static str, Source)>,
        own: &Networks,
    ) -> Result<Self, Error> {
        Self::new(values, LayerSource::Arguments(sources), own)
    }

    /// What another source says.
    ///
    /// # Errors
    /// [`Error::UnknownNetwork`].
    pub fn of(values: Values, source: Source, own: &Networks) -> Result<Self, Error> {
        Self::new(values, LayerSource::One(source), own)
    }

    fn new(values: Values, source: LayerSource, own: &Networks) -> Result<Self, Error> {
        let named = values.network.as_ref();
        let network = named.map(|name| networks::find(name, own)).transpose()?;
        Ok(Self {
            values,
            network,
            source,
        })
    }

    fn source(&self, name: &str) -> Source {
        match &self.source {
            LayerSource::One(source) => source.clone(),
            LayerSource::Arguments(sources) => sources
                .iter()
                .find(|(setting, _)| *setting == name)
                .map_or(Source::Default, |(_, source)| source.clone()),
        }
    }
}

/// All sources, the strongest first.
#[derive(Clone, Debug)]
pub struct Layers(pub Vec<Layer>);

impl Layers {
    /// The first value that a source states.
    pub fn find<T>(
        &self,
        name: &'static str,
        of: impl Fn(&Values) -> Option<T>,
    ) -> Option<Found<T>> {
        self.find_or_network(name, of, |_| None)
    }

    /// The first value that a source states, or that the network has which it names.
    pub fn find_or_network<T>(
        &self,
        name: &'static str,
        of: impl Fn(&Values) -> Option<T>,
        of_network: impl Fn(&Network) -> Option<T>,
    ) -> Option<Found<T>> {
        self.0.iter().find_map(|layer| {
            if let Some(value) = of(&layer.values) {
                let source = layer.source(name);
                return Some(Found { value, source });
            }
            let value = layer.network.as_ref().and_then(&of_network)?;
            // A registry of a network that only a project chose is the home's own: it stands in the home's file.
            let network = layer.values.network.clone().unwrap_or_default();
            Some(Found {
                value,
                source: Source::Network(network),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn the_first_source_that_says_something_counts_and_is_named() {
        let mut own = Networks::new();
        let network = |url: &str| Network {
            rpc_url: url.into(),
            chain_id: None,
            verify_rpc_url: None,
            registry: None,
        };
        own.insert("clinic".into(), network("http://clinic:1"));
        let values = |network: Option<&str>, url: Option<&str>| Values {
            network: network.map(Into::into),
            rpc_url: url.map(Into::into),
            ..Values::default()
        };
        let url = |layers: &Layers| {
            let of = |values: &Values| values.rpc_url.clone();
            let found =
                layers.find_or_network("rpc_url", of, |network| Some(network.rpc_url.clone()));
            found.map(|found| (found.value, found.source.to_string()))
        };
        let arguments = |values| {
            let sources = vec![("rpc_url", Source::Variable("ETH_RPC_URL"))];
            Layer::arguments(values, sources, &own).unwrap()
        };
        let file =
            |values| Layer::of(values, Source::File("/home/config.json".into()), &own).unwrap();
        let found = |value: &str, source: &str| Some((value.to_owned(), source.to_owned()));
        // A node that is given comes before a network's, and a network that is named now before a node of the file.
        let given = arguments(values(Some("clinic"), Some("http://given:1")));
        let kept = file(values(None, Some("http://kept:1")));
        assert_eq!(
            url(&Layers(vec![given, kept.clone()])),
            found("http://given:1", "ETH_RPC_URL")
        );
        let named = arguments(values(Some("clinic"), None));
        assert_eq!(
            url(&Layers(vec![named, kept.clone()])),
            found("http://clinic:1", "network clinic")
        );
        let none = arguments(Values::default());
        assert_eq!(
            url(&Layers(vec![none.clone(), kept])),
            found("http://kept:1", "/home/config.json")
        );
        assert_eq!(url(&Layers(vec![none])), None);
    }
}
