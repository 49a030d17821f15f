//! Errors in an experiment: the place, the value, what is accepted, and what may have been meant.

use anyhow::{Error, anyhow};

/// An error at a line and column of the text.
pub fn in_text(error: &toml::de::Error) -> Error {
    let suggestion = suggestion(error.message());
    anyhow!("{}{suggestion}", error.to_string().trim_end())
}

/// An error at a dotted path of a table.
pub fn at_path(error: &serde_path_to_error::Error<toml::de::Error>) -> Error {
    let message = error.inner().message();
    let suggestion = suggestion(message);
    anyhow!("at `{}`: {message}{suggestion}", error.path())
}

/// serde lists the accepted names in backticks after the wrong one: the nearest of them may be what was meant.
fn suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(wrong) if message.starts_with("unknown ") => did_you_mean(wrong, quoted),
        _ => String::new(),
    }
}

/// `; did you mean …?`, or nothing where no name is near.
pub fn did_you_mean<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(wrong, name);
    known
        .map(|name| (distance(name), name))
        .filter(|&(distance, name)| distance <= name.len().max(wrong.len()).div_ceil(3))
        .min()
        .map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}
