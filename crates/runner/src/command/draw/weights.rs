//! `hourglass draw weights`: what the first layer makes of single inputs.

use anyhow::{Context, Result, anyhow};
use hourglass_report::chart::{self, Heading};
use tch::{Device, Kind};

use crate::cli;
use crate::trained::Trained;

/// Inputs that are drawn where none is named.
const FIRST: u32 = 3;

/// Draws a line for each input.
///
/// # Errors
/// When the trial cannot be taken up, it has no first linear layer, or an input is not known.
pub(super) fn weights(arguments: &cli::DrawWeights) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let encoder = trained.model.encoder().ok_or_else(|| anyhow!("this network has no first linear layer to draw"))?;
    let columns = trained.columns();
    let places: Vec<u32> = match &arguments.input[..] {
        [] => (0..FIRST.min(columns.len() as u32)).collect(),
        named => named.iter().map(|id| place(&trained, id)).collect::<Result<_>>()?,
    };
    let of_input = |&place: &u32| {
        let weights = encoder.weight.detach().select(0, i64::from(place)).to_device(Device::Cpu).to_kind(Kind::Float);
        let weights = Vec::try_from(weights).context("cannot read the weights")?;
        Ok((columns.title(place).to_owned(), weights))
    };
    let lines = places.iter().map(of_input).collect::<Result<Vec<_>>>()?;
    let heading = Heading { title: "Weights of the first layer".to_owned(), subtitle: trained.line() };
    super::save(&chart::weights(&heading, &lines), &super::stem(&trained, "weights", arguments.to.as_deref()), None)
}

fn place(trained: &Trained, id: &str) -> Result<u32> {
    let ids = &trained.columns().ids;
    ids.index(id).ok_or_else(|| {
        let some = ids.names().iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        anyhow!("--input {id}: no column of the ratings has this id; expected one as {some}, …")
    })
}
