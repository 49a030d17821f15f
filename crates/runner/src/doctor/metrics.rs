//! Questions about what is measured, and what it is called.

use hourglass_data::SplitConfig;
use hourglass_train::metric::ReconstructionMetric;
use hourglass_train::{Metric, ObjectiveConfig};

use super::{Check, Raised, Setting, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "user-mean-alone",
        trap: Some(1),
        why: "the mean of users' errors is another number than the error over all ratings, usually lower, and does not even rank epochs alike",
        look: user_mean_alone,
    },
    Check {
        name: "errors-of-no-ratings",
        trap: Some(7),
        why: "scores to rank by are no ratings, and of events that are all 1 whoever always says 1 makes no error",
        look: errors_of_no_ratings,
    },
    Check {
        name: "errors-of-all-cells",
        trap: Some(7),
        why: "with 99 of 100 cells unrated, a network that always says 0 has a small error over all cells",
        look: errors_of_all_cells,
    },
    Check {
        name: "unclipped",
        trap: None,
        why: "most published errors are of predictions that are clipped to the scale, which lowers them",
        look: unclipped,
    },
    Check {
        name: "any-rating-counts-as-liked",
        trap: None,
        why: "lists are then good where they hold what the user has rated, however badly",
        look: any_rating_counts_as_liked,
    },
];

fn user_mean_alone(setting: &Setting<'_>) -> Option<Raised> {
    let names: Vec<String> = setting.metrics().iter().map(ToString::to_string).collect();
    let global = |of_users: &str| of_users.replacen("user-", "", 1);
    let alone = names.iter().find(|name| name.contains("user-") && !names.contains(&global(name)))?;
    let missing = global(alone);
    Severity::Doubtful.at(
        "evaluation.metrics",
        format!("{alone} is measured without {missing}"),
        format!("add \"{missing}\", and print both with the numbers of users and ratings"),
    )
}

fn errors_of_no_ratings(setting: &Setting<'_>) -> Option<Raised> {
    let what = match &setting.config.objective {
        ObjectiveConfig::Multinomial(_) => "of outputs that are no ratings",
        _ if setting.is_implicit() => "where every rating is the same",
        _ => return None,
    };
    let is_of_ratings = |metric: &&Metric| matches!(metric, Metric::Rating(_));
    let names: Vec<String> = setting.metrics().iter().filter(is_of_ratings).map(ToString::to_string).collect();
    (!names.is_empty()).then_some(())?;
    let remedy = "set evaluation.metrics to those of lists, such as [\"ndcg@100\", \"recall@20\", \"recall@50\"]";
    Severity::Wrong.at("evaluation.metrics", format!("{} are measured {what}", names.join(", ")), remedy)
}

fn errors_of_all_cells(setting: &Setting<'_>) -> Option<Raised> {
    let of_all = |metric: &&Metric| {
        matches!(
            metric,
            Metric::Reconstruction(ReconstructionMetric::AllCellsRmse | ReconstructionMetric::FrobeniusNorm)
        )
    };
    let metric = setting.metrics().iter().find(of_all)?;
    Severity::Note.at(
        "evaluation.metrics",
        format!("{metric} counts what nobody has rated as a rating of 0"),
        "print it by its own name and never in a column with errors of ratings",
    )
}

fn unclipped(setting: &Setting<'_>) -> Option<Raised> {
    (!setting.config.evaluation.clip && setting.measures_ratings()).then_some(())?;
    Severity::Note.at(
        "evaluation.clip",
        "predictions beyond the scale of the ratings are measured as they are",
        "set evaluation.clip = true and add \"unclipped-rmse\", which gives both",
    )
}

fn any_rating_counts_as_liked(setting: &Setting<'_>) -> Option<Raised> {
    let lists = setting.metrics().iter().find(|metric| matches!(metric, Metric::List { .. }))?;
    let explicit = setting.config.evaluation.relevant_from.is_none() && !setting.is_implicit();
    (explicit && !matches!(setting.config.split, SplitConfig::Masked(_))).then_some(())?;
    Severity::Doubtful.at(
        "evaluation.relevant_from",
        format!("a held-out rating counts as liked in {lists}, also the lowest one"),
        "set evaluation.relevant_from, as to 4 of 5 stars, or make events of ratings with [ratings] implicit",
    )
}
