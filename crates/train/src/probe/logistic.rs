//! Multinomial logistic regression, by Nesterov's accelerated gradient descent (1983) with a step that cannot be too long.

use tch::{Kind, Tensor};

use super::Linear;

/// Steps at most; a strongly convex loss needs far fewer.
const STEPS: usize = 5000;

/// A gradient shorter than this is none.
const SHORT: f64 = 1e-7;

/// The weights that make the mean of `−log softmax(x W + b)[category] + ½ l2 |W|²` smallest, for features `[rows, features]` and
/// categories `[rows]`.
pub(super) fn fit(features: &Tensor, categories: &Tensor, count: i64, l2: f64) -> Linear {
    let [rows, width] = [features.size()[0], features.size()[1]];
    let options = (Kind::Double, features.device());
    // The bias is the weight of a feature that is always 1, and is not shrunk.
    let x = Tensor::cat(&[features, &Tensor::ones([rows, 1], options)], 1);
    let shrunk = Tensor::cat(&[Tensor::full([width, 1], l2, options), Tensor::zeros([1, 1], options)], 0);
    let wanted = categories.one_hot(count).to_kind(Kind::Double);
    let gradient = |weight: &Tensor| {
        let found = x.matmul(weight).softmax(1, Kind::Double);
        x.transpose(0, 1).matmul(&(found - &wanted)) / rows as f64 + weight * &shrunk
    };
    let step = 1.0 / (0.5 * largest_eigenvalue(&x) + l2);
    let mut weight = Tensor::zeros([width + 1, count], options);
    let (mut ahead, mut momentum) = (weight.shallow_clone(), 1.0_f64);
    for _ in 0..STEPS {
        let slope = gradient(&ahead);
        if slope.norm().double_value(&[]) < SHORT {
            break;
        }
        let next = &ahead - &slope * step;
        let moved = &next - &weight;
        // Going uphill: begin to gather speed anew (O'Donoghue and Candès 2015).
        let uphill = (&slope * &moved).sum(Kind::Double).double_value(&[]) > 0.0;
        let grown = if uphill { 1.0 } else { (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt()) / 2.0 };
        ahead = if uphill { next.shallow_clone() } else { &next + moved * ((momentum - 1.0) / grown) };
        (weight, momentum) = (next, grown);
    }
    Linear { weight: ahead.narrow(0, 0, width), bias: ahead.select(0, width) }
}

/// Of `XᵀX / rows`: the curvature of a softmax is at most half of it (Böhning 1992).
fn largest_eigenvalue(x: &Tensor) -> f64 {
    let gram = x.transpose(0, 1).matmul(x) / x.size()[0] as f64;
    gram.linalg_eigvalsh("L").max().double_value(&[])
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// What torch's L-BFGS finds in double precision: see `tests/fixtures/logistic.py`.
    #[derive(Deserialize)]
    struct Case {
        features: Vec<Vec<f64>>,
        categories: Vec<i64>,
        count: i64,
        l2: f64,
        weight: Vec<Vec<f64>>,
        bias: Vec<f64>,
    }

    #[test]
    fn another_method_finds_the_same_weights() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/fixtures/logistic.json")).unwrap();
        assert_eq!(cases.len(), 2);
        for case in cases {
            let features = Tensor::from_slice2(&case.features);
            let found = fit(&features, &Tensor::from_slice(&case.categories), case.count, case.l2);
            // A number that is added to all biases changes nothing.
            let bias = &found.bias - found.bias.mean(Kind::Double);
            for (found, expected) in [(found.weight, case.weight.concat()), (bias, case.bias)] {
                let off = (found.reshape(-1) - Tensor::from_slice(&expected)).abs().max().double_value(&[]);
                assert!(off < 1e-5, "off by {off}");
            }
        }
    }
}
