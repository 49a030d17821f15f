//! An axis for a swept parameter: numeric where its values are numbers, else a place for each value.

use serde_json::Value;

use super::axis::{Axis, Tick, range};
use crate::format;

/// A value of a parameter, and what a chart calls it.
pub(super) type Labelled<'a> = (&'a Value, &'a str);

/// From this ratio of the largest to the smallest value on, equal factors are equal distances.
const LOGARITHMIC_FROM: f64 = 20.0;
/// With more different numbers than this, ticks are round numbers instead of the values themselves.
const MOST_TICKS: usize = 12;

/// The axis, and the place of each value on it. It is numeric when all values are numbers, or lists of one number; else each
/// value has its place, in the order in which they come.
pub(super) fn parameter_axis(parameter: &str, values: &[Labelled]) -> (Axis, Vec<f64>) {
    let numbers: Option<Vec<f64>> = values.iter().map(|(value, _)| as_number(value)).collect();
    match numbers {
        Some(numbers) if !numbers.is_empty() => numeric_axis(parameter, values, numbers),
        _ => {
            let names = distinct(values.iter().map(|(_, label)| (*label).to_owned()));
            let place = |label: &str| names.iter().position(|name| name == label).unwrap_or_default() as f64;
            (Axis::names(parameter, &names), values.iter().map(|(_, label)| place(label)).collect())
        }
    }
}

fn numeric_axis(parameter: &str, values: &[Labelled], numbers: Vec<f64>) -> (Axis, Vec<f64>) {
    let (low, high) = range(numbers.iter().copied()).unwrap_or((0.0, 1.0));
    let logarithmic = low > 0.0 && high / low >= LOGARITHMIC_FROM;
    let place = |number: f64| if logarithmic { number.log10() } else { number };
    let tick = |((_, label), number): (&Labelled, &f64)| Tick { at: place(*number), label: short(label, *number) };
    let mut ticks: Vec<Tick> = values.iter().zip(&numbers).map(tick).collect();
    ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
    ticks.dedup_by(|a, b| a.at == b.at);
    let title = if logarithmic { format!("{parameter} (logarithmic)") } else { parameter.to_owned() };
    let axis = match (ticks.len() > MOST_TICKS, logarithmic) {
        (false, _) => Axis::at_ticks(&title, ticks),
        (true, false) => Axis::around(&title, numbers.iter().copied(), 8.0),
        (true, true) => Axis::logarithmic(&title, numbers.iter().copied()),
    };
    (axis, numbers.into_iter().map(place).collect())
}

/// Numbers that were drawn at random have more digits than anybody reads.
fn short(label: &str, number: f64) -> String {
    const MOST_LETTERS: usize = 8;
    let rounded = format!("{number:.2e}").parse().ok().filter(|_| label.chars().count() > MOST_LETTERS);
    rounded.map_or(label.to_owned(), |rounded: f64| format::setting(&Value::from(rounded)))
}

/// A number, also as the only one of a list: `layers = [64]`.
fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Array(values) => match values.as_slice() {
            [Value::Number(number)] => number.as_f64(),
            _ => None,
        },
        _ => None,
    }
}

/// Each label once, in the order in which they come.
pub(super) fn distinct(labels: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for label in labels {
        if !distinct.contains(&label) {
            distinct.push(label);
        }
    }
    distinct
}

/// Values in the order of a table's rows or columns: numbers rise, others keep the order in which they come. Returns each
/// different value once.
pub(crate) fn in_order(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut distinct: Vec<Value> = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    if distinct.iter().all(|value| as_number(value).is_some()) {
        distinct.sort_by(|a, b| as_number(a).unwrap_or(0.0).total_cmp(&as_number(b).unwrap_or(0.0)));
    }
    distinct
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_axis_is_numeric_when_all_values_are_numbers() {
        let cases = [
            (vec![json!(1), json!(2.5), json!(4)], "layers", vec![1.0, 2.5, 4.0]),
            (vec![json!([4]), json!([8])], "layers", vec![4.0, 8.0]),
            (vec![json!(0.001), json!(0.1)], "layers (logarithmic)", vec![-3.0, -1.0]),
            (vec![json!(0), json!(1000)], "layers", vec![0.0, 1000.0]),
            (vec![json!("zero"), json!(3), json!("zero")], "layers", vec![0.0, 1.0, 0.0]),
            (vec![json!([4, 8, 4]), json!([8])], "layers", vec![0.0, 1.0]),
        ];
        for (values, title, expected) in cases {
            let labels: Vec<_> = values.iter().map(format::setting).collect();
            let labelled: Vec<_> = values.iter().zip(labels.iter().map(String::as_str)).collect();
            let (axis, places) = parameter_axis("layers", &labelled);
            assert_eq!((axis.title.as_str(), places), (title, expected));
        }
    }

    #[test]
    fn many_numbers_have_round_ticks() {
        let ticks = |values: Vec<f64>| {
            let values: Vec<Value> = values.into_iter().map(Value::from).collect();
            let labelled: Vec<_> = values.iter().map(|value| (value, "label")).collect();
            parameter_axis("", &labelled).0.ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ticks((1..=12).map(f64::from).collect()), ["label"; 12].join(" "));
        assert_eq!(ticks((0..=40).map(f64::from).collect()), "0 5 10 15 20 25 30 35 40");
        assert_eq!(ticks((1..=40).map(|at| 10f64.powf(f64::from(at) / -10.0)).collect()), "10⁻⁴ 0.001 0.01 0.1 1");
    }

    #[test]
    fn long_numbers_are_rounded() {
        let cases = [
            ("0.0001", 1e-4, "0.0001"),
            ("0.0464158883", 0.046_415_888_3, "0.0464"),
            ("12345678901", 1.234_567_890_1e10, "12300000000.0"),
        ];
        for (label, number, expected) in cases {
            assert_eq!(short(label, number), expected);
        }
    }

    #[test]
    fn rows_of_numbers_rise_and_others_keep_their_order() {
        let cases = [
            (vec![json!(3), json!(1), json!(3), json!(2.5)], vec![json!(1), json!(2.5), json!(3)]),
            (vec![json!([8]), json!([4])], vec![json!([4]), json!([8])]),
            (vec![json!("zero"), json!(3), json!("zero")], vec![json!("zero"), json!(3)]),
        ];
        for (values, expected) in cases {
            assert_eq!(in_order(values.into_iter()), expected);
        }
    }
}
