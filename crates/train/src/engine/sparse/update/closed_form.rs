//! Several steps without a gradient at once. Moments shrink by constant factors, so that what a weight gains in n steps is a sum
//! that is the same for a whole row but for the weight's own moments. For SGD and RMSprop it is a factor; for Adam
//!
//! ```text
//! Σ_s a_s m / (b_s √v + ε),   a_s = step_s β₁ˢ,   b_s = correction_s β₂^(s/2)
//! ```
//!
//! in which the b_s are nearly the same: around their mean b̄, with d = b̄ √v + ε and y = √v / d, it is
//!
//! ```text
//! m / d · (M₀ + y² (M₂ − y (M₃ − y (M₄ − …)))),   M_k = Σ_s a_s (b_s − b̄)ᵏ
//! ```
//!
//! Where what is left out could be seen in single precision, as at the beginning of a training, whose corrections change fast, or
//! where a step depends on the weight by its decay, there is no such sum: then steps are made one after the other.

use super::rule::{Adam, Rmsprop, RmspropWithMomentum, Rule, SgdWithMomentum};
use crate::engine::sparse::kernel::lanes::Lanes;

/// M₀ to M₇; the next one tells what is left out.
const TERMS: usize = 8;

/// Of the sum: what may be left out.
const TOLERANCE: f64 = 1e-7;

/// After so many steps, a first moment has vanished.
const VANISHED: f64 = 1e-14;

/// Some steps, as one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClosedForm {
    /// What is left of both numbers kept for it.
    keep: [f32; 2],
    gain: Gain,
}

/// What a weight gains.
#[derive(Debug, Clone, Copy)]
enum Gain {
    /// A factor of each number kept.
    Linear([f32; 2]),
    Adam {
        /// What is left of the weight.
        left: f32,
        center: f32,
        epsilon: f32,
        moments: [f32; TERMS],
    },
}

/// The sums over steps so far, with those of b about its first value.
struct Sums {
    left: f64,
    decay: [f64; 2],
    first_b: Option<f64>,
    raw: [f64; TERMS + 1],
}

/// For each number of these steps, from none on: the steps as one, where they can be. Nothing, where they never can.
pub(crate) fn table(rules: &[Rule]) -> Vec<Option<ClosedForm>> {
    if rules.first().is_some_and(Rule::decays) {
        return Vec::new();
    }
    let nothing = ClosedForm { keep: [1.0; 2], gain: Gain::Linear([0.0; 2]) };
    let mut sums = Sums { left: 1.0, decay: [1.0; 2], first_b: None, raw: [0.0; TERMS + 1] };
    let later = rules.iter().map(|rule| match rule {
        // They are none.
        Rule::LazyAdam(_) | Rule::Sgd(_) => Some(nothing),
        Rule::Adam(adam) => sums.adam(adam),
        Rule::Rmsprop(rmsprop) => Some(sums.rmsprop(rmsprop, None)),
        Rule::RmspropWithMomentum(RmspropWithMomentum { rmsprop, momentum }) => {
            Some(sums.rmsprop(rmsprop, Some(*momentum)))
        }
        Rule::SgdWithMomentum(sgd) => Some(sums.sgd(sgd)),
    });
    [Some(nothing)].into_iter().chain(later).collect()
}

impl Sums {
    fn adam(&mut self, adam: &Adam) -> Option<ClosedForm> {
        let [beta1, beta2] = [adam.one_minus_beta1, adam.one_minus_beta2].map(|rest| 1.0 - f64::from(rest));
        self.decay = [self.decay[0] * beta1, self.decay[1] * beta2];
        let left = f64::from(adam.left);
        self.left *= left;
        if self.decay[0] > VANISHED {
            let b = f64::from(adam.correction) * self.decay[1].sqrt();
            let from_first = b - *self.first_b.get_or_insert(b);
            let mut term = f64::from(adam.step) * self.decay[0];
            for sum in &mut self.raw {
                *sum = *sum * left + term;
                term *= from_first;
            }
        } else {
            self.raw.iter_mut().for_each(|sum| *sum *= left);
        }
        let (center, moments) = self.central();
        let rest = (moments[TERMS] / center.powi(TERMS as i32)).abs();
        let gain = Gain::Adam {
            left: self.left as f32,
            center: center as f32,
            epsilon: adam.epsilon,
            moments: std::array::from_fn(|k| moments[k] as f32),
        };
        (rest <= TOLERANCE * moments[0].abs()).then(|| self.closed_form(gain))
    }

