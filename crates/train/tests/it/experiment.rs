//! A small training to vary: everything a [`Task`] borrows, and what came of it.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use hourglass_data::{Axis, Csr, FillConfig, Scale, Texts};
use hourglass_models::range::{NonNegative, Positive, Rate};
use hourglass_models::{Activation, autoencoder};
use hourglass_train::inputs::{HeldOut, RowGroups, RowScale, Target, held_out};
use hourglass_train::optimizer::adam;
use hourglass_train::penalty::l2;
use hourglass_train::state::State;
use hourglass_train::{
    EpochReport, Error, EvaluationConfig, Event, Flow, Inputs, Levels, Metric, ModelConfig, NoiseConfig,
    ObjectiveConfig, OptimizerConfig, Outcome, PenaltyConfig, Selection, Task, TrainConfig, fit,
};
use tch::{Device, Tensor};

/// What tests measure.
pub(crate) const METRICS: [Metric; 3] = [Metric::MAE, Metric::RMSE, Metric::USER_RMSE];

/// A cell of a [`table`] that holds no rating.
pub(crate) const NONE: f32 = f32::NAN;

/// A matrix as it is written.
pub(crate) fn table<const COLUMNS: usize>(rows: &[[f32; COLUMNS]]) -> Csr {
    let cells = (0..).zip(rows).flat_map(|(r, row)| (0..).zip(row).map(move |(c, &value)| (r, c, value)));
    Csr::from_entries(rows.len(), COLUMNS, cells.filter(|(_, _, value)| !value.is_nan()))
}

/// Texts of so many tokens each, whose numbers are below 9.
pub(crate) fn texts<const LENGTH: usize>(numbers: &[[u32; LENGTH]]) -> Texts {
    let vocabulary = ["a", "b", "c", "d", "e", "f", "g"].map(str::to_owned).to_vec();
    Texts { numbers: numbers.concat(), length: LENGTH, vocabulary }
}

/// What a training is given; ratings have rows of users whatever the network's rows are.
#[derive(Debug, Clone)]
pub(crate) struct Experiment {
    pub(crate) ratings: Csr,
    pub(crate) validation: Csr,
    /// `[rows of the network, width]`.
    pub(crate) side: Csr,
    /// Of the rows of the network.
    pub(crate) groups: Option<RowGroups>,
    /// Of the rows of the network.
    pub(crate) texts: Option<Texts>,
    pub(crate) rows: Axis,
    pub(crate) fill: FillConfig,
    pub(crate) scale: RowScale,
    pub(crate) range: Option<Scale>,
    pub(crate) target: Target,
    pub(crate) noise: Vec<NoiseConfig>,
    pub(crate) model: ModelConfig,
    pub(crate) objective: ObjectiveConfig,
    pub(crate) penalty: PenaltyConfig,
    pub(crate) train: TrainConfig,
    pub(crate) evaluation: EvaluationConfig,
    /// Of the tensor library, and so of the engine.
    pub(crate) threads: i32,
}

/// The number of threads belongs to the whole process, and the last digits of products depend on it: trainings with one thread
/// go on together, any other goes on alone.
static THREADS: RwLock<()> = RwLock::new(());

/// What came of a training.
pub(crate) struct Trained {
    pub(crate) reports: Vec<EpochReport>,
    pub(crate) weights: Vec<(String, Tensor)>,
    pub(crate) selected_epoch: usize,
}

impl Experiment {
    /// Three epochs of a small AutoRec without anything optional; the last epoch is kept.
    pub(crate) fn new(ratings: Csr) -> Self {
        let nothing = Csr::from_entries(ratings.rows(), ratings.columns(), [].into_iter());
        Self {
            validation: nothing,
            side: Csr::empty(ratings.rows(), 0),
            groups: None,
            texts: None,
            ratings,
            rows: Axis::Users,
            fill: FillConfig::Zero,
            scale: RowScale::None,
            range: None,
            target: Target::Clean,
            noise: Vec::new(),
            model: model(&[4], Activation::Sigmoid, Activation::Linear),
            objective: ObjectiveConfig::default(),
            penalty: PenaltyConfig::default(),
            train: TrainConfig { selection: Selection::Last, optimizer: adam(0.01), ..training(3, 2) },
            evaluation: EvaluationConfig {
                metrics: METRICS.to_vec().try_into().unwrap(),
                clip: false,
                ..EvaluationConfig::default()
            },
            threads: 1,
        }
    }

