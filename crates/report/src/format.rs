//! Numbers, durations and settings as text for people. Files for programs (CSV, JSON) hold full precision instead.

use serde_json::Value;

use crate::Estimate;

/// What stands for a value that is not there.
pub const MISSING: &str = "–";

/// A metric with four decimals; very large and very small ones in powers of ten.
pub fn metric(value: Option<f64>) -> String {
    match value {
        None => MISSING.to_owned(),
        Some(value) if value.is_nan() => MISSING.to_owned(),
        Some(value) if value != 0.0 && !(1e-3..1e7).contains(&value.abs()) => powers_of_ten(value, 3),
        Some(value) => minus_sign(&format!("{value:.4}")),
    }
}

/// A difference of two metrics, with the same four decimals also where it is small.
pub fn difference(difference: f64) -> String {
    if difference.abs() < 1e-3 { minus_sign(&format!("{difference:.4}")) } else { metric(Some(difference)) }
}

/// `0.8570 ± 0.0012 (n = 3)`: mean and half width of the 95 % interval.
pub fn estimate(estimate: &Estimate) -> String {
    let (mean, half_width) = (metric(Some(estimate.mean)), estimate.half_width);
    let half_width = match half_width {
        // Four decimals of a tiny spread are 0.0000, which would claim more than is known.
        Some(width) if width != 0.0 && width < 5e-5 => "< 0.0001".to_owned(),
        Some(width) if width < 1e7 => format!("{width:.4}"),
        other => metric(other),
    };
    format!("{mean} ± {half_width} (n = {})", estimate.n)
}

/// A count with thousands separators: `1,000,209`.
pub fn count(count: u64) -> String {
    group_thousands(&count.to_string())
}

/// A duration in two units: `0.8 s`, `42 s`, `3 min 05 s`, `1 h 05 min`, `2 d 03 h`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return MISSING.to_owned();
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..86400 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {:02} h", whole / 86400, whole % 86400 / 3600),
    }
}

/// An amount of memory: `512 B`, `3.4 MiB`, `12 GiB`.
pub fn bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1023.5 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && amount < 9.95);
    format!("{amount:.decimals$} {}", units[unit])
}

/// A value `3.5`, or a range of values `3–3.5`, with four decimals at most.
pub fn range(from: f64, to: f64) -> String {
    let end = |end: f64| minus_sign(&((end * 1e4).round() / 1e4).to_string());
    if from == to { end(from) } else { format!("{}–{}", end(from), end(to)) }
}

/// A swept value: `zero`, `constant 3`, `256-512-256`, `gaussian (std 0.4, on observed)`; an empty list is `none`.
pub fn setting(value: &Value) -> String {
    match value {
        Value::Null => MISSING.to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => minus_sign(&value.to_string()),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => {
            let separator = if values.iter().all(Value::is_number) { "-" } else { " + " };
            values.iter().map(setting).collect::<Vec<_>>().join(separator)
        }
        Value::Object(fields) if fields.is_empty() => "default".to_owned(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| match value {
                Value::Object(inner) if inner.is_empty() => name.clone(),
                Value::Object(_) => format!("{name} ({})", setting(value)),
                other => format!("{name} {}", setting(other)),
            };
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
    }
}

/// A metric's name as papers print it: `rmse` is `RMSE`, `user-rmse` is `user RMSE`, `ndcg@10` is `NDCG@10`.
pub fn metric_name(name: &str) -> String {
    let acronyms = ["rmse", "mse", "mae", "ndcg", "map", "mrr", "auc", "hr"];
    let word = |word: &str| {
        let (stem, cut) = word.split_at(word.find('@').unwrap_or(word.len()));
        if acronyms.contains(&stem) { stem.to_uppercase() + cut } else { word.to_owned() }
    };
    name.split('-').map(word).collect::<Vec<_>>().join(" ")
}

/// A word with a capital letter, for the beginning of a title.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A metric's name with its unit, for an axis; a metric without unit has none to show.
pub fn metric_axis(name: &str) -> String {
    let plain = name.split('@').next().unwrap_or(name);
    let unit = match plain.rsplit('-').next().unwrap_or(plain) {
        "rmse" | "mae" | "norm" => " (rating points)",
        "mse" => " (rating points²)",
        _ => "",
    };
    metric_name(name) + unit
}

/// A tick label with the decimals that `step`, the distance of ticks, calls for.
pub(crate) fn tick(value: f64, step: f64) -> String {
    let exponent = step.abs().log10().floor() as i32;
    let magnitude = value.abs().max(step.abs()).log10().floor() as i32;
    if value != 0.0 && (magnitude >= 7 || exponent < -6) {
        return powers_of_ten(value, (magnitude - exponent).clamp(0, 15) as usize);
    }
    let decimals = if value == 0.0 && exponent < -6 { 0 } else { (-exponent).max(0) as usize };
    let text = format!("{:.decimals$}", value.abs());
    let text = if value.abs() >= 1e4 { group_thousands(&text) } else { text };
    if value < 0.0 { format!("−{text}") } else { text }
}

/// A round number on a logarithmic axis: `0.005`, `200`, `10⁻⁴`, `2×10⁶`.
pub(crate) fn magnitude(value: f64) -> String {
    let exponent = (value.abs().log10() + 1e-9).floor() as i32;
    match exponent {
        -3..0 => format!("{value:.*}", -exponent as usize),
        0..5 => count(value.round() as u64),
        _ => {
            let text = powers_of_ten(value, 1);
            text.strip_prefix("1×").map_or(text.clone(), str::to_owned)
        }
    }
}

/// `3.2×10⁻⁵`, with `decimals` at most: zeros at the end say nothing here.
fn powers_of_ten(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return minus_sign(&text) };
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let superscript: String = exponent.chars().map(superscript).collect();
    format!("{}×10{superscript}", minus_sign(mantissa))
}

