//! The optimizers' formulas for numbers side by side: the same as those of [`optimizer`](crate::optimizer), where each is explained.

use crate::OptimizerConfig;
use crate::engine::sparse::kernel::lanes::Lanes;

/// An optimizer with the numbers of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rule {
    Adam(Adam),
    /// For rows that have a gradient; the others make no step.
    LazyAdam(Adam),
    Rmsprop(Rmsprop),
    RmspropWithMomentum(RmspropWithMomentum),
    Sgd(Sgd),
    SgdWithMomentum(SgdWithMomentum),
}

/// How a number changes.
pub(crate) trait Formula: Copy {
    /// How many numbers are kept for a weight.
    const KEPT: usize;

    /// That of a rule, if it is this one.
    fn of(rule: &Rule) -> Option<&Self>;

    /// The new weight, and the new numbers that are kept for it.
    fn change<L: Lanes>(&self, gradient: L, weight: L, kept: [L; 2]) -> (L, [L; 2]);
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adam {
    /// Of the gradient.
    pub(crate) decay: f32,
    /// Decoupled: what is left of a weight.
    pub(crate) left: f32,
    pub(crate) one_minus_beta1: f32,
    pub(crate) one_minus_beta2: f32,
    /// Minus the learning rate over the first correction.
    pub(crate) step: f32,
    /// One over the root of the second correction.
    pub(crate) correction: f32,
    pub(crate) epsilon: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rmsprop {
    pub(crate) decay: f32,
    pub(crate) one_minus_alpha: f32,
    pub(crate) epsilon: f32,
    /// Minus the learning rate.
    pub(crate) step: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RmspropWithMomentum {
    pub(crate) rmsprop: Rmsprop,
    pub(crate) momentum: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sgd {
    pub(crate) decay: f32,
    /// Minus the learning rate.
    pub(crate) step: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SgdWithMomentum {
    pub(crate) sgd: Sgd,
    pub(crate) momentum: f32,
    pub(crate) nesterov: bool,
}

impl Rule {
    /// Whether a part of the weight is added to its gradient.
    pub(crate) fn decays(&self) -> bool {
        let decay = match self {
            Self::Adam(adam) | Self::LazyAdam(adam) => adam.decay,
            Self::Rmsprop(rmsprop) | Self::RmspropWithMomentum(RmspropWithMomentum { rmsprop, .. }) => rmsprop.decay,
            Self::Sgd(sgd) | Self::SgdWithMomentum(SgdWithMomentum { sgd, .. }) => sgd.decay,
        };
        decay != 0.0
    }

    /// Whether weights that never had a gradient stay as they are.
    pub(crate) fn rests(&self) -> bool {
        !self.decays() && !matches!(self, Self::Adam(adam) if adam.left != 1.0)
    }

    /// Whether rows without a gradient make no step.
    pub(crate) fn is_lazy(&self) -> bool {
        matches!(self, Self::LazyAdam(_))
    }

    /// Whether a row makes no step by this gradient.
    pub(crate) fn skips(&self, gradient: &[f32]) -> bool {
        self.is_lazy() && gradient.iter().all(|&number| number == 0.0)
    }

    /// The rule in this step, counted from 1.
    ///
    /// # Panics
    /// For an optimizer that this engine does not have; [`choose`](crate::engine::choose) knows which.
    pub(crate) fn of(optimizer: &OptimizerConfig, step: u64, lr_factor: f64) -> Self {
        match optimizer {
            OptimizerConfig::Adam(config) => Self::Adam(Adam {
                decay: config.weight_decay.get() as f32,
                left: 1.0,
                one_minus_beta1: (1.0 - config.beta1.get()) as f32,
                one_minus_beta2: (1.0 - config.beta2.get()) as f32,
                step: (-config.lr.get() * lr_factor / (1.0 - config.beta1.get().powf(step as f64))) as f32,
                correction: (1.0 / (1.0 - config.beta2.get().powf(step as f64)).sqrt()) as f32,
                epsilon: config.epsilon.get() as f32,
            }),
            OptimizerConfig::Adamw(config) => {
                let Self::Adam(adam) = Self::of(&OptimizerConfig::Adam(config.adam()), step, lr_factor) else {
                    unreachable!("Adam's rule is Adam's")
                };
                Self::Adam(Adam {
                    left: (1.0 - config.lr.get() * lr_factor * config.weight_decay.get()) as f32,
                    ..adam
                })
            }
            OptimizerConfig::LazyAdam(config) => Self::LazyAdam(Adam {
                decay: 0.0,
                left: 1.0,
                one_minus_beta1: (1.0 - config.beta1.get()) as f32,
                one_minus_beta2: (1.0 - config.beta2.get()) as f32,
                step: config.step_size(step, lr_factor) as f32,
                correction: 1.0,
                epsilon: config.epsilon.get() as f32,
            }),
            OptimizerConfig::Rmsprop(config) => {
                let rmsprop = Rmsprop {
                    decay: config.weight_decay.get() as f32,
                    one_minus_alpha: (1.0 - config.alpha.get()) as f32,
                    epsilon: config.epsilon.get() as f32,
                    step: (-config.lr.get() * lr_factor) as f32,
                };
                match config.momentum.get() as f32 {
                    0.0 => Self::Rmsprop(rmsprop),
                    momentum => Self::RmspropWithMomentum(RmspropWithMomentum { rmsprop, momentum }),
                }
            }
            OptimizerConfig::Sgd(config) => {
                let sgd = Sgd { decay: config.weight_decay.get() as f32, step: (-config.lr.get() * lr_factor) as f32 };
                match config.momentum.get() as f32 {
                    0.0 => Self::Sgd(sgd),
                    momentum => Self::SgdWithMomentum(SgdWithMomentum { sgd, momentum, nesterov: config.nesterov }),
                }
            }
            OptimizerConfig::Lbfgs(_) | OptimizerConfig::Rprop(_) => unreachable!("they are left to the dense engine"),
        }
    }
}

/// Whether rows put these steps off: they can be made but one by one, the more so where gradients add up, and are all alike.
pub(crate) fn are_put_off(rules: &[Rule], adds_up: bool) -> bool {
    let one_by_one = |first: &Rule| (adds_up || first.decays()) && !first.is_lazy();
    rules.first().is_some_and(|first| one_by_one(first) && rules.iter().all(|rule| rule == first))
}

impl Formula for Adam {
    const KEPT: usize = 2;

    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::Adam(formula) | Rule::LazyAdam(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<L: Lanes>(&self, gradient: L, weight: L, [first, second]: [L; 2]) -> (L, [L; 2]) {
        let gradient = L::all(self.decay).multiply_add(weight, gradient);
        let first = L::all(self.one_minus_beta1).multiply_add(gradient - first, first);
        let second = L::all(self.one_minus_beta2).multiply_add(gradient * gradient - second, second);
        let denominator = second.root().multiply_add(L::all(self.correction), L::all(self.epsilon));
        let change = first * L::all(self.step) * denominator.reciprocal();
        (weight.multiply_add(L::all(self.left), change), [first, second])
    }
}

impl Rmsprop {
    /// By what the weight changes but for the learning rate, and the new mean square.
    #[inline(always)]
    fn scaled<L: Lanes>(&self, gradient: L, weight: L, square: L) -> [L; 2] {
        let gradient = L::all(self.decay).multiply_add(weight, gradient);
        let square = L::all(self.one_minus_alpha).multiply_add(gradient * gradient - square, square);
        [gradient * (square.root() + L::all(self.epsilon)).reciprocal(), square]
    }
}

impl Formula for Rmsprop {
    const KEPT: usize = 1;

    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::Rmsprop(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<L: Lanes>(&self, gradient: L, weight: L, [square, unused]: [L; 2]) -> (L, [L; 2]) {
        let [scaled, square] = self.scaled(gradient, weight, square);
        (L::all(self.step).multiply_add(scaled, weight), [square, unused])
    }
}

impl Formula for RmspropWithMomentum {
    const KEPT: usize = 2;

    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::RmspropWithMomentum(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<L: Lanes>(&self, gradient: L, weight: L, [square, momentum]: [L; 2]) -> (L, [L; 2]) {
        let [scaled, square] = self.rmsprop.scaled(gradient, weight, square);
        let change = L::all(self.momentum).multiply_add(momentum, scaled);
        (L::all(self.rmsprop.step).multiply_add(change, weight), [square, change])
    }
}

impl Formula for Sgd {
    const KEPT: usize = 0;

    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::Sgd(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<L: Lanes>(&self, gradient: L, weight: L, kept: [L; 2]) -> (L, [L; 2]) {
        let gradient = L::all(self.decay).multiply_add(weight, gradient);
        (L::all(self.step).multiply_add(gradient, weight), kept)
    }
}

impl Formula for SgdWithMomentum {
    const KEPT: usize = 1;

    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::SgdWithMomentum(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<L: Lanes>(&self, gradient: L, weight: L, [momentum, unused]: [L; 2]) -> (L, [L; 2]) {
        let gradient = L::all(self.sgd.decay).multiply_add(weight, gradient);
        let momentum = L::all(self.momentum).multiply_add(momentum, gradient);
        let change = if self.nesterov { L::all(self.momentum).multiply_add(momentum, gradient) } else { momentum };
        (L::all(self.sgd.step).multiply_add(change, weight), [momentum, unused])
    }
}
