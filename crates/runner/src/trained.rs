//! A finished trial, taken up again: its setting, its data, and the network with the weights that were kept.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use hourglass_data::{Axis, Catalogue, Dataset};
use hourglass_models::Model;
use hourglass_report::{Layout, RunRecord, TrialFolder};
use hourglass_train::{Inputs, Learner, ModelConfig, Task, checkpoint, evaluate};
use tch::{Device, Tensor};

use crate::blend::ByMembers;
use crate::cli;
use crate::execute::record_before;
use crate::places;
use crate::prepare::{DataCache, Prepared};
use crate::spec::Spec;
use crate::trial_record::data_record;

/// A trained model and everything that it was trained with.
pub struct Trained {
    /// Where it lies.
    pub folder: TrialFolder,
    /// Its `run.json`.
    pub record: RunRecord,
    /// Its `trial.toml`.
    pub config: Spec,
    /// The ratings, split as they were.
    pub data: Dataset,
    /// The same, laid out for the network.
    pub prepared: Prepared,
    /// With the weights of the selected epoch.
    pub model: Learner,
    device: Device,
}

/// A code for each row that the network is shown something of.
pub struct Codes {
    /// Which rows: their places in the catalogue.
    pub rows: Vec<u32>,
    /// How many ratings of each are shown.
    pub shown: Vec<u32>,
    /// `[rows × width]`, row by row.
    pub values: Vec<f32>,
    /// Units of the code.
    pub width: usize,
}

impl Trained {
    /// Takes up the trial that the command line names.
    ///
    /// # Errors
    /// When it is not there, not finished, its data has changed, or its weights do not fit.
    pub fn open(trial: &cli::Trial) -> Result<Self> {
        let folder = places::one_run(trial.run.name(), trial.only.as_deref(), &trial.results.root)?;
        Self::of(&folder, trial.device.open()?)
    }