fn superscript(digit: char) -> char {
    match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => digit.to_digit(10).and_then(|digit| char::from_u32('⁰' as u32 + digit)).unwrap_or(digit),
    }
}

/// A real minus sign instead of the hyphen.
fn minus_sign(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(digits) => format!("−{digits}"),
        None => text.to_owned(),
    }
}

/// Commas between groups of three digits left of the point.
fn group_thousands(text: &str) -> String {
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// Rows of as many cells each as aligned columns, the head first.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}  "));
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// The same as a table in Markdown.
pub fn markdown(rows: &[Vec<String>]) -> String {
    let line =
        |row: &Vec<String>| format!("| {} |\n", row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "));
    let Some((head, rest)) = rows.split_first() else { return String::new() };
    let rule = format!("|{}\n", " --- |".repeat(head.len()));
    line(head) + &rule + &rest.iter().map(line).collect::<String>()
}

/// What would end a cell or begin markup in Markdown.
fn escaped(cell: &str) -> String {
    cell.chars().fold(String::new(), |mut text, letter| {
        if "|\\`*_<>[]".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn metrics() {
        let cases = [
            (Some(0.857), "0.8570"),
            (Some(0.0), "0.0000"),
            (Some(-1.5), "−1.5000"),
            (Some(3.2e-5), "3.2×10⁻⁵"),
            (Some(1.5e12), "1.5×10¹²"),
            (Some(f64::INFINITY), "inf"),
            (Some(f64::NAN), "–"),
            (None, "–"),
        ];
        for (value, expected) in cases {
            assert_eq!(metric(value), expected);
        }
    }

    #[test]
    fn estimates() {
        let cases = [
            (0.857, Some(0.0012), 3, "0.8570 ± 0.0012 (n = 3)"),
            (0.857, Some(0.0), 2, "0.8570 ± 0.0000 (n = 2)"),
            (0.857, Some(1e-6), 2, "0.8570 ± < 0.0001 (n = 2)"),
            (0.857, None, 1, "0.8570 ± – (n = 1)"),
        ];
        for (mean, half_width, n, expected) in cases {
            assert_eq!(estimate(&Estimate { mean, half_width, n }), expected);
        }
    }

    #[test]
    fn counts_durations_and_bytes() {
        for (value, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_000_209, "1,000,209")] {
            assert_eq!(count(value), expected);
        }
        let durations = [
            (0.0, "0.0 s"),
            (0.84, "0.8 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.6, "1 min 00 s"),
            (185.0, "3 min 05 s"),
            (3900.0, "1 h 05 min"),
            (183_600.0, "2 d 03 h"),
            (f64::NAN, "–"),
            (-1.0, "–"),
        ];
        for (seconds, expected) in durations {
            assert_eq!(duration(seconds), expected);
        }
        let amounts =
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3_565_158, "3.4 MiB"), (13_000_000_000, "12 GiB")];
        for (amount, expected) in amounts {
            assert_eq!(bytes(amount), expected);
        }
    }

    #[test]
    fn settings() {
        let cases = [
            (json!("zero"), "zero"),
            (json!({"constant": 3}), "constant 3"),
            (json!([256, 512, 256]), "256-512-256"),
            (json!([8]), "8"),
            (json!([]), "none"),
            (json!(-0.5), "−0.5"),
            (json!(true), "true"),
            (json!(null), "–"),
            (json!([{"gaussian": {"std": 0.4}}, {"mask": 0.2}]), "gaussian (std 0.4) + mask 0.2"),
            (json!({"dense": {}}), "dense"),
        ];
        for (value, expected) in cases {
            assert_eq!(setting(&value), expected);
        }
    }

    #[test]
    fn names_of_metrics() {
        let cases = [
            ("rmse", "RMSE", "RMSE (rating points)"),
            ("user-rmse", "user RMSE", "user RMSE (rating points)"),
            ("ndcg@10", "NDCG@10", "NDCG@10"),
            ("recall@20", "recall@20", "recall@20"),
        ];
        for (name, short, axis) in cases {
            assert_eq!((metric_name(name).as_str(), metric_axis(name).as_str()), (short, axis));
        }
    }

    #[test]
    fn ticks() {
        let cases = [
            (0.85, 0.05, "0.85"),
            (1.0, 0.05, "1.00"),
            (200.0, 50.0, "200"),
            (-2.0, 1.0, "−2"),
            (20_000.0, 5000.0, "20,000"),
            (0.0, 1e-9, "0"),
            (2e-8, 1e-8, "2×10⁻⁸"),
            (1.5e9, 5e8, "1.5×10⁹"),
        ];
        for (value, step, expected) in cases {
            assert_eq!(tick(value, step), expected);
        }
    }
}
