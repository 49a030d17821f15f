//! TensorBoard: an event file for each run, with the run's hyperparameters.
//!
//! A file is a list of records, `length | checksum of the length | event | checksum of the event`, and an event is a protocol
//! buffer: `tensorflow/core/util/event.proto` and `tensorboard/plugins/hparams/plugin_data.proto` have the numbers of the fields.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use hourglass_report::Outcome;
use prost::Message;
use serde_json::Value as Json;

use super::{History, Parameters, Series, parameters, put, text};

/// The name of every file. Usually it has the time and the machine; here it must be the same whenever it is written, because
/// TensorBoard shows several files of one folder as one run that goes back and forth.
const FILE: &str = "events.out.tfevents.0000000000.hourglass";

/// Writes `<experiment>/<trial>/events.out.tfevents.…` below `folder`. Numbers are rounded to single precision, because the
/// format has no other.
///
/// # Errors
/// When the disk refuses.
pub fn write(histories: &[History], folder: &Path) -> Result<()> {
    for (history, parameters) in histories.iter().zip(parameters(histories)) {
        let record = &history.run.record;
        put(&folder.join(&record.experiment).join(&record.trial).join(FILE), &file(history, &parameters))?;
    }
    Ok(())
}

fn file(history: &History, parameters: &Parameters) -> Vec<u8> {
    let version = Event { file_version: Some("brain.Event:2".into()), ..Event::at(history.start, 0) };
    let mut events = vec![version, session_start(history, parameters)];
    events.extend(scalars(&history.series()));
    events.extend(session_end(history));
    events.iter().flat_map(|event| record(&event.encode_to_vec())).collect()
}

/// One event for each epoch and moment, with everything that was measured then.
fn scalars(series: &[Series]) -> Vec<Event> {
    let mut events: BTreeMap<(u64, usize), Event> = BTreeMap::new();
    for Series { name, points } in series {
        for point in points {
            // Times are positive, so their bits are in their order.
            let event = events.entry((point.time.to_bits(), point.epoch));
            let event = event.or_insert_with(|| Event::at(point.time, point.epoch));
            let value = SummaryValue { simple_value: Some(point.value as f32), ..SummaryValue::of(tag(name)) };
            event.summary.get_or_insert_default().value.push(value);
        }
    }
    events.into_values().collect()
}

/// `validation/rmse`: TensorBoard puts charts together by what stands before the last slash.
fn tag(name: &str) -> String {
    name.replace('.', "/")
}

fn session_start(history: &History, parameters: &Parameters) -> Event {
    let hparams = parameters.values.iter().map(|(path, value)| (path.clone(), Value::of(value))).collect();
    let group_name = parameters.group.clone();
    let start = SessionStartInfo { hparams, group_name, start_time_secs: history.start };
    let content = HParams { session_start_info: Some(start), session_end_info: None };
    Event::hparams(history.start, "_hparams_/session_start_info", &content)
}

/// A run that may go on has none, so that its file grows at the end.
fn session_end(history: &History) -> Option<Event> {
    let end_time_secs = history.end()?;
    let status = if matches!(history.run.record.outcome, Outcome::Finished(_) | Outcome::StoppedEarly(_)) {
        SUCCESS
    } else {
        FAILURE
    };
    let content =
        HParams { session_start_info: None, session_end_info: Some(SessionEndInfo { status, end_time_secs }) };
    Some(Event::hparams(end_time_secs, "_hparams_/session_end_info", &content))
}

fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    [&length, &checksum(&length)[..], event, &checksum(event)].concat()
}

/// CRC-32C, rotated and shifted, so that a checksum of data that contains checksums is a good one.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<SummaryValue>,
}

#[derive(Clone, PartialEq, Message)]
struct SummaryValue {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
    #[prost(message, optional, tag = "8")]
    tensor: Option<Tensor>,
    #[prost(message, optional, tag = "9")]
    metadata: Option<Metadata>,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    /// 1 is float.
    #[prost(int32, tag = "1")]
    dtype: i32,
    #[prost(message, optional, tag = "2")]
    tensor_shape: Option<TensorShape>,
    #[prost(float, repeated, tag = "5")]
    float_val: Vec<f32>,
}