    /// Takes up the trial in this folder.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of(folder: &Path, device: Device) -> Result<Self> {
        let folder = folder.canonicalize().with_context(|| format!("cannot open {}", folder.display()))?;
        let folder = in_its_experiment(&folder);
        let record = record_before(&folder)?.ok_or_else(|| no_trial(folder.folder()))?;
        let results = folder.folder().parent().and_then(Path::parent).unwrap_or(Path::new("."));
        ensure!(
            record.is_finished(),
            "trial {} is {}, not finished; run it to its end: hourglass run {} --results {}",
            record.trial,
            record.outcome.name(),
            folder.trial_toml().display(),
            results.display(),
        );
        let config = Spec::read(&folder.trial_toml(), &[])?;
        let data = DataCache::beside(results).load(&config)?.clone();
        ensure!(
            data_record(&data) == record.data,
            "the data has changed since trial {} was trained ({} then, {} now); restore it, or delete {} and run it again",
            record.trial,
            record.data.fingerprint,
            data.fingerprint,
            folder.folder().display(),
        );
        // The last digits of a product depend on the number of threads.
        tch::set_num_threads(i32::try_from(record.environment.threads).unwrap_or(1));
        let mut prepared = Prepared::new(&config, &data)?;
        if let ModelConfig::Blend(blend) = &config.model {
            prepared = prepared.with_members(ByMembers::of(blend, &config, &data, results, device)?);
        }
        let model = checkpoint::load_weights(&folder.weights(), &prepared.task(&config, &data, device)?)?;
        Ok(Self { folder, record, config, data, prepared, model, device })
    }

    /// The training that it came from.
    ///
    /// # Errors
    /// When parts of the setting do not go together, which they did when it was trained.
    pub fn task(&self) -> Result<Task<'_>> {
        self.prepared.task(&self.config, &self.data, self.device)
    }

    /// The network.
    ///
    /// # Errors
    /// When the model is a baseline, which has neither layers nor a code.
    pub fn network(&self) -> Result<&dyn Model> {
        self.model.network().ok_or_else(|| {
            anyhow!(
                "trial {} is of [model.{}], a baseline, which has no layers and no code; name a trial of a network",
                self.record.trial,
                self.config.model.name()
            )
        })
    }

    /// What its rows are: users or items.
    pub fn rows(&self) -> &Catalogue {
        match self.config.input.rows {
            Axis::Users => &self.data.users,
            Axis::Items => &self.data.items,
        }
    }

    /// What the columns of its ratings are: items or users.
    pub fn columns(&self) -> &Catalogue {
        match self.config.input.rows {
            Axis::Users => &self.data.items,
            Axis::Items => &self.data.users,
        }
    }

    /// A row in the singular, for people and for the headers of tables.
    pub fn row_name(&self) -> &'static str {
        match self.config.input.rows {
            Axis::Users => "user",
            Axis::Items => "item",
        }
    }

    /// What the network is shown when it is asked for the ratings of a part.
    ///
    /// # Errors
    /// As [`task`](Self::task).
    pub fn shown(&self, part: cli::Part) -> Result<&Inputs> {
        Ok(match part {
            cli::Part::Train => self.task()?.inputs,
            cli::Part::Validation => self.task()?.validation.inputs,
            cli::Part::Test => self.prepared.test().inputs,
        })
    }

    /// The codes of the rows that have a rating in what is shown.
    ///
    /// # Errors
    /// When there is no such row.
    pub fn codes(&self, part: cli::Part) -> Result<Codes> {
        let inputs = self.shown(part)?;
        let rows = known_rows(inputs)?;
        let all = evaluate::codes(&self.task()?, self.network()?, inputs);
        let wanted: Vec<i64> = rows.iter().copied().map(i64::from).collect();
        let codes = all.index_select(0, &Tensor::from_slice(&wanted));
        let shown = rows.iter().map(|&row| inputs.ratings.row(row as usize).len() as u32).collect();
        let values = Vec::try_from(codes.reshape(-1)).context("cannot read the codes")?;
        Ok(Codes { shown, values, width: codes.size()[1] as usize, rows })
    }

    /// `demo · trial 3fa2c1d0 · seed 1 · epoch 7 of 20 (validation.rmse)`, for the subtitles of pictures: weights that were kept
    /// early show what they had learned by then.
    pub fn line(&self) -> String {
        let RunRecord { experiment, trial, seed, outcome, .. } = &self.record;
        let kept = outcome.finished().map(|finished| {
            format!(" · epoch {} of {} ({})", finished.selected_epoch, finished.epochs, finished.selected_by)
        });
        format!("{experiment} · trial {trial} · seed {seed}{}", kept.unwrap_or_default())
    }
}

/// The rows that have a rating or a text: of the others no code tells anything.
///
/// # Errors
/// When there are none, of a model that reads no texts.
fn known_rows(inputs: &Inputs) -> Result<Vec<u32>> {
    let Some(texts) = &inputs.texts else { return rated_rows(inputs) };
    let known = |row: usize| !inputs.ratings.row(row).is_empty() || texts.has(row);
    Ok((0..inputs.ratings.rows() as u32).filter(|&row| known(row as usize)).collect())
}

/// The rows that have a rating.
///
/// # Errors
/// When there are none.
pub fn rated_rows(inputs: &Inputs) -> Result<Vec<u32>> {
    let rated = |row: &u32| !inputs.ratings.row(*row as usize).is_empty();
    let rows: Vec<u32> = (0..inputs.ratings.rows() as u32).filter(rated).collect();
    ensure!(!rows.is_empty(), "no row has a rating in this part of the split; use another --part");
    Ok(rows)
}

/// `results/<experiment>/<id>` as a trial of its experiment.
pub fn in_its_experiment(path: &Path) -> TrialFolder {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Layout::new(path.parent().unwrap_or(path)).trial(&name)
}

fn no_trial(folder: &Path) -> anyhow::Error {
    anyhow!(
        "{} is not the folder of a trial: it has no run.json; expected results/<experiment>/<id>, or an experiment file",
        folder.display()
    )
}
