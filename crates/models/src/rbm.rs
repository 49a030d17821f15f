//! The restricted Boltzmann machine for ratings (Salakhutdinov, Mnih and Hinton 2007): each value that an item's rating can
//! have is a visible unit of its own, exactly one of them on; the hidden units are binary.
//!
//! ```text
//! E(v, h) = −Σ v b − Σ h c − v W h
//! p(h_j = 1 | v) = sigmoid(c_j + Σ v W_j),  p(v_i = k | h) = softmax over k of (b_ik + W_ik h),  over the rated items alone
//! ```
//!
//! As a network it is the mean field of a prediction: the hidden units' probabilities from the ratings, then the sums of every
//! item's classes from these. `W` serves both directions. Side information moves the hidden units and is not made anew: the
//! conditional form of the paper.

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::{Activation, Architecture, Batch, Boundary, Dims, Generator, Mode, Model, Output, Parameter, Part, Pass};

/// `[model.rbm]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Hidden units.
    pub hidden: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self { hidden: 100 }
    }
}

/// The standard deviation of the weights before training (Hinton 2010, "A practical guide to training RBMs", section 8).
const DEVIATION: f64 = 0.01;

impl Config {
    /// Makes the network: small normal weights, no offsets.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Rbm {
        let draws = (0..dims.inputs * self.hidden).map(|_| generator.sample::<f64, _>(StandardNormal));
        let weights: Vec<f32> = draws.map(|draw| (DEVIATION * draw) as f32).collect();
        let zeros = |size| Tensor::zeros([size], (Kind::Float, device)).set_requires_grad(true);
        Rbm {
            weight: Tensor::from_slice(&weights)
                .to_device(device)
                .view([dims.inputs, self.hidden])
                .set_requires_grad(true),
            hidden: zeros(self.hidden),
            visible: zeros(dims.outputs),
        }
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        (dims.inputs * self.hidden + self.hidden + dims.outputs) as u64
    }

    fn check(&self, _dims: Dims) -> Result<(), String> {
        match self.hidden {
            1..=1_000_000 => Ok(()),
            hidden => Err(format!("model.rbm.hidden is {hidden}; expected 1 to 1000000 hidden units")),
        }
    }

    fn hidden_widths(&self) -> Vec<i64> {
        vec![self.hidden]
    }

    fn output_activation(&self) -> Activation {
        Activation::Linear
    }

    fn code_activation(&self) -> Activation {
        Activation::Sigmoid
    }

    fn reads_classes(&self) -> bool {
        true
    }

    fn shares_weights(&self) -> bool {
        true
    }
}

/// The network.
#[derive(Debug)]
pub struct Rbm {
    /// `[inputs, hidden]`; the first rows are those of the visible units, the others those of side information.
    weight: Tensor,
    /// `[hidden]`.
    hidden: Tensor,
    /// `[outputs]`.
    visible: Tensor,
}

impl Model for Rbm {
    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::kernel("weight", Part::Encoder, &self.weight),
            Parameter::bias("hidden.bias", Part::Encoder, &self.hidden),
            Parameter::bias("visible.bias", Part::Decoder, &self.visible),
        ]
    }

    fn encoder(&self) -> Option<Boundary> {
        Some(Boundary { weight: self.weight.shallow_clone(), bias: self.hidden.shallow_clone() })
    }

    fn decoder(&self) -> Option<Boundary> {
        let of_visible = self.weight.narrow(0, 0, self.visible.size()[0]);
        Some(Boundary { weight: of_visible, bias: self.visible.shallow_clone() })
    }

    fn body(&self, first: &Tensor, _batch: &Batch, _mode: &mut Mode<'_>) -> Pass {
        let code = first.sigmoid();
        Pass { last: code.shallow_clone(), code, terms: Vec::new() }
    }

    fn output_activation(&self) -> Output {
        Activation::Linear.into()
    }
}

