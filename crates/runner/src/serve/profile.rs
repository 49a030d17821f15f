//! What a run is, and what can be asked of it: what a page must know before it shows anything.

use std::collections::BTreeSet;

use hourglass_report::{Finished, Metrics, RunRecord};
use serde::Serialize;

use super::desk::Desk;
use crate::recommend::told::RunName;
use crate::recommend::{Recommender, read_by};

/// Values of an attribute that are listed, at most.
const VALUES: usize = 200;

/// A run, to whoever asks.
#[derive(Serialize)]
pub(super) struct Profile {
    run: RunName,
    /// For people: experiment, trial, seed and epoch.
    pub(super) line: String,
    /// As written in experiments.
    model: String,
    users: u64,
    items: u64,
    /// All ratings, of whatever part of the split.
    ratings: u64,
    validation: Metrics,
    test: Metrics,
    /// What a score is.
    scores: String,
    /// The scale of scores, where they are ratings.
    scale: Option<[f32; 2]>,
    /// How reasons are found, where there are some.
    reasons: Option<&'static str>,
    /// How somebody new says what they like.
    rate: Rate,
    /// What is read of users besides their ratings.
    about: Vec<Attribute>,
    /// Why the run cannot be asked about somebody new, where it cannot.
    no_new_users: Option<String>,
    /// Why items cannot be compared, where they cannot.
    no_similar: Option<String>,
}

/// How a rating is given.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Rate {
    /// A number on a scale, in steps where all ratings of the data are some.
    Number { minimum: f32, maximum: f32, step: Option<f32> },
    /// This number says that an item is liked; nothing else counts.
    Like { rating: f32 },
}

/// Something that is known of users.
#[derive(Serialize)]
struct Attribute {
    name: String,
    /// All that there are; nothing, where there are too many.
    values: Option<BTreeSet<String>>,
}

impl Profile {
    pub(super) fn of(recommender: &Recommender<'_>, desk: &Desk<'_, '_>) -> Self {
        let trained = recommender.trained;
        let RunRecord { data, outcome, .. } = &trained.record;
        let metrics = |part: fn(&Finished) -> &Metrics| outcome.finished().map(part).cloned().unwrap_or_default();
        let scale =
            trained.config.predicts_ratings().then_some([trained.data.scale.minimum, trained.data.scale.maximum]);
        Self {
            run: RunName::of(recommender),
            line: trained.line(),
            model: trained.config.model.name(),
            users: data.users,
            items: data.items,
            ratings: recommender.ratings_known(),
            validation: metrics(|finished| &finished.validation),
            test: metrics(|finished| &finished.test),
            scores: recommender.scores_are(),
            scale,
            reasons: recommender.reasons_are(),
            rate: Rate::of(recommender),
            about: read_by(trained).into_iter().map(|name| Attribute::of(recommender, name)).collect(),
            no_new_users: recommender.takes_new_users().err().map(|error| format!("{error:#}")),
            no_similar: desk.no_similar(),
        }
    }
}

impl Rate {
    fn of(recommender: &Recommender<'_>) -> Self {
        let trained = recommender.trained;
        let values: BTreeSet<u32> = trained.data.split.train.entries().map(|(.., value)| value.to_bits()).collect();
        if let Some(implicit) = &trained.config.ratings.implicit {
            return Self::Like { rating: f32::from(implicit.above).floor() + 1.0 };
        }
        if let (Some(&only), 1) = (values.first(), values.len()) {
            return Self::Like { rating: f32::from_bits(only) };
        }
        let (minimum, maximum) = (trained.data.scale.minimum, trained.data.scale.maximum);
        let values = || values.iter().copied().map(f32::from_bits).chain([maximum]);
        let steps = [1.0, 0.5].into_iter();
        let step = steps.into_iter().find(|step| values().all(|value| ((value - minimum) / step).fract() == 0.0));
        Self::Number { minimum, maximum, step }
    }
}

impl Attribute {
    fn of(recommender: &Recommender<'_>, name: String) -> Self {
        let attributes = recommender.trained.data.users.attributes.iter();
        let values = attributes.filter(|attribute| attribute.name == name).flat_map(|attribute| &attribute.values);
        let values: BTreeSet<String> = values.filter(|value| !value.is_empty()).cloned().collect();
        Self { name, values: (values.len() <= VALUES).then_some(values) }
    }
}
