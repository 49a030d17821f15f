//! Layer-wise pre-training of an autoencoder: every pair of layers by itself, from the outside in, before all are trained
//! together. It belongs to the weights that a training starts from: a run that is killed meanwhile begins it again, and ends
//! in the same bits.

mod machine;
pub mod rbm;
pub mod stacked;

use hourglass_data::Csr;
use hourglass_models::{Activation, Mode, Model, autoencoder};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::engine::dense;
use crate::epoch::trainable_rows;
use crate::event::{Event, Flow, Observer};
use crate::inputs::{Fill, RowScale};
use crate::noise::Phase;
use crate::{Error, Inputs, Learner, ModelConfig, Task};

/// How the layers are pre-trained, as written in `train.pretrain`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PretrainConfig {
    /// Each as an autoencoder of one hidden layer.
    Stacked(stacked::Config),
    /// Each as a restricted Boltzmann machine.
    Rbm(rbm::Config),
}

impl PretrainConfig {
    /// Passes over the rows for each pair of layers.
    fn epochs(&self) -> usize {
        match self {
            Self::Stacked(config) => config.epochs.get(),
            Self::Rbm(config) => config.epochs.get(),
        }
    }
}

/// What pre-training takes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Work {
    /// Floating-point operations.
    pub operations: f64,
    /// Steps.
    pub steps: usize,
}

/// What pre-training of this task takes; nothing where there is none.
pub fn work(task: &Task<'_>) -> Work {
    let (ModelConfig::Autoencoder(config), Some(pretrain)) = (task.model, &task.train.pretrain) else {
        return Work::default();
    };
    let widths = &config.layers.widths()[..=config.layers.middle()];
    let rows = trainable_rows(&task.inputs.ratings).len();
    let dims = task.dims();
    let outer = (dims.inputs + dims.outputs) * widths[0];
    let weights = outer + widths.windows(2).map(|pair| 2 * pair[0] * pair[1]).sum::<i64>();
    // A multiplication and an addition in three products with each weight of a pair. A machine has five with its one matrix.
    let of_epoch = 6.0 * weights as f64 * rows as f64;
    let steps = widths.len() * pretrain.epochs() * rows.div_ceil(task.train.batch.get());
    Work { operations: of_epoch * pretrain.epochs() as f64, steps }
}

/// What pre-training gives one pair of layers, the one towards the code and the one back.
struct Pair {
    /// `[inputs, hidden]`.
    encoder: Tensor,
    /// `[hidden]`.
    encoder_bias: Tensor,
    /// `[outputs, hidden]`.
    decoder: Tensor,
    /// `[outputs]`.
    decoder_bias: Tensor,
}

/// Puts pre-trained weights into a fresh network, where the task asks for them.
///
/// # Errors
/// When a loss is not finite, or the observer fails.
pub(crate) fn pretrain(task: &Task<'_>, model: &Learner, observe: Observer<'_>) -> Result<Flow, Error> {
    let (ModelConfig::Autoencoder(config), Some(pretrain)) = (task.model, &task.train.pretrain) else {
        return Ok(Flow::Continue);
    };
    let mut progress = Progress { done: 0, all: work(task).steps, flow: Flow::Continue, observe };
    let mut codes: Option<Inputs> = None;
    for layer in 0..=config.layers.middle() {
        let shown = codes.as_ref().unwrap_or(task.inputs);
        let trained = match pretrain {
            PretrainConfig::Stacked(stacked) => stacked.layer(task, config, layer, shown, &mut progress),
            PretrainConfig::Rbm(rbm) => rbm.layer(task, config, layer, shown, &mut progress),
        };
        let Some((pair, next)) = trained? else { return Ok(Flow::Stop) };
        unroll(model, &pair, layer, config.layers.widths().len());
        codes = Some(next);
    }
    Ok(Flow::Continue)
}

/// Counts the batches of all layers as those of an epoch 0.
struct Progress<'a> {
    done: usize,
    all: usize,
    flow: Flow,
    observe: Observer<'a>,
}

