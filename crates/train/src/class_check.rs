//! Which models, objectives and inputs can go with ratings that are classes.

use hourglass_models::Activation;

use crate::inputs::RowScale;
use crate::{ModelConfig, NoiseConfig, ObjectiveConfig, Task};

/// Checks that model and objective both take ratings as classes or both as numbers, and that the input can be classes.
///
/// # Errors
/// Names the key, why it does not fit, and what would.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    let name = task.objective.name();
    let reads_classes = task.model.reads_classes();
    match task.objective {
        ObjectiveConfig::ContrastiveDivergence(_) if !reads_classes => Err(
            "objective.contrastive-divergence trains an RBM, and the model is none; use [model.rbm], or [objective.cross-entropy]"
                .to_owned(),
        ),
        objective if reads_classes && !objective.predicts_classes() => Err(format!(
            "model.rbm gives a chance to each value that a rating can have, but objective.{name} asks for one number; \
             use [objective.contrastive-divergence] or [objective.cross-entropy]"
        )),
        objective if objective.predicts_classes() => {
            check_output(task.model)?;
            task.levels.check().map_err(|problem| format!("objective.{name} takes each value of a rating for a class, {problem}"))?;
            if reads_classes { check_input(task) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// The softmax over an item's classes stands for the output activation.
fn check_output(model: &ModelConfig) -> Result<(), String> {
    if model.output_activation() == Activation::Linear && model.output_range().is_none() {
        return Ok(());
    }
    Err("objective.cross-entropy puts a softmax on the outputs itself, but the model's output_activation is another; leave it and \
         output_range out, or set output_activation = \"linear\""
        .to_owned())
}

/// A cell of a class is 1 or 0: no fill can stand there, and no noise that changes the value of a rating.
fn check_input(task: &Task<'_>) -> Result<(), String> {
    if !task.inputs.fill.is_zero() {
        return Err(
            "model.rbm is shown the rated items alone, so nothing can stand for the others; set input.fill = \"zero\""
                .to_owned(),
        );
    }
    if task.inputs.scale != RowScale::None {
        return Err(
            "model.rbm reads classes, whose cells are 1 or 0, so that input.scale has nothing to scale; leave it out"
                .to_owned(),
        );
    }
    let divergence = matches!(task.objective, ObjectiveConfig::ContrastiveDivergence(_));
    if divergence && !task.noise.is_empty() {
        return Err(
            "objective.contrastive-divergence compares ratings with samples, so that input.noise would be learnt; \
                    leave input.noise out, or use [objective.cross-entropy]"
                .to_owned(),
        );
    }
    if task.noise.iter().any(|noise| !matches!(noise, NoiseConfig::Masking(_))) {
        return Err(
            "model.rbm reads classes, whose cells are 1 or 0: input.noise can hide ratings, but not change them, as dropout does \
                    with those that it keeps; use { masking = { rate = 0.1 } }, or leave input.noise out"
                .to_owned(),
        );
    }
    Ok(())
}
