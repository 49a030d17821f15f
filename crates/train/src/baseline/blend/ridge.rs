//! Ridge regression (Hoerl and Kennard 1970) towards equal weights `e` of the members, and none of what is made of them:
//! `½ mean((P w + b − y)²) + ½ λ |w − e|²` is made smallest.
//!
//! Members are trained for the same, and so alike that plain least squares would give some of them large weights of opposite
//! signs. How far weights are drawn is chosen by cross-validation.

use tch::{Kind, Tensor};

use super::moments::Moments;
use super::{Blend, equal};

/// Strengths that are tried, in parts of the columns' mean variance: powers of ten.
const STRENGTHS: std::ops::RangeInclusive<i32> = -8..=2;

/// Of the strengths, the one by which folds are predicted best from the others; then with all.
pub(super) fn fit(folds: &[Moments], members: usize) -> Blend {
    let others =
        |fold: usize| Moments::sum(folds.iter().enumerate().filter(|(other, _)| *other != fold).map(|(_, one)| one));
    let rest: Vec<Moments> = (0..folds.len()).map(others).collect();
    let error = |strength: f64| -> f64 {
        folds.iter().zip(&rest).map(|(fold, rest)| fold.squared_error(&with_strength(rest, members, strength))).sum()
    };
    let strengths = STRENGTHS.map(|power| 10f64.powi(power));
    let best = strengths.min_by(|left, right| error(*left).total_cmp(&error(*right))).expect("there are strengths");
    with_strength(&Moments::sum(folds), members, best)
}

fn with_strength(moments: &Moments, members: usize, strength: f64) -> Blend {
    let columns = moments.columns();
    let (of_columns, with_ratings) = moments.covariances();
    let equal = Tensor::from_slice(&equal(columns as usize, members));
    let variance = of_columns.diag(0).mean(Kind::Double);
    let penalised = &of_columns + Tensor::eye(columns, (Kind::Double, tch::Device::Cpu)) * (variance * strength);
    let missing = with_ratings - of_columns.mv(&equal);
    moments.centred(&(equal + penalised.linalg_pinv(1e-14, true).mv(&missing)))
}

#[cfg(test)]
mod tests {
    use super::super::{Columns, FOLDS, Weighting};
    use super::*;

    /// Without a pattern, between −1 and 1.
    fn number(place: usize, seed: f32) -> f32 {
        ((place as f32 * 12.9898 + seed).sin() * 43_758.547).fract()
    }

    #[test]
    fn a_member_that_knows_more_counts_more() {
        let ratings: Vec<f32> = (0..500).map(|place| 3.0 + 2.0 * number(place, 1.0)).collect();
        let member = |noise: f32, seed: f32| -> Vec<f32> {
            ratings.iter().enumerate().map(|(place, rating)| rating - 0.5 + noise * number(place, seed)).collect()
        };
        let members = [member(0.2, 2.0), member(1.0, 3.0)];
        let blend = Blend::fit(Weighting::Ridge, &Columns::of_members(&members), &ratings);
        assert!(blend.weights[0] > 0.85 && blend.weights[1] < 0.15 && (blend.offset - 0.5).abs() < 0.2, "{blend:?}");
    }

    #[test]
    fn a_strong_penalty_leaves_weights_equal() {
        let ratings: Vec<f32> = (0..50).map(|place| number(place, 1.0)).collect();
        let members: Vec<Vec<f32>> =
            (2..5).map(|seed| (0..50).map(|place| number(place, seed as f32)).collect()).collect();
        let folds: Vec<Moments> = (0..FOLDS).map(|fold| Moments::of(&members, &ratings, fold, FOLDS)).collect();
        let blend = with_strength(&Moments::sum(&folds), members.len(), 1e9);
        assert!(blend.weights.iter().all(|weight| (weight - 1.0 / 3.0).abs() < 1e-6), "{blend:?}");
    }
}
