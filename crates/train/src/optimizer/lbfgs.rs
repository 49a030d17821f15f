//! L-BFGS (Liu and Nocedal 1989), as AutoRec's authors and SparseFC train: Newton's method with a curvature that is estimated from
//! the last changes of the weights, `sᵢ`, and of their gradient, `yᵢ`. It looks at the same batch several times a step, and is for
//! batches that hold all rows.
//!
//! ```text
//! q ← −g;                       for i from the last to the first:  αᵢ ← sᵢ·q / (yᵢ·sᵢ),  q ← q − αᵢ yᵢ
//! d ← q · (y·s / y·y) of last;  for i from the first to the last:  β ← yᵢ·d / (yᵢ·sᵢ),   d ← d + (αᵢ − β) sᵢ
//! θ ← θ + t d
//! ```

use std::iter;
use std::num::NonZeroUsize;

use hourglass_models::Parameter;
use hourglass_models::range::{NonNegative, Positive};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::line_search::{Found, Line, Point, strong_wolfe};
use super::{Evaluate, Evaluated, Find, Method, Step};
use crate::Error;

/// `{ lbfgs = { line_search = "strong-wolfe" } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The length of a change `t`, or where a line search begins; the first change of all is shorter.
    pub lr: Positive,
    /// Changes of the weights in a step.
    pub iterations: NonZeroUsize,
    /// Changes that the curvature is estimated from; each is kept in two copies of the weights.
    pub history: NonZeroUsize,
    /// A step ends when no gradient is larger.
    pub tolerance_gradient: NonNegative,
    /// A step ends when neither the loss nor a weight changes by more.
    pub tolerance_change: NonNegative,
    /// How far a change goes.
    pub line_search: LineSearch,
}

/// How far a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineSearch {
    /// As far as `lr` says.
    None,
    /// To where the loss has fallen and its slope is flatter (Nocedal and Wright 2006, algorithms 3.5 and 3.6).
    StrongWolfe,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lr: Positive::new::<1, 1>(),
            iterations: const { NonZeroUsize::new(20).unwrap() },
            history: const { NonZeroUsize::new(10).unwrap() },
            tolerance_gradient: NonNegative::new::<1, 10_000_000>(),
            tolerance_change: NonNegative::new::<1, 1_000_000_000>(),
            line_search: LineSearch::StrongWolfe,
        }
    }
}

/// The optimizer. Every tensor is over all weights, one after the other `[weights]`.
#[derive(Debug)]
pub(super) struct Lbfgs {
    config: Config,
    /// How many weights there are.
    weights: i64,
    /// The last change's direction `d` and the gradient before it.
    last: Option<(Tensor, Tensor)>,
    /// The last change's length `t`.
    length: f64,
    /// Oldest first.
    pairs: Vec<Pair>,
    /// `y·s / y·y` of the last pair.
    scale: f64,
}

/// A change of the weights and what it did to their gradient.
#[derive(Debug)]
struct Pair {
    weights: Tensor,
    gradient: Tensor,
    /// `y·s`.
    curvature: f64,
}

/// A curvature that is not above this teaches nothing.
const FLAT: f64 = 1e-10;

impl Lbfgs {
    /// Before the first step.
    pub(super) fn start(config: Config, parameters: &[Parameter]) -> Self {
        let weights = parameters.iter().map(|parameter| parameter.tensor.numel() as i64).sum();
        Self { config, weights, last: None, length: 0.0, pairs: Vec::new(), scale: 1.0 }
    }

    /// Learns from where the last change has led, and says where to go from here.
    fn line(&mut self, here: &Point, lr: f64, parameters: &[Parameter]) -> Line {
        let length = match self.last.take() {
            None => lr * (1.0 / here.gradient.abs().sum(Kind::Double).double_value(&[])).min(1.0),
            Some((direction, gradient)) => {
                self.learn(direction * self.length, &here.gradient - gradient);
                lr
            }
        };
        let direction = self.direction(&here.gradient);
        self.length = length;
        self.last = Some((direction.shallow_clone(), here.gradient.copy()));
        Line::new(parameters, direction, length, &here.gradient)
    }

    /// Goes along a line, and says where that has led; the last change of a step is not looked at, if it need not be.
    fn go(
        &self,
        line: &Line,
        here: Point,
        is_last: bool,
        most_tries: usize,
        again: Evaluate<'_>,
    ) -> Result<Found, Error> {
        match self.config.line_search {
            LineSearch::None => {
                line.go(line.length);
                let point = if is_last { here } else { again()?.into() };
                Ok(Found { length: line.length, point, evaluations: 1 })
            }
            LineSearch::StrongWolfe => {
                let found = strong_wolfe(line, here, self.config.tolerance_change.get(), most_tries, again)?;
                line.go(found.length);
                Ok(found)
            }
        }
    }

    fn learn(&mut self, weights: Tensor, gradient: Tensor) {
        let curvature = dot(&gradient, &weights);
        if curvature > FLAT {
            self.scale = curvature / dot(&gradient, &gradient);
            if self.pairs.len() == self.config.history.get() {
                self.pairs.remove(0);
            }
            self.pairs.push(Pair { weights, gradient, curvature });
        }
    }

