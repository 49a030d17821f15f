//! Comparisons by user of runs made by hand.

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::comparison::Test;
use crate::run::tests::run;
use crate::{CompareOptions, UserError};

const BOOTSTRAP: Bootstrap = Bootstrap { resamples: 2000, seed: 1 };

/// A run of each fill, whose errors at forty users are such a share larger than those of the first, and swing so much.
fn runs(folder: &TempDir, fills: &[(&str, f64, f64)]) -> Vec<Run> {
    let of = |(place, &(fill, share, swing)): (usize, &(&str, f64, f64))| {
        let user = |user: u32| {
            let ratings = 3 + user % 5;
            let squared = f64::from(ratings) * (0.8 + f64::from(user % 7) / 10.0);
            let squared_error = squared * (1.0 + share + swing * (f64::from(user * 37 % 11) - 5.0) / 5.0);
            let ndcg = (!user.is_multiple_of(4)).then(|| 0.4 - share + f64::from(user % 9) / 30.0);
            UserError {
                user: user * 2,
                ratings,
                squared_error,
                absolute_error: squared_error.sqrt(),
                lists: vec![ndcg],
            }
        };
        let errors = UserErrors { lists: vec!["ndcg@10".into()], users: (0..40).map(user).collect() };
        let mut run = run(fill, 1, json!({"input": {"fill": fill}}), Some(0.8 + place as f64 / 10.0));
        run.folder = folder.path().join(fill);
        errors.write(&run.folder.join("user_errors.csv")).unwrap();
        if let crate::Outcome::Finished(finished) = &mut run.record.outcome {
            for name in ["mae", "user-mae", "ndcg@10", "coverage@10"] {
                finished.test.insert(name.into(), Some(0.8 + place as f64 / 10.0));
            }
        }
        run
    };
    fills.iter().enumerate().map(of).collect()
}

fn compared(runs: &[Run], metric: &str) -> Result<ByUser, ByUserError> {
    let options = CompareOptions { metric: metric.into(), higher_is_better: false, test: Test::default(), over: None };
    ByUser::of(&Comparison::of(runs, &options), runs, BOOTSTRAP)
}

#[test]
fn a_difference_that_all_users_share_is_told_from_one_of_a_few() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(&folder, &[("zero", 0.0, 0.0), ("mean", 0.1, 0.02), ("bias", 0.005, 0.5)]);
    let found = compared(&runs, "test.rmse").unwrap();
    assert_eq!((found.users, found.settings.len()), (40, 3));
    let [best, shared, swinging] = &found.settings[..] else { unreachable!() };
    assert_eq!((best.label.as_str(), best.against_best), ("fill zero", None));
    let shared = shared.against_best.unwrap();
    let interval = shared.interval.unwrap();
    assert!(interval.low > 0.0 && interval.low < shared.difference && shared.difference < interval.high, "{shared:?}");
    assert!(
        shared.t.unwrap() < 1e-6 && shared.wilcoxon.unwrap() < 1e-6 && shared.rank_biserial == Some(1.0),
        "{shared:?}"
    );
    let swinging = swinging.against_best.unwrap();
    let interval = swinging.interval.unwrap();
    assert!(interval.low < 0.0 && interval.high > 0.0, "{swinging:?}");
    assert!(swinging.t.unwrap() > 0.1 && swinging.d_z.unwrap().abs() < 0.3, "{swinging:?}");
    for piece in ["fill mean", "95 % interval", "p (Wilcoxon)", "< 0.001", "Over 40 users", "2,000 resamples, seed 1"] {
        assert!(found.text().contains(piece), "{piece}: {}", found.text());
    }
    assert!(found.markdown().starts_with("| # | setting | test.rmse | behind best |"), "{}", found.markdown());
}

