//! Dense re-feeding (Kuchaiev and Ginsburg 2017, section 2.3): after a step, what the network made of the batch is shown to it as
//! if it were ratings, and it should make the same of it again, since the ideal outputs f(x) are a fixed point, f(f(x)) = f(x).
//! The error is the mean square over all columns; penalties are those of any step.

use hourglass_models::{Forward, Mode, Model, Parameter};
use tch::{Kind, Tensor};

use crate::engine::dense;
use crate::engine::feed::Feed;
use crate::engine::shown::Shown;
use crate::inputs::RowScale;
use crate::loss::{Loss, loss};
use crate::objective::Fit;
use crate::reading::Readings;
use crate::state::State;
use crate::step::{Moment, encode, learn};
use crate::stream::Purpose;
use crate::{Error, GradientConfig, OptimizerConfig, Task};

/// As many further steps as `train.refeed` says, beginning with these outputs `[batch, columns]`.
pub(crate) fn refeed(
    task: &Task<'_>,
    state: &mut State,
    moment: Moment<'_>,
    rows: &[u32],
    feed: &Feed,
    outputs: &Tensor,
    readings: &mut Readings,
) -> Result<(), Error> {
    let mut outputs = outputs.shallow_clone();
    for pass in 1..=task.train.refeed {
        let shown = Shown::again(feed, &outputs);
        let loss_of =
            |model: &dyn Model, parameters: &[Parameter]| loss_of(task, model, parameters, moment, pass, &shown);
        let learned = learn(task, state, moment, rows, &loss_of)?;
        readings.check(learned.told);
        outputs = learned.outputs;
    }
    Ok(())
}

fn loss_of(
    task: &Task<'_>,
    model: &dyn Model,
    parameters: &[Parameter],
    moment: Moment<'_>,
    pass: usize,
    shown: &Shown,
) -> (Loss, Forward) {
    // Batches count from 1: no other step of the epoch has this number.
    let number = moment.batch + pass * moment.batches;
    let mut generator = task.streams().generator(Purpose::Dropout, moment.epoch, number);
    let forward =
        dense::pass(task, model, shown, &mut Mode::Train { generator: &mut generator, epochs: moment.epochs() });
    let errors = (&forward.outputs - &shown.ratings).square();
    let fit = Fit { sum: errors.sum(Kind::Float), count: errors.numel() as f64 };
    let pairs = moment.partners.map(|partners| encode(task, model, partners));
    (loss(task, model, parameters, &forward, fit, pairs.as_ref(), moment.epochs()), forward)
}

/// Outputs can be input only where both are on one scale.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    if task.train.refeed == 0 {
        return Ok(());
    }
    let train = task.train;
    let looks_back = matches!(train.optimizer, OptimizerConfig::Lbfgs(_) | OptimizerConfig::Rprop(_));
    if looks_back || train.gradient != GradientConfig::OfBatch || train.alternate.is_some() {
        return Err("train.refeed puts steps of another loss between those of the objective, which an optimizer that compares \
                    gradients (lbfgs, rprop), train.gradient and train.alternate would take for one; leave refeed or these out"
            .to_owned());
    }
    if !task.objective.is_squared_error() {
        return Err(format!(
            "train.refeed shows outputs as if they were ratings, which those of objective.{} are not; use objective.masked-mse or \
             objective.full-mse, or set refeed = 0",
            task.objective.name()
        ));
    }
    if task.inputs.scale == RowScale::UnitNorm {
        return Err(
            "train.refeed shows outputs as they are, but input.scale = \"unit-norm\" shows ratings shortened; set \
                    scale = \"none\", or refeed = 0"
                .to_owned(),
        );
    }
    Ok(())
}
