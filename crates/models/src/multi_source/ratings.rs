//! The ratings as a source: dense layers on the columns that are rated.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::source::{Reader, Source};
use super::stack::{self, Stack};
use crate::range::Rate;
use crate::{Batch, Dims, Generator, Mode, Parameter, Widths};

/// `ratings = { layers = [256], hide = 0.5 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the dense layers.
    pub layers: Widths,
    /// Share of the rows that training shows without ratings, all of them 0, so that the other sources learn to do without; drawn anew
    /// for each batch.
    pub hide: Rate,
}

impl Default for Config {
    fn default() -> Self {
        Self { layers: Widths::try_from(vec![256]).expect("one layer"), hide: Rate::new::<0, 1>() }
    }
}

impl Source for Config {
    fn check(&self, _dims: Dims) -> Result<(), String> {
        Ok(())
    }

    fn width(&self, _dims: Dims) -> i64 {
        stack::last(&self.layers)
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.layers.list().to_vec()
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        stack::fans(dims.inputs - dims.side, &self.layers).into_iter().map(stack::count).sum()
    }

    fn start(&self, network: &super::Config, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Reader> {
        let inputs = dims.inputs - dims.side;
        let layers = Stack::start("ratings", inputs, &self.layers, network, generator, device);
        Box::new(Ratings { layers, hide: self.hide })
    }
}

#[derive(Debug)]
struct Ratings {
    layers: Stack,
    hide: Rate,
}

impl Reader for Ratings {
    fn parameters(&self) -> Vec<Parameter> {
        self.layers.parameters()
    }

    fn vector(&self, ratings: &Tensor, _batch: &Batch, mode: &mut Mode<'_>) -> Tensor {
        self.layers.apply(&shown(ratings, self.hide.get(), mode))
    }
}

/// The ratings `[batch, columns]`, which in training are zeros for this share of the rows.
fn shown(ratings: &Tensor, hide: f64, mode: &mut Mode<'_>) -> Tensor {
    let Mode::Train { generator, .. } = mode else { return ratings.shallow_clone() };
    if hide == 0.0 {
        return ratings.shallow_clone();
    }
    let stays: Vec<f32> = (0..ratings.size()[0]).map(|_| f32::from(generator.random::<f32>() >= hide as f32)).collect();
    ratings * Tensor::from_slice(&stays).view([-1, 1]).to_device(ratings.device())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Kind;

    use super::*;

    #[test]
    fn a_share_of_the_rows_is_hidden_as_a_whole_and_in_training_alone() {
        let ratings = Tensor::full([10_000, 3], 4.0, (Kind::Float, Device::Cpu));
        let mut generator = Generator::seed_from_u64(1);
        let found = shown(&ratings, 0.3, &mut Mode::Train { generator: &mut generator, epochs: 0.0 });
        let rows = Vec::<Vec<f32>>::try_from(found).unwrap();
        assert!(rows.iter().all(|row| [[0.0; 3], [4.0; 3]].contains(&[row[0], row[1], row[2]])));
        let hidden = rows.iter().filter(|row| row[0] == 0.0).count();
        assert!((2_800..3_200).contains(&hidden), "{hidden}");
        for mut mode in [Mode::Evaluate, Mode::TrainDecoder { generator: &mut generator, epochs: 0.0 }] {
            assert!(shown(&ratings, 0.3, &mut mode).equal(&ratings));
        }
    }
}