#[test]
fn p_values_are_those_of_the_users_sums_corrected_for_all_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let fills = [("zero", 0.0, 0.0), ("mean", 0.02, 0.2), ("bias", 0.03, 0.2)];
    let alone = compared(&runs(&folder, &fills[..2]), "test.rmse").unwrap().settings[1].against_best.unwrap();
    let among = compared(&runs(&folder, &fills), "test.rmse").unwrap();
    let of = |setting: &OfSetting| setting.against_best.unwrap().t.unwrap();
    // Of three pairs, the smaller of two p-values counts three times, the larger twice.
    let [mean, bias] = [1, 2].map(|place| of(&among.settings[place]));
    assert!(bias < mean && (mean - (2.0 * alone.t.unwrap()).min(1.0)).abs() < 1e-12, "{mean} {bias} {alone:?}");
    let errors =
        |fill: &str| UserErrors::read(&folder.path().join(fill).join("user_errors.csv")).unwrap().unwrap().users;
    let (zero, mean) = (errors("zero"), errors("mean"));
    let differences: Vec<f64> = mean.iter().zip(&zero).map(|(a, b)| a.squared_error - b.squared_error).collect();
    assert_eq!(alone.t, paired_t(&differences));
    assert_eq!(alone.wilcoxon, wilcoxon(&differences));
}

#[test]
fn each_metric_is_pooled_as_it_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(&folder, &[("zero", 0.0, 0.0), ("mean", 0.1, 0.0)]);
    let users = UserErrors::read(&folder.path().join("mean/user_errors.csv")).unwrap().unwrap().users;
    let ratings: f64 = users.iter().map(|user| f64::from(user.ratings)).sum();
    let sum = |of: &dyn Fn(&UserError) -> f64| users.iter().map(of).sum::<f64>();
    let ndcg: Vec<f64> = users.iter().filter_map(|user| user.lists[0]).collect();
    let cases = [
        ("test.rmse", (sum(&|user| user.squared_error) / ratings).sqrt()),
        ("test.mae", sum(&|user| user.absolute_error) / ratings),
        ("test.user-rmse", sum(&|user| (user.squared_error / f64::from(user.ratings)).sqrt()) / 40.0),
        ("test.user-mae", sum(&|user| user.absolute_error / f64::from(user.ratings)) / 40.0),
        ("test.ndcg@10", ndcg.iter().sum::<f64>() / ndcg.len() as f64),
    ];
    for (metric, expected) in cases {
        let found = compared(&runs, metric).unwrap();
        assert!((found.settings[1].value - expected).abs() < 1e-12, "{metric}: {}", found.settings[1].value);
        assert_eq!(found.users, if metric == "test.ndcg@10" { ndcg.len() } else { 40 }, "{metric}");
    }
}

#[test]
fn what_cannot_be_paired_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |runs: &[Run], metric: &str, pieces: &[&str]| {
        let said = compared(runs, metric).unwrap_err().to_string();
        assert!(pieces.iter().all(|piece| said.contains(piece)), "{said}");
    };
    let good = || runs(&folder, &[("zero", 0.0, 0.0), ("mean", 0.1, 0.02)]);
    refused(&good(), "test.coverage@10", &["--by test.coverage@10", "test.user-rmse", "test.ndcg@10"]);
    refused(&good(), "validation.rmse", &["--by validation.rmse", "of the test"]);
    refused(&good()[..1], "test.rmse", &["1 setting with a value of test.rmse", "at least two"]);
    let mut other = good();
    other[1].record.data.split_fingerprint = "s2".into();
    refused(
        &other,
        "test.rmse",
        &["tested on other ratings", "split s1", "split s2", "the same [data], [ratings] and [split]"],
    );
    let runs = good();
    let path = runs[1].folder.join("user_errors.csv");
    let mut fewer = UserErrors::read(&path).unwrap().unwrap();
    fewer.users.pop();
    fewer.write(&path).unwrap();
    refused(&runs, "test.rmse", &["fill zero", "fill mean", "other users (40 and 39)", "same [evaluation]"]);
    std::fs::remove_file(&path).unwrap();
    refused(&runs, "test.rmse", &["user_errors.csv is not there", "run it again"]);
}
