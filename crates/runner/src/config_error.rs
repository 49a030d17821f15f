//! Errors in an experiment: the place, the value, what is accepted, and what may have been meant.

use anyhow::{Error, anyhow};

/// What serde says in the terms of Rust, and the same in the terms of an experiment file.
const WORDS: [(&str, &str); 19] = [
    ("unknown field", "unknown key"),
    ("missing field", "missing key"),
    ("unknown variant", "unknown name"),
    (
        "invalid type: unit variant, expected newtype variant",
        "a name alone, expected a table with this name, as in { name = {} }",
    ),
    ("invalid type: sequence", "invalid type: a list"),
    ("invalid type: map", "invalid type: a table"),
    ("wanted string or table", "expected a name or a table"),
    ("wanted exactly 1 element, found 0 elements", "expected one choice, found none"),
    ("wanted exactly 1 element, more than 1 element", "expected one choice, found more than one"),
    ("expected a sequence", "expected a list"),
    ("expected a map", "expected a table"),
    ("expected a nonzero usize", "expected a whole number of at least 1"),
    ("expected a nonzero u32", "expected a whole number of at least 1"),
    ("expected usize", "expected a whole number of at least 0"),
    ("expected u64", "expected a whole number of at least 0"),
    ("expected u32", "expected a whole number of at least 0"),
    ("expected i64", "expected a whole number"),
    ("expected f64", "expected a number"),
    ("expected f32", "expected a number"),
];

/// An error at a dotted path of a table.
pub fn at_path(error: &serde_path_to_error::Error<toml::de::Error>) -> Error {
    anyhow!("at `{}`: {}", error.path(), explain(error.inner().message()))
}

/// serde's words in the terms of an experiment file, and what may have been meant.
pub fn explain(message: &str) -> String {
    let plain = WORDS.iter().fold(message.to_owned(), |text, (rust, plain)| text.replace(rust, plain));
    // The name of a Rust type tells a reader nothing.
    let plain =
        plain.split_once(", expected struct ").map_or(plain.clone(), |(what, _)| format!("{what}, expected a table"));
    plain + &suggestion(message)
}

/// serde lists the accepted names in backticks after the wrong one: the nearest of them may be what was meant.
fn suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(wrong) if message.starts_with("unknown ") => did_you_mean(wrong, quoted),
        _ => String::new(),
    }
}

/// `; did you mean …?`, or nothing where no name is near. Nearest is a dotted path of which what is wrong is the end.
pub fn did_you_mean<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    // Capitals and the kind of dash are not counted.
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let is_end = |name: &str| plain(name).strip_suffix(&plain(wrong)).is_some_and(|before| before.ends_with('.'));
    let distance = |name: &str| if is_end(name) { 0 } else { strsim::damerau_levenshtein(&plain(wrong), &plain(name)) };
    known
        .map(|name| (distance(name), name))
        .filter(|&(distance, name)| distance <= name.len().max(wrong.len()).div_ceil(3))
        .min()
        .map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_miss_is_suggested() {
        for (wrong, expected) in [
            ("epcohs", "; did you mean `epochs`?"),
            ("epoch", "; did you mean `epochs`?"),
            ("bach", "; did you mean `batch`?"),
            ("Epochs", "; did you mean `epochs`?"),
            ("LR", "; did you mean `lr`?"),
            ("learning_rate", ""),
            ("x", ""),
            ("", ""),
            ("fill", "; did you mean `input.fill`?"),
        ] {
            assert_eq!(did_you_mean(wrong, ["batch", "epochs", "lr", "input.fill"].into_iter()), expected, "{wrong}");
        }
    }
}
