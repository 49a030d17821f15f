//! What does not go together is refused before anything is trained.

use crate::config::columns;
use crate::epoch::trainable_rows;
use crate::inputs::{RowScale, Target};
use crate::loss::part_names;
use crate::{
    Error, GradientConfig, Metric, ModelConfig, ObjectiveConfig, OptimizerConfig, Selection, Task, baseline,
    class_check, engine, pretrain, reconstruction, refeed,
};

/// Checks that the parts of a training fit each other and the ratings.
///
/// # Errors
/// Names the key, why it does not fit, and what would.
pub fn check(task: &Task<'_>) -> Result<(), Error> {
    let checked = match task.baseline() {
        Some(baseline) => baseline::check(task, baseline).and_then(|()| selection(task)),
        None => network(task),
    };
    checked.map_err(Error::DoesNotFit)?;
    monitor(task)?;
    match trainable_rows(&task.inputs.ratings).is_empty() {
        true => Err(Error::NothingToTrain),
        false => Ok(()),
    }
}

fn network(task: &Task<'_>) -> Result<(), String> {
    let checks = [
        task.model.check(task.dims()),
        groups(task),
        sources(task),
        turns(task),
        inputs(task),
        class_check::check(task),
        task.objective.check(task),
        task.penalty.check(task),
        pretrain::check(task),
        refeed::check(task),
        selection(task),
        optimizer(task),
        pairs(task),
        prior(task),
        engine::choice::check(task),
        reconstruction::check(task),
        task.train.precision.check(task),
    ];
    checks.into_iter().collect()
}

fn inputs(task: &Task<'_>) -> Result<(), String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    match task.target {
        Target::Noisy if task.noise.is_empty() => {
            refuse("input.target = \"noisy\", but there is no noise; add input.noise, or set target = \"clean\"")
        }
        Target::Noisy if task.inputs.scale == RowScale::UnitNorm => refuse(
            "input.target = \"noisy\" makes targets of what is shown, which input.scale = \"unit-norm\" has made shorter than the \
             ratings that are measured; set target = \"clean\", or scale = \"none\"",
        ),
        Target::Noisy | Target::Clean => Ok(()),
    }
}

fn groups(task: &Task<'_>) -> Result<(), String> {
    if task.inputs.groups.is_none() || task.model.reads_groups() {
        return Ok(());
    }
    Err("input.groups is read by [model.groups] alone; use that model, or leave input.groups out".to_owned())
}

/// What is given is read.
fn sources(task: &Task<'_>) -> Result<(), String> {
    if task.inputs.texts.is_some() && !task.model.reads_text() {
        return Err("input.text is there, but this network does not read it; use [model.multi-source] with text = {}, or leave \
                    input.text out"
            .to_owned());
    }
    if task.model.reads_ratings() {
        return Ok(());
    }
    let refuse = |key: &str| {
        Err(format!(
            "{key} changes the ratings that the network is shown, but it reads none; add model.multi-source.ratings = {{}}, or \
                     leave {key} out"
        ))
    };
    match (task.noise.is_empty(), task.train.refeed) {
        (false, _) => refuse("input.noise"),
        (true, 1..) => refuse("train.refeed"),
        (true, 0) => Ok(()),
    }
}

/// Encoder and decoder can learn in turns where each has weights of its own.
fn turns(task: &Task<'_>) -> Result<(), String> {
    if task.train.alternate.is_none() || !task.model.shares_weights() {
        return Ok(());
    }
    Err("train.alternate trains encoder and decoder in turns, but the network shares its weights between them; leave alternate out, or \
         use a network with weights for each"
        .to_owned())
}

/// The monitored column is reported, and has values if something depends on them.
fn monitor(task: &Task<'_>) -> Result<(), Error> {
    let monitor = &task.train.monitor;
    let reported = columns(&part_names(task), task.evaluation);
    if monitor.place(&reported).is_none() {
        return Err(Error::DoesNotFit(format!(
            "train.monitor = {:?} is not reported; set it to one of {}, or add it to evaluation.metrics",
            monitor.name(),
            reported.join(", "),
        )));
    }
    if let Some(problem) = meaningless(task).filter(|_| task.is_watched()) {
        return Err(Error::DoesNotFit(format!("train.monitor = {:?} {problem}", monitor.name())));
    }
    if task.is_watched() && monitor.needs_validation() && task.validation.ratings.is_empty() {
        return Err(Error::NothingToSelectBy { monitor: monitor.name().to_owned() });
    }
    Ok(())
}

