//! Questions about what counts as a rating, and which of them are held out.

use hourglass_data::{CatalogueConfig, SplitConfig};
use hourglass_report::format;
use toml::Value;

use super::setting::{rated_columns, rated_rows};
use super::{Check, Raised, Setting, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "integer-cast",
        trap: Some(4),
        why: "4.5 stars become 4, and 0.5 becomes 0, which is taken for no rating: the errors are of other ratings than were given",
        look: integer_cast,
    },
    Check {
        name: "columns-nobody-rated",
        trap: Some(18),
        why: "columns without a rating add weights, and with a fill other than zero a constant to every input; the number of items is not \
              that of other papers",
        look: columns_nobody_rated,
    },
    Check {
        name: "reconstruction",
        trap: Some(8),
        why: "the model has learned from the very ratings that it is asked for; they are only hidden while it is asked",
        look: reconstruction,
    },
    Check {
        name: "one-fold",
        trap: Some(11),
        why: "folds of one data set are not equally hard: on MovieLens-100K the same model differs by 0.01 between two of them",
        look: one_fold,
    },
    Check {
        name: "kinds-of-split-mixed",
        trap: Some(19),
        why: "held-out ratings of known users and ratings of held-out users are different tasks, whose numbers do not compare",
        look: kinds_of_split_mixed,
    },
    Check {
        name: "later-ratings-predict-earlier-ones",
        trap: None,
        why: "a system that is used knows the past alone; with a random split errors are lower than they would be in use",
        look: later_ratings_predict_earlier_ones,
    },
    Check {
        name: "times-of-held-out-ratings",
        trap: None,
        why: "ratings of one session are alike; a system that recommends does not know when something will be rated, and errors are higher \
              than these",
        look: times_of_held_out_ratings,
    },
    Check {
        name: "users-without-test-ratings",
        trap: Some(2),
        why: "a mean over users is one over those that can be measured; counted as errors of 0, the others would lower it",
        look: users_without_test_ratings,
    },
    Check {
        name: "cold-ratings",
        trap: Some(10),
        why: "what is predicted for a user or an item that nothing is known of changes RMSE, and others predict 3, a mean, or leave them out",
        look: cold_ratings,
    },
];

fn integer_cast(setting: &Setting<'_>) -> Option<Raised> {
    setting.config.ratings.cast?;
    Severity::Wrong.at(
        "ratings.cast",
        "half stars are cut off before anything is learned or measured",
        "remove ratings.cast, or say beside the numbers that they are of cut ratings",
    )
}

fn columns_nobody_rated(setting: &Setting<'_>) -> Option<Raised> {
    if setting.config.ratings.catalogue == CatalogueConfig::Rated {
        return None;
    }
    let says = match setting.data {
        None => "items that nobody has rated have a column".to_owned(),
        Some(data) => {
            let empty = rated_columns(&data.split.train).iter().filter(|rated| !**rated).count();
            let of = format::count(data.items.len() as u64);
            match empty {
                0 => return None,
                _ => format!("{} of {of} items have no training rating, and a column", format::count(empty as u64)),
            }
        }
    };
    Severity::Note.at(
        "ratings.catalogue",
        says,
        "set ratings.catalogue = \"rated\", or report the number of items with the errors",
    )
}

fn reconstruction(setting: &Setting<'_>) -> Option<Raised> {
    matches!(setting.config.split, SplitConfig::Masked(_)).then_some(())?;
    Severity::Doubtful.at(
        "split.masked",
        "test errors are of ratings that were learned from",
        "call them errors of reconstruction, or hold ratings out: [split.random]",
    )
}

fn one_fold(setting: &Setting<'_>) -> Option<Raised> {
    let SplitConfig::Folds(folds) = &setting.config.split else { return None };
    if setting.varies("split.folds.fold") || setting.varies("split.folds") {
        return None;
    }
    Severity::Doubtful.at(
        "split.folds.fold",
        format!("of {} folds, {} alone is tested on", folds.folds, folds.fold),
        "sweep over \"split.folds.fold\", or name the fold with every number",
    )
}

