//! `hourglass data fingerprint`: short names for ratings and their split, to compare with those of others.

use anyhow::Result;
use hourglass_data::load;

use super::Described;
use crate::cli;
use crate::command::print;

/// Prints one line for the ratings, and one for the split where there is one.
///
/// # Errors
/// When the ratings cannot be read or split.
pub(super) fn fingerprint(arguments: &cli::Source) -> Result<()> {
    let described = Described::read(arguments)?;
    let interactions = load(&described.data, &described.ratings)?;
    let mut text = format!("ratings  {}\n", interactions.fingerprint());
    if let Some(split) = &described.split {
        text += &format!("split    {}\n", split.split(&interactions)?.fingerprint());
    }
    print(&text)
}