/// `F(v) = −ln Σ_h exp(−E(v, h)) = −Σ v b − Σ_j ln(1 + exp(s_j))`, from visible units `[batch, outputs]`, the hidden units' sums
/// s before their activation `[batch, hidden]` and the visible units' offsets b `[outputs]` to `[batch]`.
pub fn free_energy(visible: &Tensor, sums: &Tensor, offsets: &Tensor) -> Tensor {
    let softplus = sums.clamp_min(0.0) + (-sums.abs()).exp().log1p();
    -visible.mv(offsets) - softplus.sum_dim_intlist(1, false, sums.kind())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::forward;

    /// Two items of two classes each, two hidden units, in double precision.
    struct Small {
        weight: Tensor,
        hidden: Tensor,
        visible: Tensor,
    }

    impl Small {
        fn new() -> Self {
            let weights = [[0.5, -1.0], [0.25, 2.0], [-0.75, 0.3], [1.5, -0.2]];
            Self {
                weight: Tensor::from_slice2(&weights).set_requires_grad(true),
                hidden: Tensor::from_slice(&[0.1, -0.4]).set_requires_grad(true),
                visible: Tensor::from_slice(&[0.2, -0.3, 0.7, 0.05]).set_requires_grad(true),
            }
        }

        fn free_energy(&self, visible: &Tensor) -> Tensor {
            free_energy(visible, &self.hidden.addmm(visible, &self.weight), &self.visible)
        }

        /// exp(−E(v, h)), from the definition.
        fn weight_of(&self, v: &[f64; 4], h: &[f64; 2]) -> f64 {
            let numbers = |tensor: &Tensor| Vec::<f64>::try_from(tensor.detach().reshape(-1)).unwrap();
            let (w, b, c) = (numbers(&self.weight), numbers(&self.visible), numbers(&self.hidden));
            let offsets = (0..4).map(|i| v[i] * b[i]).sum::<f64>() + (0..2).map(|j| h[j] * c[j]).sum::<f64>();
            let product: f64 =
                (0..4).flat_map(|i| (0..2).map(move |j| (i, j))).map(|(i, j)| v[i] * w[2 * i + j] * h[j]).sum();
            (offsets + product).exp()
        }
    }

    /// Every pair of ratings, and every state of the hidden units.
    const VISIBLE: [[f64; 4]; 4] =
        [[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]];
    const HIDDEN: [[f64; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];

    #[test]
    fn the_free_energy_sums_over_all_hidden_states() {
        let rbm = Small::new();
        let found = Vec::<f64>::try_from(rbm.free_energy(&Tensor::from_slice2(&VISIBLE))).unwrap();
        for (v, found) in VISIBLE.iter().zip(found) {
            let expected = -HIDDEN.iter().map(|h| rbm.weight_of(v, h)).sum::<f64>().ln();
            assert!((found - expected).abs() < 1e-12, "{v:?}: {found} instead of {expected}");
        }
    }

    #[test]
    fn free_energies_give_the_exact_gradient_of_the_likelihood() {
        let rbm = Small::new();
        let data = &VISIBLE[1];
        let of_data = rbm.free_energy(&Tensor::from_slice2(&[*data])).sum(Kind::Double);
        // −ln p(v) = F(v) + ln Σ exp(−F), over all visible states.
        let all = rbm.free_energy(&Tensor::from_slice2(&VISIBLE));
        let gradient = |loss: &Tensor| {
            let tensors = [&rbm.weight, &rbm.visible, &rbm.hidden];
            let gradients = Tensor::run_backward(&[loss], &tensors, true, false);
            gradients.iter().flat_map(|g| Vec::<f64>::try_from(g.reshape(-1)).unwrap()).collect::<Vec<_>>()
        };
        let exact = gradient(&(&of_data + (-&all).logsumexp([0i64].as_slice(), false)));
        let positive = gradient(&of_data);
        // The same by counting: −⟨∂E⟩ where the visible units are the data, and where they are not.
        let statistics = |visible: &[[f64; 4]]| {
            let states = visible.iter().flat_map(|v| HIDDEN.iter().map(move |h| (v, h)));
            let total: f64 = states.clone().map(|(v, h)| rbm.weight_of(v, h)).sum();
            let mean = |of: &dyn Fn(&[f64; 4], &[f64; 2]) -> f64| {
                states.clone().map(|(v, h)| rbm.weight_of(v, h) * of(v, h)).sum::<f64>() / total
            };
            let weights = (0..8).map(|place| mean(&|v, h| v[place / 2] * h[place % 2]));
            let visible = (0..4).map(|i| mean(&|v, _| v[i]));
            weights.chain(visible).chain((0..2).map(|j| mean(&|_, h| h[j]))).collect::<Vec<f64>>()
        };
        let (of_data, of_model) = (statistics(&[*data]), statistics(&VISIBLE));
        for place in 0..14 {
            assert!((positive[place] + of_data[place]).abs() < 1e-12, "positive phase, place {place}");
            let expected = of_model[place] - of_data[place];
            assert!((exact[place] - expected).abs() < 1e-12, "place {place}: {} instead of {expected}", exact[place]);
        }
    }

    #[test]
    fn one_weight_matrix_serves_both_directions_and_side_information_only_one() {
        let dims = Dims { rows: 1, inputs: 7, side: 1, outputs: 6, groups: 0, vocabulary: 0 };
        let config = Config { hidden: 3 };
        let rbm = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        let held: usize = rbm.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
        assert_eq!((held as u64, config.parameter_count(dims)), (30, 30));
        let x = Tensor::from_slice(&[0f32, 1.0, 0.0, 1.0, 0.0, 0.0, 2.0]).view([1, 7]);
        let batch = Batch { rows: Tensor::from_slice(&[0i64]), side: None, groups: None, text: None };
        let outputs = forward(&rbm, &x, &batch, &mut Mode::Evaluate).outputs;
        let expected = x.matmul(&rbm.weight).sigmoid().matmul(&rbm.weight.narrow(0, 0, 6).transpose(0, 1));
        assert!(outputs.allclose(&expected, 1e-6, 1e-8, false));
        assert_eq!(outputs.size(), [1, 6]);
    }
}
