//! Least squares with weights of 0 or more, by the active sets of Lawson and Hanson (1974): stacking as Breiman (1996) found it best.

use tch::{Kind, Tensor};

use super::Blend;
use super::moments::Moments;

/// A slope smaller than this, in parts of the largest, is a rounding error.
const ROUNDING: f64 = 1e-10;

/// The weights, all 0 or more, that make `mean((P w + b − y)²)` smallest.
pub(super) fn fit(moments: &Moments) -> Blend {
    let (of_members, with_ratings) = moments.covariances();
    let largest = with_ratings.abs().max().double_value(&[]);
    let mut weights = vec![0.0; moments.columns() as usize];
    let mut free: Vec<usize> = Vec::new();
    while let Some(member) = steepest(&of_members, &with_ratings, &weights, &free, ROUNDING * largest) {
        free.push(member);
        loop {
            let wanted = unbounded(&of_members, &with_ratings, &free);
            // As far as the first weight that would become negative.
            let step = free.iter().zip(&wanted).filter(|(_, wanted)| **wanted <= 0.0).map(|(&member, wanted)| {
                let weight: f64 = weights[member];
                weight / (weight - wanted)
            });
            let step = step.reduce(f64::min);
            for (&member, wanted) in free.iter().zip(&wanted) {
                weights[member] += step.unwrap_or(1.0) * (wanted - weights[member]);
            }
            if step.is_none() {
                break;
            }
            free.retain(|&member| weights[member] > ROUNDING);
            (0..weights.len()).filter(|member| !free.contains(member)).for_each(|member| weights[member] = 0.0);
        }
    }
    moments.centred(&Tensor::from_slice(&weights))
}

/// Of the members that do not count yet, the one whose weight lessens the error most.
fn steepest(of_members: &Tensor, with_ratings: &Tensor, weights: &[f64], free: &[usize], least: f64) -> Option<usize> {
    let slopes = with_ratings - of_members.mv(&Tensor::from_slice(weights));
    let slopes: Vec<f64> = Vec::try_from(slopes).expect("numbers in one row");
    let left = (0..weights.len()).filter(|member| !free.contains(member) && slopes[*member] > least);
    left.max_by(|left, right| slopes[*left].total_cmp(&slopes[*right]))
}

/// The weights of these members that lessen the error most, whatever their sign.
fn unbounded(of_members: &Tensor, with_ratings: &Tensor, free: &[usize]) -> Vec<f64> {
    let places = Tensor::from_slice(&free.iter().map(|&member| member as i64).collect::<Vec<_>>());
    let of_free = of_members.index_select(0, &places).index_select(1, &places);
    let weights = of_free.linalg_pinv(1e-14, true).mv(&with_ratings.index_select(0, &places));
    Vec::try_from(weights.to_kind(Kind::Double)).expect("numbers in one row")
}
