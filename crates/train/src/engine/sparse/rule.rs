//! The optimizers' formulas for one number at a time: the same as those of [`optimizer`](crate::optimizer), where each is explained.

use super::root::{reciprocal, root};
use super::vector::multiply_add;
use crate::OptimizerConfig;

/// An optimizer with the numbers of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rule {
    Adam(Adam),
    /// For rows that have a gradient; the others make no step.
    LazyAdam(Adam),
    Rmsprop(Rmsprop),
    RmspropWithMomentum(RmspropWithMomentum),
    Sgd(Sgd),
}

/// How a number changes.
pub(super) trait Formula: Copy {
    /// That of a rule, if it is this one.
    fn of(rule: &Rule) -> Option<&Self>;

    /// The new weight, and the new numbers that are kept for it.
    fn change<const FUSED: bool>(&self, gradient: f32, weight: f32, kept: [f32; 2]) -> (f32, [f32; 2]);
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Adam {
    /// Of the gradient.
    pub(super) decay: f32,
    /// Decoupled: what is left of a weight.
    pub(super) left: f32,
    pub(super) one_minus_beta1: f32,
    pub(super) one_minus_beta2: f32,
    /// Minus the learning rate over the first correction.
    pub(super) step: f32,
    /// One over the root of the second correction.
    pub(super) correction: f32,
    pub(super) epsilon: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rmsprop {
    pub(super) decay: f32,
    pub(super) one_minus_alpha: f32,
    pub(super) epsilon: f32,
    /// Minus the learning rate.
    pub(super) step: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RmspropWithMomentum {
    pub(super) rmsprop: Rmsprop,
    pub(super) momentum: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sgd {
    pub(super) decay: f32,
    pub(super) momentum: f32,
    pub(super) nesterov: bool,
    /// Minus the learning rate.
    pub(super) step: f32,
}

impl Rule {
    /// Whether weights that never had a gradient stay as they are.
    pub(super) fn rests(&self) -> bool {
        match self {
            Self::Adam(adam) => adam.decay == 0.0 && adam.left == 1.0,
            Self::LazyAdam(_) => true,
            Self::Rmsprop(rmsprop) => rmsprop.decay == 0.0,
            Self::RmspropWithMomentum(RmspropWithMomentum { rmsprop, .. }) => rmsprop.decay == 0.0,
            Self::Sgd(sgd) => sgd.decay == 0.0,
        }
    }

    /// Whether rows without a gradient make no step.
    pub(super) fn is_lazy(&self) -> bool {
        matches!(self, Self::LazyAdam(_))
    }

    /// Whether a row makes no step by this gradient.
    pub(super) fn skips(&self, gradient: &[f32]) -> bool {
        self.is_lazy() && gradient.iter().all(|&number| number == 0.0)
    }

    /// The rule in this step, counted from 1.
    ///
    /// # Panics
    /// For an optimizer that this engine does not have; [`choose`](crate::engine::choose) knows which.
    pub(super) fn of(optimizer: &OptimizerConfig, step: u64, lr_factor: f64) -> Self {
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
            OptimizerConfig::Sgd(config) => Self::Sgd(Sgd {
                decay: config.weight_decay.get() as f32,
                momentum: config.momentum.get() as f32,
                nesterov: config.nesterov,
                step: (-config.lr.get() * lr_factor) as f32,
            }),
            OptimizerConfig::Lbfgs(_) | OptimizerConfig::Rprop(_) => unreachable!("they are left to the dense engine"),
        }
    }
}

impl Formula for Adam {
    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::Adam(formula) | Rule::LazyAdam(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<const FUSED: bool>(&self, gradient: f32, weight: f32, [first, second]: [f32; 2]) -> (f32, [f32; 2]) {
        let gradient = multiply_add::<FUSED>(self.decay, weight, gradient);
        let first = multiply_add::<FUSED>(self.one_minus_beta1, gradient - first, first);
        let second = multiply_add::<FUSED>(self.one_minus_beta2, gradient * gradient - second, second);
        let denominator = multiply_add::<FUSED>(root::<FUSED>(second), self.correction, self.epsilon);
        let change = first * self.step * reciprocal::<FUSED>(denominator);
        (multiply_add::<FUSED>(weight, self.left, change), [first, second])
    }
}

impl Rmsprop {
    /// By what the weight changes but for the learning rate, and the new mean square.
    #[inline(always)]
    fn scaled<const FUSED: bool>(&self, gradient: f32, weight: f32, square: f32) -> [f32; 2] {
        let gradient = multiply_add::<FUSED>(self.decay, weight, gradient);
        let square = multiply_add::<FUSED>(self.one_minus_alpha, gradient * gradient - square, square);
        [gradient * reciprocal::<FUSED>(root::<FUSED>(square) + self.epsilon), square]
    }
}

impl Formula for Rmsprop {
    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::Rmsprop(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<const FUSED: bool>(&self, gradient: f32, weight: f32, [square, unused]: [f32; 2]) -> (f32, [f32; 2]) {
        let [scaled, square] = self.scaled::<FUSED>(gradient, weight, square);
        (multiply_add::<FUSED>(self.step, scaled, weight), [square, unused])
    }
}

impl Formula for RmspropWithMomentum {
    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::RmspropWithMomentum(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<const FUSED: bool>(&self, gradient: f32, weight: f32, [square, momentum]: [f32; 2]) -> (f32, [f32; 2]) {
        let [scaled, square] = self.rmsprop.scaled::<FUSED>(gradient, weight, square);
        let change = multiply_add::<FUSED>(self.momentum, momentum, scaled);
        (multiply_add::<FUSED>(self.rmsprop.step, change, weight), [square, change])
    }
}

impl Formula for Sgd {
    fn of(rule: &Rule) -> Option<&Self> {
        if let Rule::Sgd(formula) = rule { Some(formula) } else { None }
    }

    #[inline(always)]
    fn change<const FUSED: bool>(&self, gradient: f32, weight: f32, [momentum, unused]: [f32; 2]) -> (f32, [f32; 2]) {
        let gradient = multiply_add::<FUSED>(self.decay, weight, gradient);
        let momentum = multiply_add::<FUSED>(self.momentum, momentum, gradient);
        let change = if self.nesterov { multiply_add::<FUSED>(self.momentum, momentum, gradient) } else { momentum };
        (multiply_add::<FUSED>(self.step, change, weight), [momentum, unused])
    }
}
