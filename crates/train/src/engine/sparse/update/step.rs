//! A step of an optimizer's formula, for numbers [side by side](super::super::kernel::lanes).

use super::rule::{Formula, Rule};
use crate::engine::sparse::kernel::lanes::Lanes;

/// Changes weights by the gradient of a step, to which `penalty` times the weight is added.
#[inline(always)]
pub(crate) fn change<L: Lanes>(
    rule: &Rule,
    penalty: f32,
    gradient: &[f32],
    weights: &mut [f32],
    kept: [&mut [f32]; 2],
) {
    match rule {
        Rule::Adam(formula) | Rule::LazyAdam(formula) => change_by::<L, _>(formula, penalty, gradient, weights, kept),
        Rule::Rmsprop(formula) => change_by::<L, _>(formula, penalty, gradient, weights, kept),
        Rule::RmspropWithMomentum(formula) => change_by::<L, _>(formula, penalty, gradient, weights, kept),
        Rule::Sgd(formula) => change_by::<L, _>(formula, penalty, gradient, weights, kept),
        Rule::SgdWithMomentum(formula) => change_by::<L, _>(formula, penalty, gradient, weights, kept),
    }
}

#[inline(always)]
fn change_by<L: Lanes, F: Formula>(
    formula: &F,
    penalty: f32,
    gradient: &[f32],
    weights: &mut [f32],
    mut kept: [&mut [f32]; 2],
) {
    let length = weights.len();
    let gradient = &gradient[..length];
    kept[..F::KEPT].iter_mut().for_each(|kept| *kept = &mut std::mem::take(kept)[..length]);
    for place in 0..length.div_ceil(L::COUNT) {
        let start = place * L::COUNT;
        let weight = L::load(weights, start);
        let gradient = L::all(penalty).multiply_add(weight, L::load(gradient, start));
        let mut numbers = [L::all(0.0); 2];
        (0..F::KEPT).for_each(|k| numbers[k] = L::load(kept[k], start));
        let (weight, numbers) = formula.change(gradient, weight, numbers);
        weight.store(weights, start);
        (0..F::KEPT).for_each(|k| numbers[k].store(kept[k], start));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OptimizerConfig;
    use crate::engine::sparse::kernel::vector::Vector;

    #[test]
    fn every_level_changes_the_same_whatever_the_length() {
        for written in [
            r#"{"sgd": {"weight_decay": 0.1}}"#,
            r#"{"sgd": {"momentum": 0.9, "nesterov": true}}"#,
            r#"{"rmsprop": {"weight_decay": 0.1}}"#,
            r#"{"rmsprop": {"momentum": 0.5}}"#,
            r#"{"adam": {}}"#,
            r#"{"adamw": {}}"#,
        ] {
            let optimizer: OptimizerConfig = serde_json::from_str(written).unwrap();
            let kept = optimizer.state_per_parameter() as usize;
            for length in [1, 15, 16, 37] {
                let number = |place: usize| (place as f32 * 0.7).sin();
                let mut changed = Vector::levels().into_iter().map(|level| {
                    let mut weights: Vec<f32> = (0..length).map(number).collect();
                    let mut all = vec![vec![0.0; length]; kept];
                    for step in 1..=3 {
                        let gradient: Vec<f32> = (0..length).map(|place| number(place + step)).collect();
                        let mut all = all.iter_mut().map(|kept| &mut kept[..]);
                        let kept = std::array::from_fn(|_| all.next().unwrap_or_default());
                        let rule = Rule::of(&optimizer, step as u64, 1.0);
                        level.change(&rule, 0.01, &gradient, &mut weights, kept);
                    }
                    all.into_iter().flatten().chain(weights).collect::<Vec<_>>()
                });
                let portable = changed.next().unwrap();
                for (portable, found) in changed.flat_map(|level| portable.clone().into_iter().zip(level)) {
                    let close = (portable - found).abs() < 1e-6 * (1.0 + portable.abs());
                    assert!(close, "{written}, {length} numbers: {found} instead of {portable}");
                }
            }
        }
    }
}
