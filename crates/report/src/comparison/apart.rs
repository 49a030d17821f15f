//! What tells the runs of an experiment apart that its sweep does not say: its file or its data changed between them.

use std::collections::BTreeMap;

use super::by_setting;
use crate::Run;

/// Adds to what was swept of each run the other parameters that are not the same in all runs of its experiment. So no two settings
/// are taken for seeds of one.
pub fn tell_apart(runs: &mut [Run]) {
    let mut experiments: BTreeMap<String, Vec<&mut Run>> = BTreeMap::new();
    for run in runs {
        experiments.entry(run.record.experiment.clone()).or_default().push(run);
    }
    experiments.into_values().for_each(|runs| tell_apart_in_experiment(runs));
}

fn tell_apart_in_experiment(mut runs: Vec<&mut Run>) {
    let (different, settings) = by_setting(runs.iter().map(|run| &**run), None);
    for (setting, members) in settings.iter().enumerate() {
        for &member in members {
            let swept = &mut runs[member].record.swept;
            let told: Vec<String> = swept.keys().cloned().collect();
            let is_told = |path: &str| told.iter().any(|told| is_within(path, told) || is_within(told, path));
            let untold = different.iter().filter(|difference| !is_told(&difference.path));
            swept.extend(untold.filter_map(|of| Some((of.path.clone(), of.values[setting].clone()?))));
        }
    }
}

/// Whether a dotted path is that of a table, or of something in it.
fn is_within(path: &str, table: &str) -> bool {
    path.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::run::tests::run;

    fn swept(runs: &[Run]) -> Vec<Value> {
        runs.iter().map(|run| json!(run.record.swept)).collect()
    }

    #[test]
    fn what_the_sweep_does_not_say_is_added() {
        let setting = |fill: &str, epochs: u64| json!({"input": {"fill": fill}, "train": {"epochs": epochs}});
        let made = |trial: &str, seed: u64, fill: &str, epochs: u64| {
            let mut run = run(trial, seed, setting(fill, epochs), Some(0.9));
            run.record.swept = [("input.fill".to_owned(), json!(fill))].into();
            run
        };
        let mut runs = vec![made("a", 1, "zero", 2), made("b", 2, "zero", 2), made("c", 1, "bias", 2)];
        tell_apart(&mut runs);
        assert_eq!(
            swept(&runs),
            ["zero", "zero", "bias"].map(|fill| json!({"input.fill": fill})),
            "nothing else differs"
        );
        runs.push(made("d", 1, "zero", 12));
        tell_apart(&mut runs);
        let expected = [("zero", 2), ("zero", 2), ("bias", 2), ("zero", 12)];
        assert_eq!(swept(&runs), expected.map(|(fill, epochs)| json!({"input.fill": fill, "train.epochs": epochs})));
    }

    #[test]
    fn what_was_swept_once_is_added_where_it_was_not() {
        let made = |trial: &str, batch: u64, is_swept: bool| {
            let mut run = run(trial, 1, json!({"train": {"batch": batch}}), None);
            run.record.swept.extend(is_swept.then(|| ("train.batch".to_owned(), json!(batch))));
            run
        };
        let mut runs = vec![made("a", 1, true), made("b", 2, false), made("c", 3, false)];
        tell_apart(&mut runs);
        assert_eq!(swept(&runs), [1, 2, 3].map(|batch| json!({"train.batch": batch})));
    }

    #[test]
    fn other_data_under_the_same_name_are_another_setting() {
        let mut runs = vec![run("a", 1, json!({}), None), run("b", 1, json!({}), None)];
        "changed".clone_into(&mut runs[1].record.data.fingerprint);
        let known = runs[0].record.data.fingerprint.clone();
        tell_apart(&mut runs);
        assert_eq!(swept(&runs), [known.as_str(), "changed"].map(|data| json!({"fingerprint.data": data})));
    }

    #[test]
    fn what_is_swept_as_a_table_is_not_told_twice() {
        let made = |trial: &str, optimizer: Value| {
            let mut run = run(trial, 1, json!({"train": {"optimizer": optimizer}}), None);
            run.record.swept = [("train.optimizer".to_owned(), optimizer)].into();
            run
        };
        let mut runs = vec![made("a", json!({"adam": {"lr": 0.1}})), made("b", json!({"adam": {"lr": 0.2}}))];
        let before = swept(&runs);
        tell_apart(&mut runs);
        assert_eq!(swept(&runs), before);
    }
}