fn kinds_of_split_mixed(setting: &Setting<'_>) -> Option<Raised> {
    let kinds = |value: &Value| value.as_table().is_some_and(|split| split.contains_key("held-out-users"));
    let is_strong = setting.value("split").is_some_and(kinds);
    let sweeps = setting.experiment.sweep.paths().contains(&"split");
    let of_file = matches!(setting.experiment.split, SplitConfig::HeldOutUsers(_));
    (sweeps && is_strong != of_file).then_some(())?;
    Severity::Doubtful.at(
        "split",
        "some settings are tested on held-out users, others on held-out ratings of known users",
        "make two experiments of it, and two tables",
    )
}

fn later_ratings_predict_earlier_ones(setting: &Setting<'_>) -> Option<Raised> {
    let key = match setting.config.split {
        SplitConfig::Random(_) => "split.random",
        SplitConfig::Folds(_) => "split.folds",
        _ => return None,
    };
    let has_times = ["data.movielens", "data.delimited.columns.time", "data.parquet.columns.time"];
    has_times.iter().any(|path| setting.value(path).is_some()).then_some(())?;
    Severity::Note.at(
        key,
        "such ratings usually have times, and those held out are drawn at random",
        "split by time too, as [split.temporal] does, or say that the split is random",
    )
}

fn times_of_held_out_ratings(setting: &Setting<'_>) -> Option<Raised> {
    let key = setting.config.model.baseline()?.needs_times()?;
    Severity::Note.at(
        key,
        "held-out ratings are asked for with the time at which they were given",
        "say so beside the numbers, and compare them with those of models that know it, too; or leave the setting out",
    )
}

fn users_without_test_ratings(setting: &Setting<'_>) -> Option<Raised> {
    let of_users = |name: String| name.contains("user-");
    let metric = setting.metrics().iter().map(ToString::to_string).find(|name| of_users(name.clone()))?;
    let data = setting.data.filter(|data| data.split.test.fold_in.is_none() && !data.split.test.ratings.is_empty())?;
    let known = rated_rows(&data.split.train);
    let tested = rated_rows(&data.split.test.ratings);
    let left_out = known.iter().zip(&tested).filter(|(known, tested)| **known && !**tested).count();
    if left_out == 0 {
        return None;
    }
    let users = known.iter().filter(|known| **known).count();
    let [left_out, users] = [left_out, users].map(|count| format::count(count as u64));
    Severity::Note.at(
        "split",
        format!("{left_out} of {users} users have no test rating, and are not in test.{metric}"),
        "stratify the split by user, or report the number of users with the metric: test_users in run.json",
    )
}

/// A share of the test ratings from which on an error changes visibly.
const VISIBLE: f64 = 0.01;

fn cold_ratings(setting: &Setting<'_>) -> Option<Raised> {
    let data = setting.data.filter(|_| setting.measures_ratings() && setting.value("evaluation.cold").is_none())?;
    let (train, test) = (&data.split.train, &data.split.test);
    let (users, items) = (rated_rows(test.fold_in.as_ref().unwrap_or(train)), rated_columns(train));
    let is_cold = |(user, item, _): &(u32, u32, f32)| !users[*user as usize] || !items[*item as usize];
    let cold = test.ratings.entries().filter(is_cold).count();
    if cold == 0 {
        return None;
    }
    let share = cold as f64 / test.ratings.len() as f64;
    let severity = if share >= VISIBLE { Severity::Doubtful } else { Severity::Note };
    let [count, all] = [cold, test.ratings.len()].map(|count| format::count(count as u64));
    severity.at(
        "evaluation.cold",
        format!(
            "{count} of {all} test ratings, {:.2} %, are of users or items that nothing is known of, and the model predicts them all the same",
            share * 100.0
        ),
        "set evaluation.cold to what counts as their prediction, or measure \"warm-rmse\" beside \"rmse\"",
    )
}
