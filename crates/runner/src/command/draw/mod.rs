//! `hourglass draw`: pictures of what a trained network has learned, one file a picture.

mod colours;
mod map;
mod reconstructions;
mod weights;

use std::path::{Path, PathBuf};

use anyhow::Result;
use hourglass_report::chart;

use super::print;
use crate::cli::{self, DrawCommand};
use crate::trained::Trained;

/// Does what was asked.
///
/// # Errors
/// When the trial cannot be taken up, or the picture cannot be drawn or written.
pub fn draw(arguments: &cli::Draw) -> Result<()> {
    match &arguments.command {
        DrawCommand::Codes(arguments) => map::map(arguments, map::Of::Codes),
        DrawCommand::Ratings(arguments) => map::map(arguments, map::Of::Ratings),
        DrawCommand::Weights(arguments) => weights::weights(arguments),
        DrawCommand::Reconstructions(arguments) => reconstructions::reconstructions(arguments),
    }
}

/// The path of a picture without its ending: beside the trial's other files, or where it was asked for.
fn stem(trained: &Trained, name: &str, to: Option<&Path>) -> PathBuf {
    let Some(path) = to else { return trained.folder.chart(name) };
    let is_picture = path.extension().is_some_and(|ending| ending == "svg" || ending == "png");
    if is_picture { path.with_extension("") } else { path.to_owned() }
}

/// Writes the picture, and says where it is, with what lies beside it.
fn save(svg: &str, stem: &Path, beside: Option<&Path>) -> Result<()> {
    let [vector, pixels] = chart::save(svg, stem)?;
    let table = beside.map(|path| format!(", {}", path.display())).unwrap_or_default();
    print(&format!("{}, {}{table}\n", vector.display(), pixels.display()))
}
