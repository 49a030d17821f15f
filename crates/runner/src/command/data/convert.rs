//! `hourglass data convert`: any source as a Parquet file, or as a matrix of text.

use anyhow::{Result, bail};
use hourglass_data::{Axis, load, write_parquet, write_wide};
use hourglass_report::format;

use super::Described;
use crate::cli::{self, Rows};
use crate::command::print;

/// Writes the ratings that count.
///
/// # Errors
/// When they cannot be read, or the file cannot be written as it is named.
pub(super) fn convert(arguments: &cli::Convert) -> Result<()> {
    let (to, name) = (&arguments.to, arguments.to.display().to_string());
    let is_matrix = [".csv", ".csv.gz"].iter().any(|ending| name.ends_with(ending));
    match arguments.rows {
        None if !is_matrix && !name.ends_with(".parquet") => {
            bail!(
                "{name}: a list of ratings is written to a file that ends in .parquet, a matrix to .csv or .csv.gz with --rows"
            )
        }
        None if is_matrix => {
            bail!("{name}: a matrix needs --rows items or --rows users; a list of ratings is a .parquet")
        }
        Some(_) if !is_matrix => {
            bail!("{name}: with --rows a matrix is written, to a file that ends in .csv or .csv.gz")
        }
        _ => {}
    }
    let described = Described::read(&arguments.source)?;
    let interactions = load(&described.data, &described.ratings)?;
    match arguments.rows {
        None => write_parquet(&interactions, to)?,
        Some(Rows::Items) => write_wide(&interactions, Axis::Items, to)?,
        Some(Rows::Users) => write_wide(&interactions, Axis::Users, to)?,
    }
    print(&format!("{} ratings: {name}\n", format::count(interactions.ratings.len() as u64)))
}
