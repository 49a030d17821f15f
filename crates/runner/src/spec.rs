//! What an experiment file says.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use hourglass_data::{
    Axis, FillConfig, GroupsConfig, RatingsConfig, Scale, SideInfoConfig, SourceConfig, SplitConfig, TextConfig,
};
use hourglass_train::baseline::Baseline;
use hourglass_train::inputs::{RowScale, Target};
use hourglass_train::{EvaluationConfig, ModelConfig, NoiseConfig, ObjectiveConfig, PenaltyConfig, TrainConfig};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::claim::Claim;
use crate::config_error;
use crate::experiment_file::{self, ExperimentFile};
use crate::name::Name;
use crate::overrides::Assignment;
use crate::sweep::SweepSpec;

/// An experiment: one setting of everything, and what of it is varied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The folder under `results/`.
    pub name: Name,
    /// The question it asks, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// One trial for each, of every setting.
    #[serde(default = "one_seed")]
    pub seeds: Seeds,
    /// Where the ratings come from.
    pub data: SourceConfig,
    /// What of the source counts as a rating.
    #[serde(default)]
    pub ratings: RatingsConfig,
    /// Which of them are held out.
    pub split: SplitConfig,
    /// The network.
    pub model: ModelConfig,
    /// What the network is shown.
    pub input: InputConfig,
    /// What training makes small: how far predictions are from ratings.
    #[serde(default)]
    pub objective: ObjectiveConfig,
    /// What training makes small besides.
    #[serde(default)]
    pub penalty: PenaltyConfig,
    /// How it is trained.
    #[serde(default)]
    pub train: TrainConfig,
    /// What is measured.
    #[serde(default)]
    pub evaluation: EvaluationConfig,
    /// How charts are drawn; changes no number.
    #[serde(default)]
    pub report: ReportConfig,
    /// Numbers of others, drawn and printed beside ours.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reference: BTreeMap<String, Reference>,
    /// What it claims of its results, for `hourglass check`; changes no number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Claim>,
    /// What is varied.
    #[serde(default, skip_serializing_if = "SweepSpec::is_empty")]
    pub sweep: SweepSpec,
}

/// `[input]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputConfig {
    /// What a row of the network's input is: `"users"` (U-AutoRec) or `"items"` (I-AutoRec). There is no default, because
    /// the two give different numbers.
    pub rows: Axis,
    /// What stands for an unobserved rating.
    #[serde(default)]
    pub fill: FillConfig,
    /// What the scale of the ratings is mapped to, for networks whose outputs are bounded; without it, itself. All that follows is
    /// in these units: fill, noise, loss. Metrics are not: predictions are mapped back before they are measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Scale>,
    /// How long the rows are that are shown.
    #[serde(default)]
    pub scale: RowScale,
    /// Corruptions, in order.
    #[serde(default)]
    pub noise: Vec<NoiseConfig>,
    /// What outputs are compared with in training.
    #[serde(default)]
    pub target: Target,
    /// What is known besides ratings.
    #[serde(default)]
    pub side_info: SideInfoConfig,
    /// A text of each row, for a model that reads texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextConfig>,
    /// Which rows belong together, for a model that learns each group by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsConfig>,
}

/// `[report]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Epochs left out at the left of charts, where the first ones would flatten the rest.
    pub skip_epochs: usize,
    /// Whether the test of a trial leaves tables of how ratings, predictions and errors are distributed, in counts, which the charts
    /// of them are drawn from.
    pub test_tables: bool,
    /// Whether the test of a trial leaves how far off it was for each user, so that runs can be compared user by user.
    pub user_errors: bool,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self { skip_epochs: 0, test_tables: true, user_errors: true }
    }
}

/// `[reference]`: a published number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The number.
    #[serde(deserialize_with = "finite")]
    pub value: f64,
    /// Whose it is.
    pub source: String,
}

fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() { Ok(value) } else { Err(D::Error::custom(format!("{value}, expected a finite number"))) }
}

/// At least one seed, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct Seeds(Vec<u32>);

impl Seeds {
    /// One seed alone, as in a trial.
    pub fn only(seed: u32) -> Self {
        Self(vec![seed])
    }

    /// All of them.
    pub fn list(&self) -> &[u32] {
        &self.0
    }
}

fn one_seed() -> Seeds {
    Seeds::only(1)
}

impl From<Seeds> for Vec<u32> {
    fn from(seeds: Seeds) -> Self {
        seeds.0
    }
}

impl TryFrom<Vec<u32>> for Seeds {
    type Error = String;

    fn try_from(seeds: Vec<u32>) -> Result<Self, String> {
        let mut sorted = seeds.clone();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            _ if seeds.is_empty() => Err("no seed; expected at least one, for example seeds = [1]".to_owned()),
            Some(pair) => Err(format!("seed {} is listed twice; list it once", pair[0])),
            None => Ok(Self(seeds)),
        }
    }
}

impl Spec {
    /// Reads an experiment file, then applies `--set` assignments.
    ///
    /// # Errors
    /// With file, line, column, the offending value and what is accepted.
    pub fn read(path: &Path, assignments: &[Assignment]) -> Result<Self> {
        ExperimentFile::open(path)?.spec.with(assignments)
    }

    /// Applies `--set` assignments.
    ///
    /// # Errors
    /// Names the assignment that is wrong.
    pub fn with(self, assignments: &[Assignment]) -> Result<Self> {
        let mut table = self.to_table();
        let mut spec = self;
        for assignment in assignments {
            assignment.apply(&mut table).with_context(|| format!("in --set {assignment}"))?;
            spec = Self::from_table(&table).with_context(|| format!("in --set {assignment}"))?;
        }
        Ok(spec)
    }

    /// Whether what its model gives an item is a rating, and not only higher for what is liked more.
    pub fn predicts_ratings(&self) -> bool {
        self.model.baseline().is_none_or(Baseline::predicts_ratings)
            && self.objective.predicts_ratings()
            && self.ratings.implicit.is_none()
    }

    /// Reads the text of an experiment file.
    ///
    /// # Errors
    /// With line, column, the offending value and what is accepted.
    pub fn parse(text: &str) -> Result<Self> {
        experiment_file::parse("experiment", text)
    }

    /// Everything resolved, as a table: every default is filled in.
    pub fn to_table(&self) -> toml::Table {
        toml::Table::try_from(self).expect("an experiment that was read can be written")
    }

    /// The way back from [`Self::to_table`].
    ///
    /// # Errors
    /// Names the path of the offending key.
    pub fn from_table(table: &toml::Table) -> Result<Self> {
        serde_path_to_error::deserialize(table.clone()).map_err(|error| config_error::at_path(&error))
    }
}
