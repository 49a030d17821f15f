//! One restricted Boltzmann machine of a [deep belief net](super::rbm), and its learning rule.

use hourglass_models::{Activation, Generator, upload};
use rand::RngExt;
use rand_distr::StandardNormal;
use tch::{Kind, Tensor};

use super::Pair;
use crate::engine::entries::Entries;
use crate::engine::shown::Shown;
use crate::noise::Phase;
use crate::sampling::bernoulli;
use crate::{Inputs, Task};

/// The standard deviation of the weights before training.
const DEVIATION: f32 = 0.01;

/// What the units of a machine are: binary where they are sigmoid, else Gaussian with variance 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units {
    pub(super) visible: Activation,
    pub(super) hidden: Activation,
}

impl Units {
    pub(super) fn are_binary(self) -> bool {
        [self.visible, self.hidden] == [Activation::Sigmoid; 2]
    }
}

/// An RBM on some inputs. What it reads of a row is its ratings, 0 where there is none, then side information.
pub(super) struct Machine<'a> {
    task: &'a Task<'a>,
    shown: &'a Inputs,
    /// It then reads ratings, not codes.
    first: bool,
    units: Units,
    /// `[inputs, hidden]`.
    weight: Tensor,
    /// `[hidden]`.
    hidden: Tensor,
    /// `[columns]`.
    visible: Tensor,
}

impl<'a> Machine<'a> {
    pub(super) fn start(
        task: &'a Task<'a>,
        shown: &'a Inputs,
        layer: usize,
        hidden: i64,
        units: Units,
        generator: &mut Generator,
    ) -> Self {
        let (inputs, columns) = (shown.width() as i64, shown.ratings.columns() as i64);
        let weights: Vec<f32> =
            (0..inputs * hidden).map(|_| DEVIATION * generator.sample::<f32, _>(StandardNormal)).collect();
        let zeros = |size| Tensor::zeros([size], (Kind::Float, task.device));
        Self {
            task,
            shown,
            first: layer == 0,
            units,
            weight: Tensor::from_slice(&weights).view([inputs, hidden]).to_device(task.device),
            hidden: zeros(hidden),
            visible: zeros(columns),
        }
    }

    /// What it reads of some rows `[batch, inputs]`: the first machine ratings, with the noise that is drawn once and so belongs
    /// to the data, the others codes.
    pub(super) fn visible(&self, rows: &[u32]) -> Tensor {
        if !self.first || !self.task.noise().applies(Phase::Evaluate) {
            return Shown::clean(self.task, self.shown, rows).input();
        }
        let mut shown = Shown::new(self.task, self.shown, rows, Phase::Evaluate);
        // Noise can also reach cells without a rating, which the machine leaves out.
        shown.ratings *= self.observed(rows);
        shown.input()
    }

    /// 1 at the stored entries of some rows, 0 elsewhere `[batch, columns]`.
    fn observed(&self, rows: &[u32]) -> Tensor {
        Entries::on(self.task.device, &self.shown.ratings, rows, None).marks()
    }

    /// The hidden units' probabilities, or means, `[batch, hidden]`.
    pub(super) fn code(&self, visible: &Tensor) -> Tensor {
        self.units.hidden.apply(&self.hidden.addmm(visible, &self.weight))
    }

    fn sample(&self, code: &Tensor, generator: &mut Generator) -> Tensor {
        if self.units.hidden == Activation::Sigmoid {
            return bernoulli(code, generator);
        }
        let draws: Vec<f32> = (0..code.numel()).map(|_| generator.sample(StandardNormal)).collect();
        code + upload(&draws, code.device()).view_as(code)
    }

    /// One step on some rows; returns the sum of squared errors of what was made anew.
    pub(super) fn learn(&self, rows: &[u32], lr: f64, generator: &mut Generator) -> f64 {
        let (columns, count) = (self.visible.size()[0], rows.len() as f64);
        let shown = self.visible(rows);
        let code = self.code(&shown);
        let sampled = self.sample(&code, generator);
        let sums = self.visible.addmm(&sampled, &self.weight.narrow(0, 0, columns).transpose(0, 1));
        let again = self.units.visible.apply(&sums) * self.observed(rows);
        let error = shown.narrow(1, 0, columns) - &again;
        let side = shown.narrow(1, columns, shown.size()[1] - columns);
        let again = Tensor::cat(&[again, side], 1);
        let code_again = self.code(&again);
        let change = |mut of: Tensor, by: Tensor| drop(of.g_add_(&(by * (lr / count))));
        let [weight, hidden, visible] = [&self.weight, &self.hidden, &self.visible].map(Tensor::shallow_clone);
        change(weight, shown.transpose(0, 1).matmul(&code) - again.transpose(0, 1).matmul(&code_again));
        change(hidden, (code - code_again).sum_dim_intlist(0, false, Kind::Float));
        change(visible, error.sum_dim_intlist(0, false, Kind::Float));
        error.square().sum(Kind::Double).double_value(&[])
    }

    pub(super) fn pair(self) -> Pair {
        let columns = self.visible.size()[0];
        Pair {
            decoder: self.weight.narrow(0, 0, columns),
            decoder_bias: self.visible,
            encoder: self.weight,
            encoder_bias: self.hidden,
        }
    }
}
