//! Learning rates change as PyTorch's schedulers change them; `fixtures/schedules.py` made the numbers.

use std::path::PathBuf;

use hourglass_train::ScheduleConfig;
use hourglass_train::schedule::{Time, plateau};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    /// What a plateau is shown after each epoch; low ones are good.
    scores: Vec<f64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    schedule: ScheduleConfig,
    /// `[epochs, batches]`.
    factors: Vec<Vec<f64>>,
}

#[test]
fn every_step_has_the_factor_of_pytorch() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schedules.json");
    let fixture: Fixture = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(fixture.cases.len(), 10);
    for Case { schedule, factors } in &fixture.cases {
        let total = factors.len().try_into().unwrap();
        let mut watched = plateau::Watched::default();
        for (epoch, (expected, &score)) in factors.iter().zip(&fixture.scores).enumerate() {
            for (batch, expected) in expected.iter().enumerate() {
                let epochs = epoch as f64 + batch as f64 / factors[epoch].len() as f64;
                let found = schedule.factor(Time { epochs, total }, &watched);
                assert!(
                    (found / expected - 1.0).abs() < 1e-9,
                    "{schedule:?} at {epochs}: {found} instead of {expected}"
                );
            }
            if let Some(plateau) = &schedule.plateau {
                watched.update(plateau, Some(score), false);
            }
        }
    }
}

#[test]
fn a_plateau_is_left_in_the_right_direction_only() {
    let schedule: ScheduleConfig = serde_json::from_str(r#"{"plateau": {"factor": 0.5, "patience": 1}}"#).unwrap();
    let plateau = schedule.plateau.unwrap();
    let after = |scores: &[Option<f64>], higher_is_better: bool| {
        let mut watched = plateau::Watched::default();
        scores.iter().for_each(|&score| watched.update(&plateau, score, higher_is_better));
        watched.factor
    };
    for (scores, lower, higher) in [
        ([Some(1.0), Some(2.0), Some(3.0)], 0.25, 1.0),
        ([Some(3.0), Some(2.0), Some(1.0)], 1.0, 0.25),
        ([Some(1.0), Some(1.0), Some(1.0)], 0.25, 0.25),
        ([None, Some(1.0), Some(f64::NAN)], 0.25, 0.25),
    ] {
        assert_eq!((after(&scores, false), after(&scores, true)), (lower, higher), "{scores:?}");
    }
}
