//! Questions about published numbers that are drawn and printed beside ours.

use hourglass_data::Axis;

use super::published::{PUBLISHED, Published};
use super::{Check, Raised, Setting, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "reference-of-another-metric",
        trap: Some(1),
        why: "RMSE over all ratings and the mean of users' RMSE are both printed as RMSE, and no formula makes one of the other",
        look: reference_of_another_metric,
    },
    Check {
        name: "reference-of-another-protocol",
        trap: Some(11),
        why: "the same model has another error on another split of the same data",
        look: reference_of_another_protocol,
    },
    Check {
        name: "reference-not-measured",
        trap: None,
        why: "a number that nothing of ours stands beside compares with nothing",
        look: reference_not_measured,
    },
    Check {
        name: "reference-of-one-orientation",
        trap: Some(9),
        why: "on MovieLens-1M the same network has 0.831 on rows of items and 0.874 on rows of users",
        look: reference_of_one_orientation,
    },
];

/// The references of this experiment that quote a published number of its data, with what was published.
fn quoted<'a>(setting: &'a Setting<'_>) -> impl Iterator<Item = (&'a str, &'static Published)> {
    let path = setting.value("data.movielens.path").and_then(toml::Value::as_str).unwrap_or_default();
    let folder = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let references = setting.experiment.reference.iter();
    references.flat_map(move |(name, reference)| {
        let same =
            move |published: &&Published| published.data == folder && (published.value - reference.value).abs() < 1e-9;
        PUBLISHED.iter().filter(same).map(move |published| (name.as_str(), published))
    })
}

fn reference_of_another_metric(setting: &Setting<'_>) -> Option<Raised> {
    let measured = |name: &str| name.split_once('.').map_or_else(|| name.to_owned(), |(_, metric)| metric.to_owned());
    let (name, published) = quoted(setting).find(|(name, published)| measured(name) != published.metric)?;
    let also = quoted(setting).any(|(other, published)| other == name && measured(name) == published.metric);
    (!also).then_some(())?;
    Severity::Wrong.at(
        &format!("reference.\"{name}\""),
        format!(
            "{} of {} is published as {}, not as {}",
            published.value,
            published.of,
            published.metric,
            measured(name)
        ),
        format!("compare it with test.{}", published.metric),
    )
}

fn reference_of_another_protocol(setting: &Setting<'_>) -> Option<Raised> {
    let (name, published) = quoted(setting).find(|(_, published)| !published.protocol.is_of(setting))?;
    let (value, of, protocol) = (published.value, published.of, published.protocol.name());
    Severity::Doubtful.at(
        &format!("reference.\"{name}\""),
        format!("{value} of {of} was measured on {protocol}, this experiment is tested on something else"),
        "divide the ratings as the paper does, or take the reference out",
    )
}

fn reference_not_measured(setting: &Setting<'_>) -> Option<Raised> {
    let metrics: Vec<String> = setting.metrics().iter().map(ToString::to_string).collect();
    let is_measured = |name: &str| {
        let (part, metric) = name.split_once('.').unwrap_or(("", name));
        ["train", "validation", "test"].contains(&part) && metrics.iter().any(|known| known == metric)
    };
    let name = setting.experiment.reference.keys().find(|name| !is_measured(name))?;
    Severity::Doubtful.at(
        &format!("reference.\"{name}\""),
        format!("{name} is not measured here"),
        format!(
            "add its metric to evaluation.metrics, or name one of {} with its part, as test.{}",
            metrics.join(", "),
            metrics[0]
        ),
    )
}

fn reference_of_one_orientation(setting: &Setting<'_>) -> Option<Raised> {
    let name = setting.experiment.reference.keys().next()?;
    let of_file = setting.experiment.input.rows;
    (setting.config.input.rows != of_file).then_some(())?;
    let rows = match of_file {
        Axis::Users => "users",
        Axis::Items => "items",
    };
    Severity::Note.at(
        &format!("reference.\"{name}\""),
        format!("one number stands beside settings whose rows are {rows} and settings whose rows are not"),
        "say in its source which of the two it is of",
    )
}
