//! What checks look at: one resolved setting, the experiment that it is of, and its data where that could be read.

use hourglass_data::{Csr, Dataset};
use hourglass_train::Metric;
use toml::Value;

use crate::plan::Trial;
use crate::spec::Spec;
use crate::sweep::value_at;

/// One setting.
pub struct Setting<'a> {
    /// It, resolved.
    pub config: &'a Spec,
    /// The whole file, with its sweep and all seeds.
    pub experiment: &'a Spec,
    /// How many settings the sweep has.
    pub settings: usize,
    /// The data, if it could be read.
    pub data: Option<&'a Dataset>,
    table: Value,
    defaults: Value,
}

impl<'a> Setting<'a> {
    /// Of a trial.
    pub(super) fn new(experiment: &'a Spec, trial: &'a Trial, settings: usize, data: Option<&'a Dataset>) -> Self {
        let (table, defaults) = (Value::Table(trial.config.to_table()), Value::Table(experiment.to_table()));
        Self { config: &trial.config, experiment, settings, data, table, defaults }
    }

    /// What stands at a dotted path.
    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        value_at(&self.table, key)
    }

    /// The same as it is written, unless it is a table or a long list; all seeds, of which a setting has one.
    pub(super) fn written(&self, key: &str) -> Option<String> {
        const LONGEST: usize = 60;
        let table = if key == "seeds" { &self.defaults } else { &self.table };
        let value = value_at(table, key).filter(|value| !value.is_table())?.to_string();
        (value.len() <= LONGEST && !value.contains('\n')).then_some(value)
    }

    /// The path of the sweep that sets this here, and its value, if the file alone says something else.
    pub(super) fn swept<'t>(&self, trial: &'t Trial, key: &str) -> Option<(&'t str, &'t Value)> {
        let differs = value_at(&self.defaults, key) != self.value(key);
        let sets =
            |path: &str| key == path || key.starts_with(&format!("{path}.")) || path.starts_with(&format!("{key}."));
        let mut swept = trial.swept.iter().filter(|_| differs);
        swept.find(|(path, _)| sets(path)).map(|(path, value)| (path.as_str(), value))
    }

    /// Whether the sweep varies this path, or something below it, or what it is a part of.
    pub(super) fn varies(&self, key: &str) -> bool {
        let sets = |path: &&str| path.starts_with(key) || key.starts_with(&format!("{path}."));
        self.experiment.sweep.paths().iter().any(sets)
    }

    /// What is measured.
    pub(super) fn metrics(&self) -> &'a [Metric] {
        self.config.evaluation.metrics.list()
    }

    /// Whether an error of ratings is measured.
    pub(super) fn measures_ratings(&self) -> bool {
        self.metrics().iter().any(|metric| matches!(metric, Metric::Rating(_)))
    }

    /// Whether nothing is held out to choose by; where the data was not read, as far as the file tells.
    pub(super) fn has_no_validation(&self) -> bool {
        let share = |name: &str| self.value(&format!("split.{name}.validation")).and_then(Value::as_float);
        match self.data {
            Some(data) => data.split.validation.ratings.is_empty(),
            None => ["random", "temporal", "folds", "held-out-users", "masked"]
                .into_iter()
                .any(|name| share(name) == Some(0.0)),
        }
    }

    /// Whether the ratings are made up, or pixels.
    pub(super) fn is_made_up(&self) -> bool {
        ["synthetic", "uniform", "images"].iter().any(|source| self.value(&format!("data.{source}")).is_some())
    }

    /// Whether the ratings are events: who has met what, and not how it was liked.
    pub(super) fn is_implicit(&self) -> bool {
        match self.training_values() {
            Some([low, high]) => low == high,
            None => self.config.ratings.implicit.is_some(),
        }
    }

    /// The lowest and the highest training rating.
    pub(super) fn training_values(&self) -> Option<[f32; 2]> {
        let values = self.data?.split.train.entries().map(|(.., value)| value);
        values.fold(None, |range: Option<[f32; 2]>, value| match range {
            None => Some([value, value]),
            Some([low, high]) => Some([low.min(value), high.max(value)]),
        })
    }

    /// How much of the matrix is observed, from 0 to 1.
    pub(super) fn density(&self) -> Option<f64> {
        let data = self.data?;
        let parts = [&data.split.train, &data.split.validation.ratings, &data.split.test.ratings];
        let ratings: usize = parts.iter().map(|part| part.len()).sum();
        Some(ratings as f64 / (data.users.len() * data.items.len()).max(1) as f64)
    }
}

/// Which rows of a matrix have an entry.
pub(super) fn rated_rows(ratings: &Csr) -> Vec<bool> {
    (0..ratings.rows()).map(|row| !ratings.row(row).is_empty()).collect()
}

/// Which columns have one.
pub(super) fn rated_columns(ratings: &Csr) -> Vec<bool> {
    let mut rated = vec![false; ratings.columns()];
    ratings.entries().for_each(|(_, column, _)| rated[column as usize] = true);
    rated
}
