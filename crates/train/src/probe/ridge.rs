//! Ridge regression (Hoerl and Kennard 1970), in closed form.

use tch::{Kind, Tensor};

use super::Linear;

/// The weights that make `½ mean((X w + b − y)²) + ½ l2 |w|²` smallest, for features `[rows, features]` whose columns have mean
/// 0, and numbers `[rows]`. Without `l2`, of several such weights the shortest.
pub(super) fn fit(features: &Tensor, numbers: &Tensor, l2: f64) -> Linear {
    let rows = features.size()[0] as f64;
    let mean = numbers.mean(Kind::Double);
    let transposed = features.transpose(0, 1);
    let identity = Tensor::eye(features.size()[1], (Kind::Double, features.device()));
    let gram = transposed.matmul(features) / rows + identity * l2;
    let products = transposed.matmul(&(numbers - &mean).unsqueeze(1)) / rows;
    Linear { weight: gram.linalg_pinv(1e-12, true).matmul(&products), bias: mean.view(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_by_hand() {
        // One feature of variance 1 and numbers 3 x + 1: the weight is 3 / (1 + l2).
        let features = Tensor::from_slice(&[-1.0, 1.0, -1.0, 1.0]).view([4, 1]);
        let numbers = Tensor::from_slice(&[-2.0, 4.0, -2.0, 4.0]);
        for (l2, weight) in [(0.0, 3.0), (0.5, 2.0), (2.0, 1.0)] {
            let found = fit(&features, &numbers, l2);
            let [found_weight, bias] = [&found.weight, &found.bias].map(|tensor| tensor.view(-1).double_value(&[0]));
            assert!((found_weight - weight).abs() < 1e-12 && (bias - 1.0).abs() < 1e-12, "{found_weight} {bias}");
        }
    }
}