/// What keeps the monitored column from telling good epochs from bad ones.
fn meaningless(task: &Task<'_>) -> Option<&'static str> {
    let name = task.train.monitor.name();
    if name.contains("predictions-above") {
        return Some("counts outputs, of which neither many nor few are good; set monitor = \"validation.rmse\"");
    }
    let is_loss = name.contains("loss");
    if let Some(baseline) = task.baseline() {
        return baseline::meaningless(task, baseline);
    }
    let metric = name.split_once('.').and_then(|(_, metric)| metric.parse().ok());
    match task.objective {
        ObjectiveConfig::Multinomial(_) if matches!(metric, Some(Metric::Rating(_) | Metric::Reconstruction(_))) => {
            Some(
                "compares ratings with the outputs of objective.multinomial, which are no ratings; set monitor = \"validation.loss\", or a \
             metric of lists in evaluation.metrics, such as \"validation.ndcg@100\"",
            )
        }
        ObjectiveConfig::ContrastiveDivergence(_) if is_loss => Some(
            "falls and rises with the samples of objective.contrastive-divergence, and has no value on validation ratings; set \
             monitor = \"validation.rmse\"",
        ),
        _ => None,
    }
}

fn selection(task: &Task<'_>) -> Result<(), String> {
    let Selection::Average { epochs } = task.selection() else { return Ok(()) };
    if epochs > task.train.epochs {
        return Err(format!(
            "train.selection averages the last {epochs} epochs, but train.epochs = {}; average fewer, or train longer",
            task.train.epochs,
        ));
    }
    if task.train.early_stopping.is_some() {
        return Err(format!(
            "train.selection averages the last {epochs} of {} epochs, which train.early_stopping may never reach; leave \
             early_stopping out, or use selection = {{ moving-average = {{ decay = 0.9 }} }}",
            task.train.epochs,
        ));
    }
    Ok(())
}

fn optimizer(task: &Task<'_>) -> Result<(), String> {
    let train = task.train;
    if train.alternate.is_some() && train.gradient != GradientConfig::OfBatch {
        return Err("train.alternate trains the parts of the network in turns, and train.gradient adds up gradients of the whole; \
                    leave one of them out"
            .to_owned());
    }
    match train.optimizer {
        OptimizerConfig::Lbfgs(_) if train.gradient != GradientConfig::OfBatch => {
            Err("train.optimizer.lbfgs looks at its batch several times a step, but train.gradient adds batches up; use \
                 gradient = \"of-batch\" with a larger train.batch, or another optimizer"
                .to_owned())
        }
        OptimizerConfig::Lbfgs(_) if train.clip_gradient.is_some() => {
            Err("train.optimizer.lbfgs learns the loss' curvature from its gradients, which train.clip_gradient would falsify; \
                 leave clip_gradient out, or use another optimizer"
                .to_owned())
        }
        OptimizerConfig::Rprop(_) if !train.schedule.is_constant() => {
            Err("train.schedule changes the learning rate, which train.optimizer.rprop uses before its first step only; leave \
                 schedule out, or use another optimizer"
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// A row is compared with another one, which must be there.
fn pairs(task: &Task<'_>) -> Result<(), String> {
    match trainable_rows(&task.inputs.ratings).len() {
        rows @ ..2 if task.penalty.similarity.is_some() => Err(format!(
            "penalty.similarity compares each row with another one, and {rows} of the rows has training ratings; leave it out"
        )),
        _ => Ok(()),
    }
}

/// RecVAE weighs the divergence of a row by the sum of what it is shown, which must not be negative, nor made by the fill.
fn prior(task: &Task<'_>) -> Result<(), String> {
    let ModelConfig::RecVae(config) = task.model else { return Ok(()) };
    if config.beta.is_some() || config.gamma.get() == 0.0 {
        return Ok(());
    }
    if !task.inputs.fill.is_zero() {
        return Err("model.rec-vae.gamma weighs rows by the sum of their ratings, to which input.fill adds; set fill = \"zero\", or \
                    model.rec-vae.beta for a weight that is the same for every row"
            .to_owned());
    }
    match task.inputs.ratings.entries().map(|(_, _, rating)| rating).find(|&rating| rating < 0.0) {
        Some(rating) => Err(format!(
            "model.rec-vae.gamma weighs rows by the sum of their ratings, but there is a rating of {rating}; make events of ratings \
             with ratings.implicit, or set model.rec-vae.beta"
        )),
        None => Ok(()),
    }
}
