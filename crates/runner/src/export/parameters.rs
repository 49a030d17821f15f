//! Settings as flat lists of names and values, as other programs have them.

use std::collections::{BTreeMap, BTreeSet};

use hourglass_report::comparison;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::History;

/// The setting of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// By dotted path; `seed` is among them.
    pub values: BTreeMap<String, Value>,
    /// The same for runs that differ in nothing but the seed: 16 hexadecimal digits.
    pub group: String,
}

/// The settings of these runs. A choice that is `"zero"` here and `{ constant = 3 }` there is one parameter in all of them and not
/// taken apart in some.
pub fn parameters(histories: &[History]) -> Vec<Parameters> {
    let settings: Vec<Value> = histories.iter().map(|history| comparison::parameters(&history.run, None)).collect();
    let taken_apart = settings.iter().map(|setting| {
        let mut values = BTreeMap::new();
        flatten("", setting, &BTreeSet::new(), &mut values);
        values
    });
    let whole: BTreeSet<String> = taken_apart.flat_map(BTreeMap::into_keys).collect();
    let of_run = |(history, setting): (&History, &Value)| {
        let mut values = BTreeMap::from([("seed".to_owned(), history.run.record.seed.into())]);
        flatten("", setting, &whole, &mut values);
        let digest = Sha256::digest(setting.to_string());
        Parameters { values, group: hexadecimal(&digest[..8]) }
    };
    histories.iter().zip(&settings).map(of_run).collect()
}

fn flatten(path: &str, value: &Value, whole: &BTreeSet<String>, values: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !whole.contains(path) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, whole, values);
            }
        }
        value => {
            values.insert(path.to_owned(), value.clone());
        }
    }
}

/// A value where only text is taken: a text as it is, anything else as JSON.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Two lower-case digits a byte.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
