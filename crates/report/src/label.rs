//! How charts and lists call the settings of a sweep: by what tells them apart, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Swept, format};

/// Short names of the swept parameters and of their values.
#[derive(Debug)]
pub struct Labels {
    /// By path and value as JSON.
    values: BTreeMap<String, BTreeMap<String, String>>,
}

impl Labels {
    /// Of the values that these settings have.
    pub fn of<'a>(settings: impl Iterator<Item = &'a Swept>) -> Self {
        let mut by_path: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (path, value) in settings.flatten() {
            let values = by_path.entry(path).or_default();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Self { values: by_path.into_iter().map(|(path, values)| (path.to_owned(), shortest(&values))).collect() }
    }

    /// `gaussian` for `{ gaussian = { std = 0.4 } }`, where no other value is Gaussian noise of another size.
    pub fn value(&self, path: &str, value: &Value) -> String {
        let known = self.values.get(path).and_then(|values| values.get(&value.to_string()));
        known.cloned().unwrap_or_else(|| format::setting(value))
    }

    /// The last part of a parameter's path, or as many parts as tell it from the others: `fill`, `side info users`.
    pub fn name(&self, path: &str) -> String {
        let starts = path.rmatch_indices('.').map(|(dot, _)| dot + 1);
        let tells = |start: &usize| {
            // "users" by itself says nothing: of what?
            let vague = ["users", "items"].contains(&&path[*start..]);
            let ending = &path[start - 1..];
            let others = || self.values.keys().filter(|other| *other != path);
            !vague && !others().any(|other| other.ends_with(ending) || *other == ending[1..])
        };
        let start = starts.into_iter().find(tells).unwrap_or(0);
        path[start..].replace(['.', '_', '-'], " ")
    }
}

/// Values without the fields that all of their kind share, and with numbers rounded, where that leaves them different.
fn shortest(values: &[&Value]) -> BTreeMap<String, String> {
    let kinds: Vec<&Value> = values.iter().flat_map(|value| elements(value)).collect();
    let ways: [&dyn Fn(&Value) -> Value; 3] =
        [&|value| rounded(&without_shared(value, &kinds)), &|value| without_shared(value, &kinds), &Value::clone];
    let labels = ways.iter().map(|way| values.iter().map(|value| format::setting(&way(value))).collect());
    let are_different = |labels: &Vec<String>| labels.iter().collect::<BTreeSet<_>>().len() == labels.len();
    let labels = labels.into_iter().find(are_different).unwrap_or_default();
    values.iter().map(ToString::to_string).zip(labels).collect()
}

/// Four significant digits of each fraction: a range on a logarithmic scale has twelve, 0.00316227766017.
fn rounded(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let short = number.as_f64().and_then(|number| format!("{number:.3e}").parse::<f64>().ok());
            short.map_or_else(|| value.clone(), Value::from)
        }
        Value::Array(elements) => elements.iter().map(rounded).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), rounded(value))).collect(),
        other => other.clone(),
    }
}

fn elements(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |elements| elements.iter().collect())
}

/// `{ kind = { field = … } }` without the fields that are the same in all others of this kind.
fn without_shared(value: &Value, all: &[&Value]) -> Value {
    let Value::Object(kind) = value else {
        let Value::Array(elements) = value else { return value.clone() };
        return elements.iter().map(|element| without_shared(element, all)).collect();
    };
    let shorten = |(name, fields): (&String, &Value)| {
        let others: Vec<&Value> = all.iter().filter_map(|other| other.get(name)).collect();
        let differs = |field: &str| others.iter().any(|other| other.get(field) != fields.get(field));
        let fields = match fields {
            Value::Object(fields) => {
                fields.iter().filter(|(field, _)| differs(field)).map(|(f, v)| (f.clone(), v.clone())).collect()
            }
            single => single.clone(),
        };
        (name.clone(), fields)
    };
    kind.iter().map(shorten).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(path: &str, values: &[Value]) -> Labels {
        let settings: Vec<Swept> = values.iter().map(|value| [(path.to_owned(), value.clone())].into()).collect();
        Labels::of(settings.iter())
    }

    #[test]
    fn values_are_called_by_what_tells_them_apart() {
        let gaussian = |std: f64| json!([{"gaussian": {"draw": "once", "on": "all", "std": std}}]);
        let dropout = json!([{"dropout": {"rate": 0.1, "on": "all"}}]);
        let cases = [
            (vec![json!([]), gaussian(0.4), dropout.clone()], vec!["none", "gaussian", "dropout"]),
            (vec![gaussian(0.1), gaussian(0.5), dropout], vec!["gaussian (std 0.1)", "gaussian (std 0.5)", "dropout"]),
            (vec![json!("zero"), json!({"constant": 3}), json!("bias")], vec!["zero", "constant 3", "bias"]),
            (vec![json!({"constant": 1}), json!({"constant": 2})], vec!["constant 1", "constant 2"]),
            (vec![json!([8]), json!([256, 512, 256])], vec!["8", "256-512-256"]),
            (vec![json!(0.001), json!(0.003_162_277_660_17)], vec!["0.001", "0.003162"]),
            (vec![json!(0.100_001), json!(0.100_002)], vec!["0.100001", "0.100002"]),
        ];
        for (values, expected) in cases {
            let labels = labels("input.noise", &values);
            let found: Vec<_> = values.iter().map(|value| labels.value("input.noise", value)).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn names_are_as_short_as_is_clear() {
        let cases = [
            (&["input.fill"][..], &["fill"][..]),
            (&["input.side_info.users", "seed"], &["side info users", "seed"]),
            (
                &["batch", "input.fill", "model.autoencoder.layers", "model.cfn.layers", "train.batch"],
                &["batch", "fill", "autoencoder layers", "cfn layers", "train batch"],
            ),
        ];
        for (paths, expected) in cases {
            let settings: Swept = paths.iter().map(|path| ((*path).to_owned(), json!(1))).collect();
            let labels = Labels::of([&settings].into_iter());
            assert_eq!(paths.iter().map(|path| labels.name(path)).collect::<Vec<_>>(), expected);
        }
    }
}
