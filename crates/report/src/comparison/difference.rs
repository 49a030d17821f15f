//! What tells settings apart: of hundreds of parameters, the few that are not the same everywhere.

use std::collections::BTreeSet;

use serde_json::Value;

/// A parameter that is not the same in all settings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    /// Dotted.
    pub(super) path: String,
    /// What each setting has there, in the order of the settings.
    pub(super) values: Vec<Option<Value>>,
}

/// The paths at which `settings` differ, none of them inside another. Tables are looked into; of a choice, `{"sgd": …}` here
/// and `{"adam": …}` there, the names differ, and below each name whatever differs among those that made this choice.
pub(super) fn differences(settings: &[&Value]) -> Vec<Difference> {
    let mut found = Vec::new();
    collect("", &settings.iter().map(|setting| Some(*setting)).collect::<Vec<_>>(), &mut found);
    found
}

fn collect(path: &str, values: &[Option<&Value>], found: &mut Vec<Difference>) {
    let present: Vec<&Value> = values.iter().copied().flatten().collect();
    if present.windows(2).all(|pair| pair[0] == pair[1]) {
        return;
    }
    let keys: BTreeSet<&String> = present.iter().filter_map(|value| value.as_object()).flat_map(|o| o.keys()).collect();
    let is_table = |value: &&Value| value.as_object().is_some_and(|table| !table.is_empty());
    if !present.iter().all(is_table) {
        let values = values.iter().map(|value| value.cloned()).collect();
        return found.push(Difference { path: path.to_owned(), values });
    }
    let is_choice = keys.len() > 1 && present.iter().all(|value| value.as_object().is_some_and(|o| o.len() == 1));
    if is_choice {
        let name = |value: &Value| value.as_object()?.keys().next().map(|name| Value::from(name.as_str()));
        let values = values.iter().map(|value| value.and_then(name)).collect();
        found.push(Difference { path: path.to_owned(), values });
    }
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let below: Vec<Option<&Value>> = values.iter().map(|value| value.and_then(|value| value.get(key))).collect();
        let absent = values.iter().zip(&below).any(|(value, below)| value.is_some() && below.is_none());
        if absent && !is_choice {
            // That one setting has it and another has not is a difference by itself.
            let values = below.iter().map(|value| value.cloned()).collect();
            found.push(Difference { path, values });
        } else {
            collect(&path, &below, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(settings: &[Value]) -> Vec<(String, Value)> {
        let found = differences(&settings.iter().collect::<Vec<_>>());
        found.into_iter().map(|difference| (difference.path, json!(difference.values))).collect()
    }

    #[test]
    fn only_what_differs_is_left() {
        let sgd = json!({"sgd": {"lr": 0.1}});
        let adam = |lr: f64| json!({"adam": {"lr": lr, "beta1": 0.9}});
        let cases = [
            (vec![json!({"a": 1}), json!({"a": 1})], vec![]),
            (vec![json!({"a": 1}), json!({"a": 2})], vec![("a", json!([1, 2]))]),
            (
                vec![json!({"a": {"b": [1], "c": 1}}), json!({"a": {"b": [1, 2], "c": 1}})],
                vec![("a.b", json!([[1], [1, 2]]))],
            ),
            (vec![json!({"a": "zero"}), json!({"a": {"constant": 3}})], vec![("a", json!(["zero", {"constant": 3}]))]),
            (vec![json!({"a": 1, "b": 2}), json!({"b": 2})], vec![("a", json!([1, null]))]),
            (vec![json!({"o": sgd}), json!({"o": adam(0.1)})], vec![("o", json!(["sgd", "adam"]))]),
            (
                vec![json!({"o": sgd}), json!({"o": adam(0.1)}), json!({"o": adam(0.2)})],
                vec![("o", json!(["sgd", "adam", "adam"])), ("o.adam.lr", json!([null, 0.1, 0.2]))],
            ),
            (vec![json!({"o": {"l2": {}}}), json!({"o": {}})], vec![("o", json!([{"l2": {}}, {}]))]),
            (
                vec![json!({"o": {"x": 1, "y": 2}}), json!({"o": {"y": 3}})],
                vec![("o.x", json!([1, null])), ("o.y", json!([2, 3]))],
            ),
        ];
        for (settings, expected) in cases {
            let expected: Vec<_> = expected.into_iter().map(|(path, values)| (path.to_owned(), values)).collect();
            assert_eq!(table(&settings), expected, "{settings:?}");
        }
    }
}
