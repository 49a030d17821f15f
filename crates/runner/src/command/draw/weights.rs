//! `hourglass draw weights`: what the first layer makes of single inputs.

use anyhow::{Context, Result, anyhow};
use hourglass_report::chart::{self, Heading};
use tch::{Device, Kind};

use crate::cli;
use crate::trained::Trained;

/// Lines that are drawn where no input is named, if not one input has more.
const FIRST: usize = 3;

/// Draws a line for each input, or, of a network that reads classes, for each value that its rating can have.
///
/// # Errors
/// When the trial cannot be taken up, it has no first linear layer, or an input is not known.
pub(super) fn weights(arguments: &cli::DrawWeights) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let encoder =
        trained.network()?.encoder().ok_or_else(|| anyhow!("this network has no first linear layer to draw"))?;
    let columns = trained.columns();
    let cells = cells(&trained)?;
    let places: Vec<u32> = match &arguments.input[..] {
        [] => (0..columns.len().min((FIRST / cells.len()).max(1)) as u32).collect(),
        named => named.iter().map(|id| place(&trained, id)).collect::<Result<_>>()?,
    };
    let weight = encoder.weight.detach().to_device(Device::Cpu).to_kind(Kind::Float);
    let line = |(place, cell): (u32, usize)| {
        let weights = weight.get((place as usize * cells.len() + cell) as i64);
        let weights = Vec::try_from(weights).context("cannot read the weights")?;
        Ok((format!("{}{}", columns.title(place), cells[cell]), weights))
    };
    let rows = places.iter().flat_map(|&place| (0..cells.len()).map(move |cell| (place, cell)));
    let lines = rows.map(line).collect::<Result<Vec<_>>>()?;
    let heading = Heading { title: "Weights of the first layer".to_owned(), subtitle: trained.line() };
    super::save(&chart::weights(&heading, &lines), &super::stem(&trained, "weights", arguments.to.as_deref()), None)
}

/// What is to be said of each cell of an input: nothing where it has one, else the rating that it stands for.
fn cells(trained: &Trained) -> Result<Vec<String>> {
    let task = trained.task()?;
    if !task.model.reads_classes() {
        return Ok(vec![String::new()]);
    }
    let levels = Vec::<f32>::try_from(task.levels.values(Device::Cpu)).context("cannot read the values of ratings")?;
    Ok(levels.into_iter().map(|level| format!(" = {}", task.rating(level))).collect())
}

fn place(trained: &Trained, id: &str) -> Result<u32> {
    let ids = &trained.columns().ids;
    ids.index(id).ok_or_else(|| {
        let some = ids.names().iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        anyhow!("--input {id}: no column of the ratings has this id; expected one as {some}, …")
    })
}
