//! `hourglass draw reconstructions`: images, and below each what the network makes of it.

use anyhow::{Result, ensure};
use hourglass_data::{Axis, Csr, SourceConfig};
use hourglass_report::chart::{self, Heading, PictureRow};
use hourglass_train::evaluate::predict;
use hourglass_train::inputs::HeldOut;

use crate::cli;
use crate::trained::Trained;

/// Draws the first images that the network has not learned from, or the first of all where it has learned from each.
///
/// # Errors
/// When the trial cannot be taken up, or its rows are not images.
pub(super) fn reconstructions(arguments: &cli::DrawReconstructions) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let images = matches!(trained.config.data, SourceConfig::Images(_)) && trained.config.input.rows == Axis::Users;
    ensure!(images, "reconstructions are drawn of images; this needs [data.images], and input.rows = \"users\"");
    let all = all_pixels(&trained);
    let width = width(arguments, all.columns())?;
    let (rows, new) = chosen(&trained, &all, arguments.images.into());
    let originals = rows.iter().map(|&row| all.row(row as usize).values.to_vec()).collect();
    let reconstructed = reconstructed(&trained, &all, &rows)?;
    let scale = trained.data.scale;
    let shade = |value: &f32| (value - scale.minimum) / (scale.maximum - scale.minimum);
    let row = |name: &str, pictures: Vec<Vec<f32>>| PictureRow {
        name: name.to_owned(),
        pictures: pictures.iter().map(|picture| picture.iter().map(shade).collect()).collect(),
    };
    let learned = if new { "images that it has not learned from" } else { "images that it has learned from" };
    let heading = Heading {
        title: format!("Images and their reconstructions from {} numbers", trained.codes(cli::Part::Train)?.width),
        subtitle: format!("{} · {learned}", trained.line()),
    };
    let svg = chart::pictures(&heading, width, &[row("original", originals), row("reconstruction", reconstructed)]);
    super::save(&svg, &super::stem(&trained, "reconstructions", arguments.to.as_deref()), None)
}

/// Every pixel, whatever the split uses it for.
fn all_pixels(trained: &Trained) -> Csr {
    let split = &trained.data.split;
    let [rows, columns] = [split.train.rows(), split.train.columns()];
    let mut cells = vec![0.0; rows * columns];
    let parts = [&split.validation, &split.test];
    let held_out = parts.iter().flat_map(|part| part.fold_in.iter().chain([&part.ratings]));
    for (row, column, value) in held_out.chain([&split.train]).flat_map(|part| part.entries()) {
        cells[row as usize * columns + column as usize] = value;
    }
    let entries = cells.iter().enumerate();
    let entries = entries.map(|(place, &value)| ((place / columns) as u32, (place % columns) as u32, value));
    Csr::from_entries(rows, columns, entries)
}

/// How many pixels a line has: those of a square, unless it is said.
fn width(arguments: &cli::DrawReconstructions, pixels: usize) -> Result<usize> {
    let square = (pixels as f64).sqrt().round() as usize;
    let width = arguments.width.map_or(square, usize::from);
    ensure!(
        width > 0 && pixels.is_multiple_of(width),
        "an image of {pixels} pixels has no lines of {width}; say how many pixels a line has: --width N"
    );
    Ok(width)
}

/// The first rows without a training rating, and that they are such; where there are none, the first of all.
fn chosen(trained: &Trained, all: &Csr, count: usize) -> (Vec<u32>, bool) {
    let new = |row: &u32| trained.data.split.train.row(*row as usize).is_empty();
    let rows = 0..all.rows() as u32;
    let held_out: Vec<u32> = rows.clone().filter(new).take(count).collect();
    if held_out.is_empty() { (rows.take(count).collect(), false) } else { (held_out, true) }
}

/// What the network makes of whole images, on the scale of the data: `[rows][pixels]`.
fn reconstructed(trained: &Trained, all: &Csr, rows: &[u32]) -> Result<Vec<Vec<f32>>> {
    let task = trained.task()?;
    let (model, predicts) = (trained.config.model.name(), task.predicts_ratings());
    ensure!(predicts, "model.{model} predicts no ratings, of which images are made; name a trial of another model");
    let shown = trained.prepared.shown(all);
    let pixels = |&row: &u32| shown.ratings.row(row as usize).iter().map(move |(column, value)| (row, column, value));
    let ratings = Csr::from_entries(all.rows(), all.columns(), rows.iter().flat_map(pixels));
    let mut predicted =
        predict(&task, &trained.model, &[HeldOut { inputs: &shown, ratings: &ratings, by_members: &[] }]);
    let numbers = predicted.pop().map(|part| part.values).unwrap_or_default();
    let values: Vec<f32> = numbers.into_iter().map(|number| task.rating(number)).collect();
    // Predictions come in the order of rows, as the chosen ones do.
    Ok(values.chunks(all.columns()).map(<[f32]>::to_vec).collect())
}