impl Progress<'_> {
    fn batch(&mut self) -> Result<Flow, Error> {
        self.done += 1;
        if (self.observe)(Event::Batch { epoch: 0, batch: self.done, batches: self.all })? == Flow::Stop {
            self.flow = Flow::Stop;
        }
        Ok(Flow::Continue)
    }
}

/// Copies the layers that a pair stands for; the decoder's lie in reverse behind the code. Tied decoders have no weights.
fn unroll(model: &Learner, pair: &Pair, layer: usize, layers: usize) {
    let (encoder, decoder) = match layer {
        0 => ("encoder".to_owned(), "decoder".to_owned()),
        _ => (format!("hidden.{}", layer - 1), format!("hidden.{}", layers - 1 - layer)),
    };
    // A boundary layer stores its inputs first, a layer of the body its outputs.
    let towards = if layer == 0 { pair.encoder.shallow_clone() } else { pair.encoder.transpose(0, 1) };
    for (name, mut weight) in model.weights() {
        let source = match name.rsplit_once('.') {
            Some((of, "weight")) if of == encoder => &towards,
            Some((of, "bias")) if of == encoder => &pair.encoder_bias,
            Some((of, "weight")) if of == decoder => &pair.decoder,
            Some((of, "bias")) if of == decoder => &pair.decoder_bias,
            _ => continue,
        };
        weight.copy_(source);
    }
}

/// The codes of the rows that are learned from, as the ratings of the next pair: without noise, all of them observed.
fn codes(ratings: &Csr, width: i64, of_rows: impl Fn(&[u32]) -> Tensor) -> Inputs {
    const ROWS: usize = 512;
    let mut entries = Vec::with_capacity(ratings.rows() * width as usize);
    for rows in trainable_rows(ratings).chunks(ROWS) {
        let values = Vec::<f32>::try_from(tch::no_grad(|| of_rows(rows)).reshape(-1)).expect("a list of numbers");
        for (&row, values) in rows.iter().zip(values.chunks(width as usize)) {
            entries.extend((0..).zip(values).map(|(column, &value)| (row, column, value)));
        }
    }
    let ratings = Csr::from_entries(ratings.rows(), width as usize, entries.into_iter());
    let fill = Fill { row: vec![0.0; ratings.rows()], column: None };
    Inputs { ratings, fill, side: None, scale: RowScale::None, groups: None, texts: None, numbers: None }
}

/// A network's code for some rows of what it is shown.
fn code(task: &Task<'_>, model: &dyn Model, rows: &[u32]) -> Tensor {
    dense::forward(task, model, task.inputs, rows, Phase::Evaluate, &mut Mode::Evaluate).pass.code.to_kind(Kind::Float)
}

/// After the hidden layer of a pair.
fn activation(config: &autoencoder::Config, layer: usize) -> Activation {
    match config.code_activation {
        Some(of_code) if layer == config.layers.middle() => of_code,
        _ => config.activation,
    }
}

/// Checks that there are pairs of layers to pre-train.
///
/// # Errors
/// Names the key, why it does not fit, and what would.
pub(crate) fn check(task: &Task<'_>) -> Result<(), String> {
    let Some(pretrain) = &task.train.pretrain else { return Ok(()) };
    let ModelConfig::Autoencoder(config) = task.model else {
        return Err(
            "train.pretrain trains pairs of layers, which [model.autoencoder] alone has; leave train.pretrain out"
                .to_owned(),
        );
    };
    let widths = config.layers.widths();
    if !widths.iter().eq(widths.iter().rev()) {
        return Err(format!(
            "train.pretrain trains pairs of layers of the same width, but model.autoencoder.layers = {widths:?} is not symmetric; \
             make it so, as in [500, 100, 500], or leave train.pretrain out"
        ));
    }
    if config.normalisation.is_some() {
        return Err("train.pretrain trains pairs of layers by themselves, from which model.autoencoder.normalisation would take \
                    nothing over; leave one of them out"
            .to_owned());
    }
    match pretrain {
        PretrainConfig::Stacked(_) => Ok(()),
        PretrainConfig::Rbm(_) => rbm::check(task, config),
    }
}
