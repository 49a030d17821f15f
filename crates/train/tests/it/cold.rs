//! Ratings of users and items of which nothing is known, by what an experiment declares.

use hourglass_data::{Axis, Csr, Finite};
use hourglass_train::cold::cold;
use hourglass_train::evaluate::{Besides, Rated, measure};
use hourglass_train::inputs::{HeldOut, held_out};
use hourglass_train::{Cold, Inputs, Metric};

use crate::experiment::{Experiment, NONE, table};

/// Nobody has rated the last item, and the last user has rated nothing. The mean is 3.
fn training() -> Csr {
    table(&[[5.0, 3.0, NONE], [1.0, NONE, NONE], [NONE; 3]])
}

/// Of the first two users the item that nobody knows, of the second a known one too, of the last a known one.
fn asked() -> Csr {
    table(&[[NONE, NONE, 4.0], [NONE, 2.0, 5.0], [3.0, NONE, NONE]])
}

/// By user and item, what counts as the prediction.
type Predicted = Vec<(u32, u32, f32)>;

/// What the network says of each: 2.
fn rated(rows: Axis, policy: Cold) -> (Vec<bool>, Predicted, [f64; 2]) {
    let mut experiment = Experiment { rows, ..Experiment::new(training()) };
    experiment.evaluation.cold = policy;
    let metrics: [Metric; 2] = ["mae", "warm-mae"].map(|name| name.parse().unwrap());
    let part = held_out(&asked(), rows);
    experiment.with_task(|task| {
        let asked = HeldOut { inputs: task.inputs, ratings: &part, by_members: &[] };
        let cold = cold(task, asked);
        let Rated { users, items, plain, .. } = Rated::of(task, asked, &[2.0; 4], &cold);
        let measured = measure(task, &metrics, asked, &[2.0; 4], Besides::default());
        let mut entries: Vec<_> =
            users.into_iter().zip(items).zip(plain).map(|((user, item), rating)| (user, item, rating)).collect();
        entries.sort_by_key(|&(user, item, _)| (user, item));
        (cold, entries, [measured[0].unwrap(), measured[1].unwrap()])
    })
}

#[test]
fn what_counts_as_the_prediction_is_declared() {
    let three = Cold::Constant(Finite::try_from(3.5_f32).unwrap());
    for rows in [Axis::Users, Axis::Items] {
        for (policy, [first, second, last]) in [
            (Cold::Predict, [2.0, 2.0, 2.0]),
            (three, [3.5, 3.5, 3.5]),
            (Cold::GlobalMean, [3.0, 3.0, 3.0]),
            // The last user is shown with nothing.
            (Cold::UserMean, [4.0, 1.0, 3.0]),
        ] {
            let (cold, entries, [all, warm]) = rated(rows, policy);
            assert_eq!(cold.iter().filter(|cold| **cold).count(), 3, "{rows:?}");
            assert_eq!(entries, [(0, 2, first), (1, 1, 2.0), (1, 2, second), (2, 0, last)], "{rows:?} {policy:?}");
            let errors: [f32; 4] = [first - 4.0, 0.0, second - 5.0, last - 3.0];
            let expected = f64::from(errors.iter().map(|error| error.abs()).sum::<f32>()) / 4.0;
            assert!((all - expected).abs() < 1e-6, "{rows:?} {policy:?}: {all}");
            assert_eq!(warm, 0.0, "the only warm rating is predicted exactly");
        }
    }
}

#[test]
fn a_user_who_is_shown_is_not_cold() {
    // The last user has no training rating, but is shown with one of an item that others have rated.
    let experiment = Experiment::new(training());
    let shown = table(&[[NONE; 3], [NONE; 3], [NONE, 5.0, NONE]]);
    experiment.with_task(|task| {
        let fill = experiment.fill.fit(&training()).shown(&shown);
        let inputs = Inputs::new(&shown, fill, &Csr::empty(3, 0), Axis::Users);
        let part = table(&[[NONE; 3], [NONE; 3], [3.0, NONE, 4.0]]);
        assert_eq!(cold(task, HeldOut { inputs: &inputs, ratings: &part, by_members: &[] }), [false, true]);
    });
}

#[test]
fn every_policy_reads_back_as_it_is_written() {
    for (written, policy) in [
        (r#""predict""#, Cold::Predict),
        (r#""global-mean""#, Cold::GlobalMean),
        (r#""user-mean""#, Cold::UserMean),
        (r#"{"constant":3.0}"#, Cold::Constant(Finite::try_from(3.0_f32).unwrap())),
    ] {
        assert_eq!(serde_json::from_str::<Cold>(written).unwrap(), policy);
        assert_eq!(serde_json::to_string(&policy).unwrap(), written);
    }
}
