//! Which tracer a request names, and how long it may take.

use super::{RpcError, call::TIMEOUT};
use crate::evm::trace::{CallTracerOptions, PrestateOptions, StepOptions, TracerKind};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

const CALL: &str = "callTracer";
const PRESTATE: &str = "prestateTracer";
const STYLUS: &str = "stylusTracer";
const FOUR_BYTE: &str = "4byteTracer";
const NOOP: &str = "noopTracer";
const MUX: &str = "muxTracer";
/// Every tracer there is besides the one without a name.
const NAMES: [&str; 6] = [CALL, PRESTATE, STYLUS, FOUR_BYTE, NOOP, MUX];

/// Options that all methods of the namespace share. Those that make no sense here (`reexec`) are
/// ignored, as geth ignores what it does not know.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TraceConfig {
    tracer: Option<String>,
    tracer_config: Option<Value>,
    timeout: Option<String>,
    #[serde(flatten)]
    steps: StepOptions,
}

impl TraceConfig {
    /// The tracer asked for; the one of opcodes if none is named.
    pub(super) fn tracer(&self) -> Result<TracerKind, RpcError> {
        match self.tracer.as_deref() {
            None | Some("") => Ok(TracerKind::Steps(self.steps)),
            Some(name) => named(name, self.tracer_config.as_ref(), true),
        }
    }

    /// How long it may take: as long as a call unless the request says otherwise.
    pub(super) fn timeout(&self) -> Result<Duration, RpcError> {
        let Some(text) = &self.timeout else {
            return Ok(TIMEOUT);
        };
        duration(text).ok_or_else(|| {
            RpcError::BadParam(format!(
                "timeout `{text}` is no duration such as `500ms`, `10s` or `1m30s`"
            ))
        })
    }
}

fn named(name: &str, config: Option<&Value>, outermost: bool) -> Result<TracerKind, RpcError> {
    Ok(match name {
        CALL => TracerKind::Call(options::<CallTracerOptions>(name, config)?),
        PRESTATE => TracerKind::Prestate(options::<PrestateOptions>(name, config)?),
        STYLUS => TracerKind::Stylus,
        FOUR_BYTE => TracerKind::FourByte,
        NOOP => TracerKind::Noop,
        // One in another could be nested without end.
        MUX if outermost => {
            let inner: BTreeMap<String, Value> = options(name, config)?;
            let kinds = inner
                .into_iter()
                .map(|(name, config)| {
                    let kind = named(&name, Some(&config), false)?;
                    Ok((name, kind))
                })
                .collect::<Result<_, RpcError>>()?;
            TracerKind::Mux(kinds)
        }
        _ => return Err(RpcError::BadParam(refusal(name))),
    })
}

fn options<T: DeserializeOwned + Default>(
    name: &str,
    config: Option<&Value>,
) -> Result<T, RpcError> {
    match config {
        None | Some(Value::Null) => Ok(T::default()),
        Some(config) => T::deserialize(config)
            .map_err(|error| RpcError::BadParam(format!("tracerConfig of `{name}`: {error}"))),
    }
}

fn refusal(name: &str) -> String {
    let there_are = NAMES.join("`, `");
    // A program has a body; a name has none.
    if name.contains(['{', '(']) {
        return format!(
            "tracers in JavaScript are not run; there are `{there_are}` and, without a name, the \
             one of opcodes (for `cargo stylus`: `--use-native-tracer`)"
        );
    }
    format!(
        "unknown tracer `{name}`; there are `{there_are}` and, without a name, the one of opcodes"
    )
}

/// A duration as Go writes it: numbers with units, one after the other.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let secs = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * secs;
        rest = tail;
    }
    if text.is_empty() {
        return None;
    }
    Duration::try_from_secs_f64(sum).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use serde_json::json;

    fn config(options: Value) -> TraceConfig {
        serde_json::from_value(options).unwrap()
    }

    #[test]
    fn durations_are_written_as_in_go() {
        for (text, millis) in [
            ("5s", 5_000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("0s", 0),
            ("2000us", 2),
        ] {
            assert_eq!(
                duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in ["", "5", "s", "5 s", "-1s", "5d", "1..2s", "1e9s"] {
            assert_eq!(duration(text), None, "{text}");
        }
        assert_eq!(config(json!({})).timeout().unwrap(), TIMEOUT);
        let error = config(json!({"timeout": "soon"})).timeout().unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid argument: timeout `soon` is no duration such as `500ms`, `10s` or `1m30s`"
        );
    }

    #[test]
    fn a_tracer_is_chosen_by_its_name_and_options() {
        let of = |options| config(options).tracer().unwrap();
        assert_eq!(
            of(json!({"disableStack": true, "limit": 3, "reexec": 128, "tracerConfig": {}})),
            TracerKind::Steps(StepOptions {
                disable_stack: true,
                limit: 3,
                ..StepOptions::default()
            })
        );
        assert_eq!(
            of(json!({"tracer": "callTracer", "tracerConfig": {"withLog": true}})),
            TracerKind::Call(CallTracerOptions {
                with_log: true,
                only_top_call: false
            })
        );
        assert_eq!(
            of(json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}})),
            TracerKind::Prestate(PrestateOptions {
                diff_mode: true,
                ..PrestateOptions::default()
            })
        );
        let mux = json!({"stylusTracer": {}, "callTracer": {"onlyTopCall": true}});
        assert_eq!(
            of(json!({"tracer": "muxTracer", "tracerConfig": mux})),
            TracerKind::Mux(BTreeMap::from([
                (STYLUS.to_owned(), TracerKind::Stylus),
                (
                    CALL.to_owned(),
                    TracerKind::Call(CallTracerOptions {
                        only_top_call: true,
                        with_log: false
                    })
                ),
            ]))
        );
    }

    #[test]
    fn what_is_no_tracer_is_refused_with_a_list_of_those_there_are() {
        let of = |options| config(options).tracer().unwrap_err().to_string();
        assert_eq!(
            of(json!({"tracer": "flatCallTracer"})),
            "invalid argument: unknown tracer `flatCallTracer`; there are `callTracer`, \
             `prestateTracer`, `stylusTracer`, `4byteTracer`, `noopTracer`, `muxTracer` and, without \
             a name, the one of opcodes"
        );
        assert_eq!(
            of(json!({"tracer": "{ hostio: function(info) {} }"})),
            "invalid argument: tracers in JavaScript are not run; there are `callTracer`, \
             `prestateTracer`, `stylusTracer`, `4byteTracer`, `noopTracer`, `muxTracer` and, without \
             a name, the one of opcodes (for `cargo stylus`: `--use-native-tracer`)"
        );
        assert_eq!(
            of(json!({"tracer": "callTracer", "tracerConfig": {"withLog": 1}})),
            "invalid argument: tracerConfig of `callTracer`: invalid type: integer `1`, expected a \
             boolean"
        );
        let nested = json!({"muxTracer": {"callTracer": {}}});
        assert!(
            of(json!({"tracer": "muxTracer", "tracerConfig": nested})).contains("unknown tracer")
        );
    }
}
