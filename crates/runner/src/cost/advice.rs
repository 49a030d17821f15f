//! What would fit where a trial does not: each remedy is found by the same estimate.

use std::num::NonZeroUsize;

use anyhow::{Result, bail};
use hourglass_models::Boundaries;
use hourglass_report::format;
use hourglass_train::engine::{Engine, EngineConfig, choose};
use hourglass_train::memory::Memory;
use hourglass_train::{ModelConfig, Task, TrainConfig};
use tch::Device;
use toml::Value;

use super::Needed;
use crate::spec::Spec;

/// Refuses a training that needs more than there is, in main memory; of a GPU's own memory nothing is known.
///
/// # Errors
/// Says how much it needs, how much there is, and what would fit.
pub fn refuse_what_cannot_fit(task: &Task<'_>, config: &Spec, needed: Needed, available: Option<u64>) -> Result<()> {
    let Some(available) = available.filter(|&available| needed.total() > available) else { return Ok(()) };
    let advice = advice(task, config, needed, available);
    bail!(
        "needs about {} of memory ({}), and {} are available; {advice}",
        format::bytes(needed.total()),
        needed.parts(),
        format::bytes(available),
    )
}

fn advice(task: &Task<'_>, config: &Spec, needed: Needed, available: u64) -> String {
    let with = |training: Memory| Needed { training, ..needed }.total();
    let of = |task: &Task<'_>| with(Memory::of(task));
    let fits = |bytes: u64| bytes <= available;
    let mut remedies = Vec::new();
    if task.device == Device::Cpu {
        remedies.extend(smaller_batch(task, &|task| fits(of(task))));
        remedies.extend(sparse_engine(task, &|memory| fits(with(memory))));
        remedies.extend(narrower_layers(task, config, &|task| fits(of(task))));
    }
    match remedies.is_empty() {
        true => {
            "nothing smaller of the same kind would fit; use fewer ratings, or a machine with more memory".to_owned()
        }
        false => format!("what would fit: {}", remedies.join("; or ")),
    }
}

/// The largest number, below this one, of which something holds; it must hold of smaller ones then.
fn largest_below(most: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut yes, mut no) = (0, most);
    while no - yes > 1 {
        let middle = usize::midpoint(yes, no);
        if holds(middle) { yes = middle } else { no = middle }
    }
    (yes > 0).then_some(yes)
}

fn smaller_batch(task: &Task<'_>, fits: &dyn Fn(&Task<'_>) -> bool) -> Option<String> {
    let with = |batch: usize| {
        let batch = NonZeroUsize::new(batch).expect("a batch above 0");
        let train = TrainConfig { batch, ..task.train.clone() };
        fits(&Task { train: &train, ..*task })
    };
    let now = task.train.batch.get().min(task.inputs.ratings.rows().max(1));
    largest_below(now, with).map(|batch| format!("train.batch = {batch}"))
}

/// What the sparse engine would need, and what keeps it from computing this, if it does not already.
fn sparse_engine(task: &Task<'_>, fits: &dyn Fn(Memory) -> bool) -> Option<String> {
    if choose(task).engine == Engine::Sparse
        || task.model.boundaries() == Boundaries::None
        || !fits(Memory::with(task, Engine::Sparse))
    {
        return None;
    }
    let train = TrainConfig { engine: EngineConfig::Auto, ..task.train.clone() };
    let free = choose(&Task { train: &train, ..*task });
    Some(match free.engine {
        Engine::Sparse => "train.engine = \"sparse\"".to_owned(),
        Engine::Dense => format!("the sparse engine, which does not apply as long as {}", free.reason),
    })
}

/// Widths of layers, as the models name them.
const WIDTHS: [&str; 3] = ["layers", "hidden", "code"];

/// As many in a thousand of the units of each layer as fit.
fn narrower_layers(task: &Task<'_>, config: &Spec, fits: &dyn Fn(&Task<'_>) -> bool) -> Option<String> {
    let with = |share: usize| {
        let model = narrowed(config, share)?.model;
        let task = Task { model: &model, ..*task };
        (hourglass_train::check(&task).is_ok() && fits(&task)).then_some(model)
    };
    let share = largest_below(1000, |share| with(share).is_some())?;
    widths(&with(share)?)
}

/// The setting with so many in a thousand of the units of each layer, at least one.
fn narrowed(config: &Spec, share: usize) -> Option<Spec> {
    let narrow = |units: i64| (units.saturating_mul(share as i64) / 1000).max(1);
    let mut table = config.to_table();
    let (_, model) = table.get_mut("model")?.as_table_mut()?.iter_mut().next()?;
    for key in WIDTHS {
        match model.get_mut(key) {
            Some(Value::Integer(units)) => *units = narrow(*units),
            Some(Value::Array(list)) => {
                list.iter_mut().for_each(|units| *units = Value::Integer(narrow(units.as_integer().unwrap_or(1))));
            }
            _ => {}
        }
    }
    Spec::from_table(&table).ok()
}

/// `model.autoencoder.layers = [120]`.
fn widths(model: &ModelConfig) -> Option<String> {
    let table = toml::Table::try_from(model).ok()?;
    let (name, keys) = table.iter().next()?;
    let set = |key: &&str| Some(format!("model.{name}.{key} = {}", keys.get(key)?));
    let settings: Vec<String> = WIDTHS.iter().filter_map(set).collect();
    (!settings.is_empty()).then(|| settings.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_that_fits_is_found() {
        for (most, limit, found) in
            [(100, 40, Some(40)), (100, 99, Some(99)), (100, 1, Some(1)), (100, 0, None), (1, 5, None)]
        {
            assert_eq!(largest_below(most, |number| number <= limit), found, "at most {limit} of {most}");
        }
    }
}
