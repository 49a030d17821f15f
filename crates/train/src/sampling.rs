//! Draws of discrete units, from our own generator.

use hourglass_models::{Generator, upload};
use rand::RngExt;
use tch::{Device, Kind, Tensor};

/// 1 with each probability, else 0; the shape stays.
pub(crate) fn bernoulli(probabilities: &Tensor, generator: &mut Generator) -> Tensor {
    uniform(&probabilities.size(), generator, probabilities.device()).lt_tensor(probabilities).to_kind(Kind::Float)
}

/// One class a row, from probabilities `[rows, classes]` to 64-bit integers `[rows]`.
pub(crate) fn categorical(probabilities: &Tensor, generator: &mut Generator) -> Tensor {
    let [rows, classes] = probabilities.size()[..] else { unreachable!("probabilities are a matrix") };
    let draws = uniform(&[rows, 1], generator, probabilities.device());
    let below = probabilities.cumsum(1, Kind::Float).le_tensor(&draws).sum_dim_intlist(1, false, Kind::Int64);
    // A last sum a little below 1 would leave a gap above the last class.
    below.clamp_max(classes - 1)
}

/// Uniform between 0 and 1, drawn on the host.
fn uniform(size: &[i64], generator: &mut Generator, device: Device) -> Tensor {
    let draws: Vec<f32> = (0..size.iter().product::<i64>()).map(|_| generator.random()).collect();
    upload(&draws, device).view(size)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn draws_are_as_frequent_as_their_probabilities() {
        let mut generator = Generator::seed_from_u64(1);
        let shares = [0.0f32, 0.1, 0.6, 0.3];
        let probabilities = Tensor::from_slice(&shares).view([1, 4]).expand([20_000, 4], false);
        let means = |draws: Tensor| Vec::<f32>::try_from(draws.mean_dim(0, false, Kind::Float)).unwrap();
        let binary = means(bernoulli(&probabilities, &mut generator));
        let classes = means(categorical(&probabilities, &mut generator).one_hot(4).to_kind(Kind::Float));
        for (place, share) in shares.iter().enumerate() {
            assert!((binary[place] - share).abs() < 0.01, "{binary:?}");
            assert!((classes[place] - share).abs() < 0.01, "{classes:?}");
        }
    }
}
