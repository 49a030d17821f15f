//! A step of an optimizer's formula, for numbers [side by side](super::lanes).

use super::lanes::Lanes;
use super::rule::{Formula, Rule};

/// Changes weights by the gradient of a step, to which `penalty` times the weight is added.
#[inline(always)]
pub(super) fn change<L: Lanes>(
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
