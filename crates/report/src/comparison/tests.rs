//! Comparisons of runs made by hand.

use serde_json::json;

use super::*;
use crate::run::tests::run;
use crate::write_atomically;

fn options(metric: &str) -> CompareOptions {
    CompareOptions { metric: metric.into(), higher_is_better: false, test: Test::default(), over: None }
}

/// A run of seed 1, 2, … for each RMSE.
fn setting(fill: &str, values: &[f64]) -> Vec<Run> {
    let setting = |seed: usize| json!({"name": fill, "seeds": [seed], "input": {"fill": fill, "rows": "users"}});
    let seeds = values.iter().enumerate();
    seeds.map(|(i, value)| run(&format!("{fill}{i}"), i as u64 + 1, setting(i + 1), Some(*value))).collect()
}

fn runs() -> Vec<Run> {
    [
        setting("zero", &[0.88, 0.882, 0.879]),
        setting("bias", &[0.86, 0.863, 0.861]),
        setting("item-mean", &[0.861, 0.862, 0.863]),
        setting("user-mean", &[0.9, 0.91]),
        setting("constant", &[0.95]),
    ]
    .concat()
}

#[test]
fn settings_are_ranked_told_apart_and_tested() {
    let comparison = Comparison::of(&runs(), &options("test.rmse"));
    assert_eq!(comparison.parameters, ["input.fill"]);
    insta::assert_snapshot!(comparison.text());
    insta::assert_snapshot!(comparison.markdown());
}

#[test]
fn where_higher_is_better_the_highest_comes_first() {
    let options = CompareOptions { higher_is_better: true, ..options("test.rmse") };
    let comparison = Comparison::of(&runs(), &options);
    let order: Vec<_> = comparison.settings.iter().map(|setting| comparison.label(setting)).collect();
    assert_eq!(order[0], "fill constant");
    assert_eq!(order[4], "fill bias");
    assert_eq!(
        comparison.settings[1].against_best,
        Against::Untested("1 common seed: too few to test; at least 3".into())
    );
}

#[test]
fn what_says_nothing_is_not_tested() {
    let other_split = |mut runs: Vec<Run>| {
        runs.iter_mut().for_each(|run| run.record.data.split_fingerprint = "s2".into());
        runs
    };
    let best = || setting("bias", &[0.860, 0.863, 0.861]);
    let cases = [
        (setting("zero", &[0.870, 0.873, 0.871]), "the difference is the same for every seed: nothing to test"),
        (setting("zero", &[0.87, 0.88]), "2 common seeds: too few to test; at least 3"),
        (
            other_split(setting("zero", &[0.87, 0.88, 0.89])),
            "measured on other ratings than the best: not to be compared",
        ),
        (setting("zero", &[f64::NAN, f64::NAN]), "no value"),
    ];
    for (other, reason) in cases {
        let comparison = Comparison::of(&[best(), other].concat(), &options("test.rmse"));
        assert_eq!(comparison.settings[1].against_best, Against::Untested(reason.into()));
    }
    let wilcoxon = CompareOptions { test: Test::Wilcoxon, ..options("test.rmse") };
    let comparison = Comparison::of(&[best(), setting("zero", &[0.87, 0.88, 0.89])].concat(), &wilcoxon);
    assert!(comparison.text().contains("3 common seeds: too few to test; at least 6"));
}

#[test]
fn a_setting_is_repeated_over_splits_as_over_seeds() {
    let on_splits = |fill: &str, values: &[f64]| {
        let mut runs = setting(fill, values);
        for (split, run) in runs.iter_mut().enumerate() {
            run.record.seed = 1;
            run.record.data.split_fingerprint = format!("s{split}");
            run.setting["split"] = json!({"random": {"test": 0.1, "seed": split}});
        }
        runs
    };
    let runs = [on_splits("zero", &[0.88, 0.892, 0.879]), on_splits("bias", &[0.86, 0.873, 0.861])].concat();
    let over = CompareOptions { over: Some("split.random.seed".into()), ..options("test.rmse") };
    insta::assert_snapshot!(Comparison::of(&runs, &over).text());
    // Each split by itself is nothing that can be tested.
    assert_eq!(Comparison::of(&runs, &options("test.rmse")).settings.len(), 6);
    let mut other = runs;
    other[0].record.data.split_fingerprint = "s9".into();
    let told = "measured on other ratings than the best: not to be compared";
    assert_eq!(Comparison::of(&other, &over).settings[1].against_best, Against::Untested(told.into()));
}

#[test]
fn runs_count_by_what_they_are_set_to() {
    let mut both = setting("zero", &[0.88, 0.882, 0.879]);
    // The same runs in another experiment, and one more seed that is still under way.
    let mut again = both.clone();
    again.iter_mut().for_each(|run| run.record.experiment = "again".into());
    both.extend(again);
    let mut unfinished = both[0].clone();
    unfinished.record.seed = 4;
    unfinished.record.outcome = crate::Outcome::Running;
    both.push(unfinished);
    let comparison = Comparison::of(&both, &options("test.rmse"));
    let [only] = &comparison.settings[..] else { panic!("{comparison:?}") };
    assert_eq!((only.repeats.len(), only.without_value, only.experiments.len()), (3, 1, 2));
    assert_eq!(comparison.parameters, [""; 0]);
    assert_eq!(comparison.label(only), "again, fills");
}

#[test]
fn other_data_is_told_by_its_fingerprint_where_nothing_else_tells_it() {
    let mut runs = [setting("zero", &[0.88]), setting("zero", &[0.87])].concat();
    runs[1].record.data.fingerprint = "d2".into();
    assert_eq!(Comparison::of(&runs, &options("test.rmse")).parameters, ["fingerprint.data"]);
    runs[1].setting["data"] = json!("other");
    assert_eq!(Comparison::of(&runs, &options("test.rmse")).parameters, ["data"]);
}

#[test]
fn nothing_to_compare_is_a_table_without_rows() {
    assert!(Comparison::of(&[], &options("test.rmse")).text().starts_with("#  test.rmse"));
}

#[test]
fn curves_are_means_as_far_as_every_seed_went() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = setting("zero", &[0.88, 0.87]);
    for (run, rows) in runs.iter_mut().zip(["1,1.0\n2,0.9\n3,0.8\n", "1,1.2\n2,1.0\n"]) {
        run.folder = folder.path().join(&run.record.trial);
        write_atomically(&run.folder.join("epochs.csv"), format!("epoch,validation.rmse\n{rows}").as_bytes()).unwrap();
    }
    let comparison = Comparison::of(&runs, &options("test.rmse"));
    let svg = comparison.curves(&runs, "validation.rmse", 0).unwrap();
    for piece in ["Validation RMSE over epochs", "all settings by test.rmse", "1. fills", ">\n2\n<", "<polygon"] {
        assert!(svg.contains(piece), "{piece}: {svg}");
    }
    assert!(!svg.contains(">\n3\n<"), "the third epoch is of one seed");
}
