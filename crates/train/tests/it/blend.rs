//! Blends against SciPy, scikit-learn and NumPy.

use hourglass_data::Csr;
use hourglass_train::baseline::blend::{Blend, Columns, Weighting};
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
    let predicted = blend.predict(&Columns::of_members(&case.predicted));
    let errors = predicted.iter().zip(&case.ratings).map(|(predicted, rating)| f64::from(predicted - rating).powi(2));
    errors.sum::<f64>() / case.ratings.len() as f64
}

#[test]
fn weights_are_those_of_scipy_and_scikit_learn() {
    for (number, case) in cases().iter().enumerate() {
        for (weighting, expected) in [(Weighting::Ridge, &case.ridge), (Weighting::NonNegative, &case.non_negative)] {
            let found = Blend::fit(weighting, &Columns::of_members(&case.predicted), &case.ratings);
            let close = |found: f64, expected: f64| (found - expected).abs() < 1e-8 * (1.0 + expected.abs());
            let same = found.weights.iter().zip(&expected.weights).all(|(found, expected)| close(*found, *expected));
            assert!(same && close(found.offset, expected.offset), "case {number}, {weighting:?}: {found:?}");
        }
    }
}

#[test]
fn equal_weights_are_the_mean_whatever_the_ratings() {
    for case in cases() {
        let columns = Columns::of_members(&case.predicted);
        let found = Blend::fit(Weighting::Equal, &columns, &case.ratings);
        let members = case.predicted.len();
        assert_eq!(found, Blend { weights: vec![1.0 / members as f64; members], offset: 0.0 });
        let predicted = found.predict(&columns);
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
        let best = |case: &Case| {
            let columns = Columns::of_members(&case.predicted);
            mean_squared_error(&Blend::fit(Weighting::NonNegative, &columns, &case.ratings), case)
        };
        let blend = best(&case);
        for member in &case.predicted {
            let alone = Case { predicted: vec![member.clone()], ratings: case.ratings.clone(), ..cases().remove(0) };
            let alone = best(&alone);
            assert!(blend < alone + 1e-6, "{blend} and {alone}");
        }
    }
}

/// As `fixtures/feature_weighted.py` wrote it; of each rating, the user, the item and the number of stars.
#[derive(Deserialize)]
struct FeatureWeighted {
    train: Vec<(u32, u32, f32)>,
    validation: Asked,
    test: Asked,
}

#[derive(Deserialize)]
struct Asked {
    asked: Vec<(u32, u32, f32)>,
    predicted: Vec<Vec<f32>>,
    blended: Vec<f32>,
}

#[test]
fn feature_weights_are_those_of_numpy() {
    let case: FeatureWeighted = serde_json::from_str(include_str!("../fixtures/feature_weighted.json")).unwrap();
    fn csr(entries: &[(u32, u32, f32)]) -> Csr {
        Csr::from_entries(40, 25, entries.iter().copied())
    }
    let train = csr(&case.train);
    fn columns<'a>(part: &'a Asked, train: &Csr) -> Columns<'a> {
        Columns::feature_weighted(&part.predicted, train, &csr(&part.asked))
    }
    let ratings: Vec<f32> = case.validation.asked.iter().map(|&(_, _, rating)| rating).collect();
    let blend = Blend::fit(Weighting::FeatureWeighted, &columns(&case.validation, &train), &ratings);
    for part in [&case.validation, &case.test] {
        let found = blend.predict(&columns(part, &train));
        for (found, expected) in found.iter().zip(&part.blended) {
            assert!((found - expected).abs() < 1e-4, "{found} instead of {expected}");
        }
    }
}