/// Without dimensions: a single number.
#[derive(Clone, PartialEq, Message)]
struct TensorShape {}

#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(message, optional, tag = "1")]
    plugin_data: Option<PluginData>,
}

#[derive(Clone, PartialEq, Message)]
struct PluginData {
    #[prost(string, tag = "1")]
    plugin_name: String,
    #[prost(bytes = "vec", tag = "2")]
    content: Vec<u8>,
}

/// What the hyperparameter plugin keeps; its `version`, field 1, is 0.
#[derive(Clone, PartialEq, Message)]
struct HParams {
    #[prost(message, optional, tag = "3")]
    session_start_info: Option<SessionStartInfo>,
    #[prost(message, optional, tag = "4")]
    session_end_info: Option<SessionEndInfo>,
}

#[derive(Clone, PartialEq, Message)]
struct SessionStartInfo {
    #[prost(btree_map = "string, message", tag = "1")]
    hparams: BTreeMap<String, Value>,
    /// TensorBoard takes means over runs with the same name here.
    #[prost(string, tag = "4")]
    group_name: String,
    #[prost(double, tag = "5")]
    start_time_secs: f64,
}

#[derive(Clone, PartialEq, Message)]
struct SessionEndInfo {
    #[prost(int32, tag = "1")]
    status: i32,
    #[prost(double, tag = "2")]
    end_time_secs: f64,
}

const SUCCESS: i32 = 1;
const FAILURE: i32 = 2;

/// `google.protobuf.Value`.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(double, optional, tag = "2")]
    number: Option<f64>,
    #[prost(string, optional, tag = "3")]
    string: Option<String>,
    #[prost(bool, optional, tag = "4")]
    bool: Option<bool>,
}

impl Event {
    fn at(time: f64, epoch: usize) -> Self {
        Self { wall_time: time, step: epoch as i64, file_version: None, summary: None }
    }

    /// The plugin reads the metadata; the number is there because an event without one is no event.
    fn hparams(time: f64, tag: &str, content: &HParams) -> Self {
        let plugin_data = PluginData { plugin_name: "hparams".into(), content: content.encode_to_vec() };
        let value = SummaryValue {
            tensor: Some(Tensor { dtype: 1, tensor_shape: Some(TensorShape {}), float_val: vec![0.0] }),
            metadata: Some(Metadata { plugin_data: Some(plugin_data) }),
            ..SummaryValue::of(tag.to_owned())
        };
        Self { summary: Some(Summary { value: vec![value] }), ..Self::at(time, 0) }
    }
}

impl SummaryValue {
    fn of(tag: String) -> Self {
        Self { tag, simple_value: None, tensor: None, metadata: None }
    }
}

impl Value {
    fn of(value: &Json) -> Self {
        let none = Self { number: None, string: None, bool: None };
        match value {
            Json::Number(number) => Self { number: number.as_f64(), ..none },
            Json::Bool(bool) => Self { bool: Some(*bool), ..none },
            other => Self { string: Some(text(other)), ..none },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checksum of "123456789" by CRC-32C is published as e3069283; the mask is TensorFlow's.
    #[test]
    fn checksums_are_masked() {
        let crc = 0xe306_9283_u32;
        let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
        assert_eq!(checksum(b"123456789"), masked.to_le_bytes());
    }

    #[test]
    fn a_zero_is_written_and_what_is_not_there_is_not() {
        let zero = SummaryValue { simple_value: Some(0.0), ..SummaryValue::of("t".into()) };
        assert_eq!(zero.encode_to_vec(), [0x0a, 1, b't', 0x15, 0, 0, 0, 0]);
        assert_eq!(SummaryValue::of("t".into()).encode_to_vec(), [0x0a, 1, b't']);
    }
}
