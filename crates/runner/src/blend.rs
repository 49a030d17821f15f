//! The members of a blend, taken up again one after the other and asked what they predict.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hourglass_data::Dataset;
use hourglass_report::DataRecord;
use hourglass_train::ModelConfig;
use hourglass_train::baseline::blend;
use hourglass_train::cold::cold;
use hourglass_train::evaluate::{Rated, predict};
use tch::Device;

use crate::places;
use crate::trained::Trained;
use crate::trial_record::data_record;

/// What each member predicts for the ratings of each part `[members][ratings]`: by user, then by item, on the scale of the data, and
/// not clipped, since errors beyond the scale may cancel.
#[derive(Debug, Clone, Default)]
pub struct ByMembers {
    /// For those that are learned from.
    pub train: Vec<Vec<f32>>,
    /// For those that weights are fitted to.
    pub validation: Vec<Vec<f32>>,
    /// For those that are looked at once.
    pub test: Vec<Vec<f32>>,
}

impl ByMembers {
    /// Of the trials in `results` that a blend of this data names.
    ///
    /// # Errors
    /// When one is not there, not finished, of other ratings or another split, or predicts no ratings.
    pub fn of(config: &blend::Config, data: &Dataset, results: &Path, device: Device) -> Result<Self> {
        let expected = data_record(data);
        let mut all = Self::default();
        for id in config.members.ids() {
            let [train, validation, test] =
                predictions(id, &expected, results, device).with_context(|| format!("model.blend.members: {id}"))?;
            all.train.push(train);
            all.validation.push(validation);
            all.test.push(test);
        }
        Ok(all)
    }
}

/// What one member predicts for the training, validation and test ratings.
fn predictions(id: &str, expected: &DataRecord, results: &Path, device: Device) -> Result<[Vec<f32>; 3]> {
    let member = Trained::of(&places::one_run(id, None, results)?, device)?;
    ensure!(
        !matches!(member.config.model, ModelConfig::Blend(_)),
        "it is a blend itself, and weights of both could not be told apart; name its members instead"
    );
    ensure!(
        member.config.predicts_ratings(),
        "what it predicts are no ratings, so that they cannot be added to those of others; leave it out"
    );
    let found = &member.record.data;
    ensure!(
        found.fingerprint == expected.fingerprint && found.split_fingerprint == expected.split_fingerprint,
        "its ratings are {} and their split {}, those of the blend {} and {}; blend runs with the same [data], [ratings] and [split]",
        found.fingerprint,
        found.split_fingerprint,
        expected.fingerprint,
        expected.split_fingerprint,
    );
    let task = member.task()?;
    let parts = [task.learned(), task.validation, member.prepared.test()];
    let predicted = predict(&task, &member.model, &parts);
    let by_user =
        |part: usize| by_user(&Rated::of(&task, parts[part], &predicted[part].values, &cold(&task, parts[part])));
    Ok([0, 1, 2].map(by_user))
}

/// Predicted ratings in the order of users and their items, whatever a row of the member is.
fn by_user(rated: &Rated) -> Vec<f32> {
    let mut places: Vec<usize> = (0..rated.plain.len()).collect();
    places.sort_by_key(|&place| (rated.users[place], rated.items[place]));
    places.into_iter().map(|place| rated.plain[place]).collect()
}