    /// The mean of b, and the moments about it.
    fn central(&self) -> (f64, [f64; TERMS + 1]) {
        let shift = if self.raw[0] == 0.0 { 0.0 } else { self.raw[1] / self.raw[0] };
        let moment = |k: usize| {
            // Σ a (x − shift)ᵏ by the binomial theorem.
            let mut choose = 1.0;
            (0..=k)
                .map(|j| {
                    let term = choose * self.raw[k - j] * (-shift).powi(j as i32);
                    choose *= (k - j) as f64 / (j + 1) as f64;
                    term
                })
                .sum()
        };
        (self.first_b.unwrap_or(1.0) + shift, std::array::from_fn(moment))
    }

    fn rmsprop(&mut self, rmsprop: &Rmsprop, momentum: Option<f32>) -> ClosedForm {
        self.decay[0] *= 1.0 - f64::from(rmsprop.one_minus_alpha);
        if let Some(momentum) = momentum {
            self.decay[1] *= f64::from(momentum);
            self.raw[0] += f64::from(rmsprop.step) * self.decay[1];
        }
        self.closed_form(Gain::Linear([0.0, self.raw[0] as f32]))
    }

    fn sgd(&mut self, sgd: &SgdWithMomentum) -> ClosedForm {
        let momentum = f64::from(sgd.momentum);
        self.decay[0] *= momentum;
        let again = if sgd.nesterov { momentum } else { 1.0 };
        self.raw[0] += f64::from(sgd.sgd.step) * self.decay[0] * again;
        self.closed_form(Gain::Linear([self.raw[0] as f32, 0.0]))
    }

    fn closed_form(&self, gain: Gain) -> ClosedForm {
        ClosedForm { keep: self.decay.map(|decay| decay as f32), gain }
    }
}

