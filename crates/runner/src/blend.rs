//! The members of a blend, taken up again one after the other and asked what they predict.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use hourglass_data::Dataset;
use hourglass_report::{DataRecord, Run, RunRecord, TrialFolder};
use hourglass_train::ModelConfig;
use hourglass_train::baseline::blend::{self, Members, TrialId};
use hourglass_train::cold::cold;
use hourglass_train::evaluate::{Rated, predict};
use tch::{Device, Tensor};

use crate::execute::record_before;
use crate::places;
use crate::spec::Spec;
use crate::trained::{Trained, in_its_experiment};
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
    /// How much each counts by another blend, and the offset.
    pub weights: Option<Vec<f32>>,
}

impl ByMembers {
    /// Of the trials in `results` that the blend of this setting and data names.
    ///
    /// # Errors
    /// When one is not there, not finished, of other ratings or another split, or predicts no ratings; when weights are to be those of
    /// a blend of other members.
    pub fn of(config: &blend::Config, spec: &Spec, data: &Dataset, results: &Path, device: Device) -> Result<Self> {
        let expected = data_record(data);
        let mut all = Self::default();
        if let Some(like) = &config.like {
            let like = like.as_str();
            let weights = weights_of(like, config, spec, &expected, results);
            all.weights = Some(weights.with_context(|| format!("model.blend.like: {like}"))?);
        }
        for id in config.members.ids() {
            let id = id.as_str();
            let [train, validation, test] =
                predictions(id, &expected, results, device).with_context(|| format!("model.blend.members: {id}"))?;
            all.train.push(train);
            all.validation.push(validation);
            all.test.push(test);
        }
        Ok(all)
    }
}

/// The weights and the offset of a blend of the same members, fitted in the same way to ratings that this one is not tested on.
fn weights_of(id: &str, config: &blend::Config, spec: &Spec, data: &DataRecord, results: &Path) -> Result<Vec<f32>> {
    let (folder, record, other) = finished(id, results)?;
    let ModelConfig::Blend(blend) = &other.model else { bail!("it is no blend, and has no weights of members") };
    ensure!(blend.weights == config.weights, "its weights are fitted in another way; set the same model.blend.weights");
    ensure!(
        but_for_validation(&other) == but_for_validation(spec) && record.data.fingerprint == data.fingerprint,
        "its [data], [ratings] or [split] are others, by more than how much is held out to validate on, so that it may have been fitted \
         to what this blend is tested on; name one of the same test ratings"
    );
    let [own, others] = [&config.members, &blend.members].map(Members::ids);
    ensure!(own.len() == others.len(), "it has {} members, and this blend {}; name as many", others.len(), own.len());
    for (own, other) in own.iter().map(TrialId::as_str).zip(others.iter().map(TrialId::as_str)) {
        ensure!(
            alike(&setting(own, results)?, &setting(other, results)?),
            "where this blend has the member {own}, it has {other}, whose [model] or [input] is another; name the same in the same order"
        );
    }
    let stored = Tensor::read_safetensors(folder.weights())?;
    let numbers = |name: &str| -> Result<Vec<f32>> {
        let found = stored.iter().find(|(known, _)| known == name);
        let (_, tensor) = found.with_context(|| format!("{} has no {name}", folder.weights().display()))?;
        Ok(Vec::try_from(tensor)?)
    };
    Ok([numbers("weights")?, numbers("offset")?].concat())
}

/// The folder, the record and the setting of a finished trial.
fn finished(id: &str, results: &Path) -> Result<(TrialFolder, RunRecord, Spec)> {
    let folder = in_its_experiment(&places::one_run(id, None, results)?);
    let record = record_before(&folder)?.with_context(|| format!("no trial lies in {}", folder.folder().display()))?;
    ensure!(record.is_finished(), "trial {id} is {}, not finished; run it to its end", record.outcome.name());
    let spec = Spec::read(&folder.trial_toml(), &[])?;
    Ok((folder, record, spec))
}

fn setting(id: &str, results: &Path) -> Result<Spec> {
    Ok(finished(id, results)?.2)
}

/// Whether two trials are of one model that is shown the same, whatever it learns from.
fn alike(one: &Spec, other: &Spec) -> bool {
    one.model == other.model && one.input == other.input
}

/// These runs in the order of the members of another blend.
///
/// # Errors
/// When it is not there, not finished or no blend, or has a member that none of the runs is like.
pub fn in_order_of(like: &TrialId, mut runs: Vec<Run>, results: &Path) -> Result<Vec<Run>> {
    let other = setting(like.as_str(), results)?;
    let ModelConfig::Blend(blend) = &other.model else { bail!("--like {}: it is no blend", like.as_str()) };
    let specs = runs.iter().map(|run| Spec::read(&run.folder.join("trial.toml"), &[]));
    let mut specs = specs.collect::<Result<Vec<_>, _>>()?;
    let mut ordered = Vec::with_capacity(runs.len());
    for member in blend.members.ids() {
        let wanted = setting(member.as_str(), results)?;
        let place = specs.iter().position(|spec| alike(spec, &wanted)).with_context(|| {
            let like = like.as_str();
            format!(
                "--like {like}: no run is of the [model] and [input] of its member {}; name as many, and the same",
                member.as_str()
            )
        })?;
        specs.remove(place);
        ordered.push(runs.remove(place));
    }
    // Those that are too many are refused with the blend.
    ordered.extend(runs);
    Ok(ordered)
}

/// What decides which ratings are tested on.
fn but_for_validation(spec: &Spec) -> Vec<Option<toml::Value>> {
    let mut table = spec.to_table();
    let kinds = table.get_mut("split").and_then(toml::Value::as_table_mut).into_iter().flatten();
    kinds.filter_map(|(_, split)| split.as_table_mut()).for_each(|split| drop(split.remove("validation")));
    ["data", "ratings", "split"].map(|key| table.remove(key)).to_vec()
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
