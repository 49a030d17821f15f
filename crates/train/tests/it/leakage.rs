//! Canaries: what is held out does not reach the weights, nor what they predict.

use hourglass_data::{Axis, Csr, FillConfig};
use hourglass_models::range::NonNegative;
use hourglass_train::evaluate::predict;
use hourglass_train::inputs::{HeldOut, held_out};
use hourglass_train::noise::{Draw, On, gaussian};
use hourglass_train::{Flow, Inputs, Learner, NoiseConfig, Outcome, Task};

use crate::experiment::{Experiment, NONE, assert_same_weights, table};

const FILLS: [FillConfig; 4] = [FillConfig::Zero, FillConfig::UserMean, FillConfig::ItemMean, FillConfig::GlobalMean];

/// Held-out ratings, and the same with other values, in other places, fewer of them, and none.
fn held_out_ratings() -> [(&'static str, Csr); 5] {
    let nothing = [NONE; 5];
    [
        ("given", table(&[[NONE, 2.0, NONE, NONE, NONE], [5.0, NONE, 1.0, NONE, NONE], [NONE, NONE, NONE, NONE, 4.0]])),
        (
            "permuted",
            table(&[[NONE, 4.0, NONE, NONE, NONE], [2.0, NONE, 5.0, NONE, NONE], [NONE, NONE, NONE, NONE, 1.0]]),
        ),
        (
            "extreme",
            table(&[[NONE, 1e6, NONE, NONE, NONE], [-1e6, NONE, 0.0, NONE, NONE], [NONE, NONE, NONE, NONE, 1e6]]),
        ),
        ("elsewhere", table(&[[NONE, NONE, NONE, 1.0, NONE], nothing, nothing])),
        ("none", table(&[nothing; 3])),
    ]
}

fn experiment(rows: Axis, fill: FillConfig) -> Experiment {
    let ratings = table(&[[5.0, NONE, 3.0, NONE, 1.0], [NONE, 2.0, NONE, 4.0, NONE], [1.0, 2.0, 3.0, 4.0, NONE]]);
    let std = NonNegative::try_from(0.2).unwrap();
    let noise = vec![NoiseConfig::Gaussian(gaussian::Config { std, clamp: None, on: On::All, draw: Draw::Once })];
    Experiment { rows, fill, noise, ..Experiment::new(ratings) }
}

#[test]
fn validation_ratings_do_not_reach_the_weights() {
    for rows in [Axis::Users, Axis::Items] {
        for fill in FILLS {
            let [given, others @ ..] = held_out_ratings()
                .map(|(name, validation)| (name, Experiment { validation, ..experiment(rows, fill) }.train()));
            for (name, trained) in others {
                let what = format!("{rows:?} {fill:?}, validation {name}");
                assert_same_weights(&trained.weights, &given.1.weights, &what);
                for (changed, original) in trained.reports.iter().zip(&given.1.reports) {
                    // Training loss and its two parts.
                    assert_eq!(changed.values[..2], original.values[..2], "{what}");
                }
            }
        }
    }
}

#[test]
fn held_out_ratings_do_not_reach_their_own_predictions() {
    for rows in [Axis::Users, Axis::Items] {
        for fill in FILLS {
            let experiment = experiment(rows, fill);
            let Ok(Outcome::Finished(fitted)) = experiment.fit(None, |_, _| Flow::Continue) else {
                panic!("the training did not finish")
            };
            let [given, permuted, extreme, ..] = held_out_ratings().map(|(_, part)| {
                let ratings = held_out(&part, rows);
                experiment.with_task(|task| {
                    values(task, &fitted.model, HeldOut { inputs: task.inputs, ratings: &ratings, by_members: &[] })
                })
            });
            assert_eq!(given.len(), 4);
            assert_eq!(given, permuted, "{rows:?} {fill:?}");
            assert_eq!(given, extreme, "{rows:?} {fill:?}");
        }
    }
}

#[test]
fn a_prediction_changes_with_the_training_ratings() {
    // Otherwise the canaries above would sing over anything.
    let experiment = experiment(Axis::Users, FillConfig::Zero);
    let mut changed = experiment.clone();
    changed.ratings = table(&[[5.0, NONE, 3.0, NONE, 2.0], [NONE, 2.0, NONE, 4.0, NONE], [1.0, 2.0, 3.0, 4.0, NONE]]);
    let [left, right] = [experiment, changed].map(|experiment| experiment.train().weights);
    assert!(left.iter().zip(&right).all(|(left, right)| !left.1.equal(&right.1)));
}

#[test]
fn a_held_out_user_is_predicted_from_the_fold_in_alone() {
    // The last user has no training ratings; what is shown of them decides, and what is asked for does not.
    let training = table(&[[5.0, NONE, 3.0, NONE, 1.0], [NONE, 2.0, NONE, 4.0, NONE], [NONE; 5]]);
    let shown = |rating: f32| table(&[[NONE; 5], [NONE; 5], [rating, 4.0, NONE, NONE, NONE]]);
    let asked = |rating: f32| table(&[[NONE; 5], [NONE; 5], [NONE, NONE, rating, NONE, 2.0]]);
    for fill in FILLS {
        let experiment = Experiment { fill, ..Experiment::new(training.clone()) };
        let Ok(Outcome::Finished(fitted)) = experiment.fit(None, |_, _| Flow::Continue) else {
            panic!("the training did not finish")
        };
        let predicted = |shown: &Csr, asked: &Csr| {
            let nothing = Csr::empty(shown.rows(), 0);
            let fill = fill.fit(&training).shown(shown);
            let inputs = Inputs::new(shown, fill, &nothing, Axis::Users);
            experiment.with_task(|task| {
                values(task, &fitted.model, HeldOut { inputs: &inputs, ratings: asked, by_members: &[] })
            })
        };
        let given = predicted(&shown(5.0), &asked(3.0));
        assert_eq!(given.len(), 2);
        assert_eq!(given, predicted(&shown(5.0), &asked(1e6)), "{fill:?}");
        assert_ne!(given, predicted(&shown(1.0), &asked(3.0)), "{fill:?}");
    }
}

fn values(task: &Task<'_>, model: &Learner, asked: HeldOut<'_>) -> Vec<f32> {
    predict(task, model, &[asked]).remove(0).values
}