    /// Calls `use_task` with the task that this experiment describes.
    pub(crate) fn with_task<T>(&self, use_task: impl FnOnce(&Task<'_>) -> T) -> T {
        let inputs = Inputs::new(&self.ratings, self.fill.fit(&self.ratings), &self.side, self.rows).scaled(self.scale);
        let inputs = Inputs { groups: self.groups.clone(), texts: self.texts.clone(), ..inputs };
        use_task(&Task {
            inputs: &inputs,
            members: hourglass_train::OfMembers::default(),
            context: hourglass_train::Context::default(),
            validation: HeldOut { inputs: &inputs, ratings: &held_out(&self.validation, self.rows), by_members: &[] },
            rows: self.rows,
            scale: Scale { minimum: 1.0, maximum: 5.0 },
            levels: &Levels::of(&self.ratings),
            range: self.range,
            model: &self.model,
            noise: &self.noise,
            target: self.target,
            objective: &self.objective,
            penalty: &self.penalty,
            train: &self.train,
            evaluation: &self.evaluation,
            seed: 7,
            device: Device::Cpu,
        })
    }

    /// Trains to the end.
    pub(crate) fn train(&self) -> Trained {
        self.train_from(None)
    }

    /// Goes on from a checkpoint to the end.
    pub(crate) fn train_from(&self, resume: Option<&Path>) -> Trained {
        let mut reports = Vec::new();
        let outcome = self.fit(resume, |report, _| {
            reports.push(report.clone());
            Flow::Continue
        });
        let fitted = match outcome {
            Ok(Outcome::Finished(fitted)) => fitted,
            Ok(Outcome::Interrupted { epoch }) => panic!("the training was interrupted after epoch {epoch}"),
            Err(error) => panic!("the training failed: {error}"),
        };
        Trained { reports, weights: fitted.model.weights(), selected_epoch: fitted.selected_epoch }
    }

    /// Trains, and asks after every epoch whether to go on.
    pub(crate) fn fit(
        &self,
        resume: Option<&Path>,
        mut after_epoch: impl FnMut(&EpochReport, &State) -> Flow,
    ) -> Result<Outcome, Error> {
        let _together = (self.threads == 1).then(|| THREADS.read().unwrap_or_else(PoisonError::into_inner));
        let _alone = (self.threads > 1).then(|| THREADS.write().unwrap_or_else(PoisonError::into_inner));
        tch::set_num_threads(self.threads);
        self.with_task(|task| {
            fit(task, resume, &mut |event| match event {
                Event::Batch { .. } => Ok(Flow::Continue),
                Event::Epoch { report, state } => Ok(after_epoch(report, state)),
            })
        })
    }
}

pub(crate) fn model(widths: &[i64], activation: Activation, output_activation: Activation) -> ModelConfig {
    ModelConfig::Autoencoder(network(widths, activation, output_activation))
}

pub(crate) fn network(widths: &[i64], activation: Activation, output_activation: Activation) -> autoencoder::Config {
    let layers = widths.to_vec().try_into().unwrap();
    autoencoder::Config { layers, activation, output_activation, ..autoencoder::Config::default() }
}

pub(crate) fn l2(factor: f64) -> PenaltyConfig {
    PenaltyConfig { l2: Some(l2::Config::new(NonNegative::try_from(factor).unwrap())), ..PenaltyConfig::default() }
}

pub(crate) fn adam(lr: f64) -> OptimizerConfig {
    OptimizerConfig::Adam(adam::Config { lr: Positive::try_from(lr).unwrap(), ..adam::Config::default() })
}

pub(crate) fn training(epochs: usize, batch: usize) -> TrainConfig {
    let count = |number| NonZeroUsize::new(number).unwrap();
    TrainConfig { epochs: count(epochs), batch: count(batch), ..TrainConfig::default() }
}

pub(crate) fn rate(share: f64) -> Rate {
    Rate::try_from(share).unwrap()
}

/// The same training with other settings, written as in experiments.
pub(crate) fn varied(experiment: &Experiment, settings: serde_json::Value) -> Experiment {
    let mut train = serde_json::to_value(&experiment.train).unwrap();
    let serde_json::Value::Object(settings) = settings else { panic!("{settings} is no table") };
    settings.into_iter().for_each(|(key, value)| train[key] = value);
    Experiment { train: serde_json::from_value(train).unwrap(), ..experiment.clone() }
}

/// Fails unless both hold the same names and, bit for bit, the same numbers.
pub(crate) fn assert_same_weights(left: &[(String, Tensor)], right: &[(String, Tensor)], what: &str) {
    assert_eq!(left.len(), right.len(), "{what}");
    for ((left_name, left), (right_name, right)) in left.iter().zip(right) {
        assert_eq!(left_name, right_name, "{what}");
        assert!(left.equal(right), "{what}: {left_name} differs");
    }
}