    /// `−H g`, H the estimated inverse of the curvature.
    fn direction(&self, gradient: &Tensor) -> Tensor {
        let mut direction = gradient.neg();
        let mut shares = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let share = dot(&pair.weights, &direction) / pair.curvature;
            add(&mut direction, &pair.gradient, -share);
            shares.push(share);
        }
        if !self.pairs.is_empty() {
            let _ = direction.g_mul_scalar_(self.scale);
        }
        for (pair, share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let rest = share - dot(&pair.gradient, &direction) / pair.curvature;
            add(&mut direction, &pair.weights, rest);
        }
        direction
    }
}

impl Method for Lbfgs {
    fn step(
        &mut self,
        step: Step,
        parameters: &[Parameter],
        here: Evaluated,
        again: Evaluate<'_>,
    ) -> Result<(), Error> {
        let Config { lr, iterations, tolerance_gradient, tolerance_change, .. } = self.config;
        let [tolerance_gradient, tolerance] = [tolerance_gradient, tolerance_change].map(NonNegative::get);
        let (lr, most_evaluations) = (lr.get() * step.lr_factor, iterations.get() * 5 / 4);
        let mut here = Point::from(here);
        let mut evaluations = 1;
        for iteration in 1..=iterations.get() {
            if lr == 0.0 || largest(&here.gradient) <= tolerance_gradient {
                break;
            }
            let line = self.line(&here, lr, parameters);
            if line.slope > -tolerance {
                break;
            }
            let before = here.loss;
            let found = self.go(&line, here, iteration == iterations.get(), most_evaluations - evaluations, again)?;
            self.length = found.length;
            evaluations += found.evaluations;
            here = found.point;
            let moved = largest(&line.direction) * self.length;
            if evaluations >= most_evaluations || moved <= tolerance || (here.loss - before).abs() < tolerance {
                break;
            }
        }
        Ok(())
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        let curvatures = self.pairs.iter().map(|pair| pair.curvature).chain(iter::repeat(0.0));
        let has_last = if self.last.is_some() { 1.0 } else { 0.0 };
        let numbers = [has_last, self.length, self.scale].into_iter().chain(curvatures.take(self.config.history.get()));
        let numbers = Tensor::from_slice(&numbers.collect::<Vec<f64>>());
        let last =
            self.last.iter().flat_map(|(direction, gradient)| [("direction", direction), ("gradient", gradient)]);
        let last = last.map(|(name, tensor)| (format!("lbfgs.{name}"), tensor.shallow_clone()));
        let pairs = self.pairs.iter().enumerate().flat_map(|(place, pair)| {
            let tensors = [("weights", &pair.weights), ("gradient", &pair.gradient)];
            tensors.map(|(name, tensor)| (format!("lbfgs.{place}.{name}"), tensor.shallow_clone()))
        });
        [(NUMBERS.to_owned(), numbers)].into_iter().chain(last).chain(pairs).collect()
    }

    fn restore(&mut self, find: Find<'_>) -> Result<(), Error> {
        let like = Tensor::zeros([self.weights], (Kind::Float, Device::Cpu));
        let of_weights = |name: &str| find(&format!("lbfgs.{name}"), &like);
        let count = 3 + self.config.history.get() as i64;
        let numbers = find(NUMBERS, &Tensor::zeros([count], (Kind::Double, Device::Cpu)))?;
        let numbers: Vec<f64> = (0..count).map(|place| numbers.double_value(&[place])).collect();
        let has_last = numbers[0] > 0.0;
        self.last = has_last.then(|| Ok((of_weights("direction")?, of_weights("gradient")?))).transpose()?;
        (self.length, self.scale) = (numbers[1], numbers[2]);
        let pair = |(place, &curvature): (usize, &f64)| {
            let [weights, gradient] = ["weights", "gradient"].map(|name| of_weights(&format!("{place}.{name}")));
            Ok(Pair { weights: weights?, gradient: gradient?, curvature })
        };
        let pairs = numbers[3..].iter().take_while(|&&curvature| curvature > 0.0).enumerate().map(pair);
        self.pairs = pairs.collect::<Result<_, Error>>()?;
        Ok(())
    }

    /// The pairs, the last direction and gradient, and while it steps the next ones and the weights where a line begins.
    fn state_per_parameter(&self) -> u64 {
        2 * self.config.history.get() as u64 + 5
    }

    fn scratch_per_parameter(&self) -> u64 {
        2
    }
}

/// Whether there was a change, its length, the scale, and the curvatures.
const NUMBERS: &str = "lbfgs.numbers";

/// The largest absolute value.
fn largest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

/// `sum ← sum + factor · tensor`, in one pass.
pub(super) fn add(sum: &mut Tensor, tensor: &Tensor, factor: f64) {
    let factor = Tensor::full([], factor, (sum.kind(), sum.device()));
    let _ = sum.addcmul_(tensor, &factor);
}

pub(super) fn dot(left: &Tensor, right: &Tensor) -> f64 {
    left.dot(right).double_value(&[])
}
