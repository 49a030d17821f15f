//! `hourglass embed`: the codes of a trained network as a table.

use anyhow::Result;
use hourglass_data::{TableColumn, write_table};
use hourglass_report::format;

use super::print;
use crate::cli;
use crate::trained::Trained;

/// Writes a line for each row: its id, how many ratings are shown of it, and its code.
///
/// # Errors
/// When the trial cannot be taken up, or the table cannot be written.
pub fn embed(arguments: &cli::Embed) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let codes = trained.codes(arguments.part)?;
    let name = |row: &u32| trained.rows().ids.name(*row).to_owned();
    let mut columns = vec![
        TableColumn::Text(trained.row_name().to_owned(), codes.rows.iter().map(name).collect()),
        TableColumn::Count("ratings".to_owned(), codes.shown),
    ];
    let unit = |unit: usize| codes.values.iter().skip(unit).step_by(codes.width).copied().collect();
    columns.extend((0..codes.width).map(|place| TableColumn::Number(format!("code_{place}"), unit(place))));
    let path = arguments.to.clone().unwrap_or_else(|| trained.folder.folder().join("codes.parquet"));
    write_table(&path, &columns)?;
    let count = format::count(codes.rows.len() as u64);
    print(&format!("codes of {count} {}s, {} units each: {}\n", trained.row_name(), codes.width, path.display()))
}
