//! Blends against SciPy and scikit-learn.

use hourglass_train::baseline::blend::{Blend, Weighting};
use serde::Deserialize;

/// As `fixtures/blend.py` wrote it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Case {
    predicted: Vec<Vec<f32>>,
    ratings: Vec<f32>,
    ridge: Expected,
    non_negative: Expected,
}

#[derive(Deserialize)]
struct Expected {
    weights: Vec<f64>,
    offset: f64,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../fixtures/blend.json")).unwrap()
}

fn mean_squared_error(blend: &Blend, case: &Case) -> f64 {
    let predicted = blend.predict(&case.predicted);
    let errors = predicted.iter().zip(&case.ratings).map(|(predicted, rating)| f64::from(predicted - rating).powi(2));
    errors.sum::<f64>() / case.ratings.len() as f64
}

#[test]
fn weights_are_those_of_scipy_and_scikit_learn() {
    for (number, case) in cases().iter().enumerate() {
        for (weighting, expected) in [(Weighting::Ridge, &case.ridge), (Weighting::NonNegative, &case.non_negative)] {
            let found = Blend::fit(weighting, &case.predicted, &case.ratings);
            let close = |found: f64, expected: f64| (found - expected).abs() < 1e-8 * (1.0 + expected.abs());
            let same = found.weights.iter().zip(&expected.weights).all(|(found, expected)| close(*found, *expected));
            assert!(same && close(found.offset, expected.offset), "case {number}, {weighting:?}: {found:?}");
        }
    }
}

#[test]
fn equal_weights_are_the_mean_whatever_the_ratings() {
    for case in cases() {
        let found = Blend::fit(Weighting::Equal, &case.predicted, &case.ratings);
        let members = case.predicted.len();
        assert_eq!(found, Blend { weights: vec![1.0 / members as f64; members], offset: 0.0 });
        let predicted = found.predict(&case.predicted);
        for (place, predicted) in predicted.into_iter().enumerate() {
            let mean = case.predicted.iter().map(|member| f64::from(member[place])).sum::<f64>() / members as f64;
            assert!((f64::from(predicted) - mean).abs() < 1e-6, "{predicted} instead of {mean}");
        }
    }
}

/// On the ratings that it was fitted to, a blend of weights that may be 0 is no worse than any member, moved by its mean error.
#[test]
fn no_member_alone_is_better_where_weights_are_fitted() {
    for case in cases() {
        let blend = mean_squared_error(&Blend::fit(Weighting::NonNegative, &case.predicted, &case.ratings), &case);
        for member in &case.predicted {
            let alone = Case { predicted: vec![member.clone()], ratings: case.ratings.clone(), ..cases().remove(0) };
            let alone =
                mean_squared_error(&Blend::fit(Weighting::NonNegative, &alone.predicted, &alone.ratings), &alone);
            assert!(blend < alone + 1e-6, "{blend} and {alone}");
        }
    }
}