/// Changes weights by several steps without a gradient at once.
#[inline(always)]
pub(crate) fn change_in_closed_form<L: Lanes>(
    steps: &ClosedForm,
    weights: &mut [f32],
    [first, second]: [&mut [f32]; 2],
) {
    let starts = |numbers: &[f32]| (0..numbers.len().div_ceil(L::COUNT)).map(|place| place * L::COUNT);
    let [keep_first, keep_second] = steps.keep.map(L::all);
    match steps.gain {
        Gain::Linear(gains) => {
            for (kept, (gain, keep)) in [first, second].into_iter().zip(gains.into_iter().zip(steps.keep)) {
                for start in starts(kept) {
                    let number = L::load(kept, start);
                    L::all(gain).multiply_add(number, L::load(weights, start)).store(weights, start);
                    (number * L::all(keep)).store(kept, start);
                }
            }
        }
        Gain::Adam { left, center, epsilon, moments } => {
            let length = weights.len();
            let (first, second) = (&mut first[..length], &mut second[..length]);
            for start in starts(weights) {
                let [one, two] = [L::load(first, start), L::load(second, start)];
                let root = two.root();
                let inverse = root.multiply_add(L::all(center), L::all(epsilon)).reciprocal();
                let y = L::all(-1.0) * root * inverse;
                let terms = moments[2..].iter().rev().map(|&moment| L::all(moment));
                let rest = terms.fold(L::all(0.0), |sum, moment| sum.multiply_add(y, moment));
                let gain = one * inverse * rest.multiply_add(y * y, L::all(moments[0]));
                L::load(weights, start).multiply_add(L::all(left), gain).store(weights, start);
                (one * keep_first).store(first, start);
                (two * keep_second).store(second, start);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OptimizerConfig;
    use crate::engine::sparse::kernel::lanes::Single;
    use crate::engine::sparse::update::rule::Formula;

    /// A weight with what is kept for it, after these steps one by one.
    fn one_by_one(rules: &[Rule], weight: f32, kept: [f32; 2]) -> (f32, [f32; 2]) {
        let (mut weight, mut kept, zero) = (Single::<true>(weight), kept.map(Single), Single(0.0));
        for rule in rules {
            (weight, kept) = match rule {
                Rule::Adam(formula) => formula.change(zero, weight, kept),
                Rule::LazyAdam(_) => (weight, kept),
                Rule::Rmsprop(formula) => formula.change(zero, weight, kept),
                Rule::RmspropWithMomentum(formula) => formula.change(zero, weight, kept),
                Rule::Sgd(formula) => formula.change(zero, weight, kept),
                Rule::SgdWithMomentum(formula) => formula.change(zero, weight, kept),
            };
        }
        (weight.0, kept.map(|kept| kept.0))
    }

    #[test]
    fn steps_together_are_the_steps_one_by_one() {
        for (written, begun, closed_form) in [
            (r#"{"sgd": {"lr": 0.1, "momentum": 0.9}}"#, 0, 300..301),
            (r#"{"sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": true}}"#, 0, 300..301),
            (r#"{"sgd": {"lr": 0.1}}"#, 0, 300..301),
            (r#"{"rmsprop": {"lr": 0.01}}"#, 0, 300..301),
            (r#"{"rmsprop": {"lr": 0.01, "momentum": 0.7}}"#, 0, 300..301),
            (r#"{"adam": {"lr": 0.01}}"#, 5000, 300..301),
            (r#"{"adam": {"lr": 0.01}}"#, 200, 300..301),
            (r#"{"adamw": {"lr": 0.01, "weight_decay": 0.1}}"#, 1000, 300..301),
            (r#"{"lazy-adam": {"lr": 0.01}}"#, 0, 300..301),
            // At the beginning, corrections change too fast for all.
            (r#"{"adam": {"lr": 0.01}}"#, 10, 1..290),
            (r#"{"adam": {"lr": 0.01, "weight_decay": 0.1}}"#, 5000, 0..1),
            (r#"{"rmsprop": {"lr": 0.01, "weight_decay": 0.1}}"#, 5000, 0..1),
        ] {
            let optimizer: OptimizerConfig = serde_json::from_str(written).expect(written);
            let rule = |step: u64| Rule::of(&optimizer, begun + step, 1.0 / (1.0 + 0.001 * step as f64));
            let rules: Vec<Rule> = (1..=300).map(rule).collect();
            let table = table(&rules);
            let made = table.iter().skip(1).filter(|closed_form| closed_form.is_some()).count();
            assert!(closed_form.contains(&made), "{written} after {begun} steps: {made}");
            for (count, closed_form) in table.iter().enumerate() {
                let Some(closed_form) = closed_form else { continue };
                // Moments of gradients from large ones to such as are lost beside epsilon.
                for (first, second) in
                    [(0.0, 0.0), (0.3, 0.1), (-0.003, 1e-5), (1e-6, 1e-11), (-1e-9, 1e-16), (1e-9, 0.0)]
                {
                    let (mut weights, mut kept) = ([0.01], [[first], [second]]);
                    let [one, two] = &mut kept;
                    change_in_closed_form::<Single<true>>(closed_form, &mut weights, [one, two]);
                    let expected = one_by_one(&rules[..count], 0.01, [first, second]);
                    let found = [weights[0] - 0.01, kept[0][0], kept[1][0]];
                    for (found, expected) in found.iter().zip([expected.0 - 0.01, expected.1[0], expected.1[1]]) {
                        let off = (found - expected).abs();
                        let close = off <= 2e-5 * expected.abs() + 3e-8;
                        assert!(close, "{written}, {count} steps from {first}, {second}: {found}, not {expected}");
                    }
                }
            }
        }
    }
}
