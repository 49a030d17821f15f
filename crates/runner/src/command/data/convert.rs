//! `hourglass data convert`: any source as a Parquet file.

use anyhow::Result;
use hourglass_data::{load, write_parquet};
use hourglass_report::format;

use super::Described;
use crate::cli;
use crate::command::print;

/// Writes the ratings that count.
///
/// # Errors
/// When they cannot be read, or the file cannot be written.
pub(super) fn convert(arguments: &cli::Convert) -> Result<()> {
    let described = Described::read(&arguments.source)?;
    let interactions = load(&described.data, &described.ratings)?;
    write_parquet(&interactions, &arguments.to)?;
    print(&format!("{} ratings: {}\n", format::count(interactions.ratings.len() as u64), arguments.to.display()))
}
