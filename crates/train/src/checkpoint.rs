//! Weights and training state on disk, as safetensors, written so that a file is always whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hourglass_models::Model;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::early_stopping::Watch;
use crate::optimizer::Optimizer;
use crate::schedule::plateau;
use crate::state::State;
use crate::{Error, Learner, Task};

/// What a state holds besides tensors.
#[derive(Serialize, Deserialize)]
struct Progress {
    epoch: usize,
    steps: u64,
    /// Of the decoder's own optimizer.
    #[serde(default)]
    decoder_steps: u64,
    watch: Watch,
    plateau: plateau::Watched,
    stopped: bool,
}

/// The tensor that carries [`Progress`] as JSON text.
const PROGRESS: &str = "progress";
const SELECTED: &str = "selected.";
const GRADIENT: &str = "gradient.";

/// Writes everything needed to go on.
///
/// # Errors
/// When the file cannot be written; then the previous checkpoint is still whole.
pub fn save(path: &Path, state: &State) -> Result<(), Error> {
    let progress = Progress {
        epoch: state.epoch,
        steps: state.optimizer.steps(),
        decoder_steps: state.decoder_optimizer.as_ref().map_or(0, Optimizer::steps),
        watch: state.watch.clone(),
        plateau: state.plateau.clone(),
        stopped: state.stopped,
    };
    let text = serde_json::to_vec(&progress).expect("plain numbers always serialise");
    let mut tensors = state.model.weights();
    tensors.extend(state.optimizer_state());
    let selected = state.selected.iter().flatten();
    tensors.extend(selected.map(|(name, tensor)| (format!("{SELECTED}{name}"), tensor.shallow_clone())));
    let parameters = state.model.network().map_or_else(Vec::new, Model::parameters);
    let sums = parameters.into_iter().zip(&state.gradients);
    tensors.extend(sums.map(|(parameter, sum)| (format!("{GRADIENT}{}", parameter.name), sum.shallow_clone())));
    tensors.push((PROGRESS.to_owned(), Tensor::from_slice(&text)));
    write(path, &tensors)
}

/// Writes named tensors: to a file beside it first, then renamed, so that a crash leaves the old file or the new one.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, tensors: &[(String, Tensor)]) -> Result<(), Error> {
    let failed = |problem: String| Error::Write { path: path.to_owned(), problem };
    // Who has lost a trial without knowing it yet may write at the same time.
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.part", std::process::id()));
    let on_host: Vec<(&String, Tensor)> =
        tensors.iter().map(|(name, tensor)| (name, tensor.to_device(tch::Device::Cpu).contiguous())).collect();
    let written = Tensor::write_safetensors(&on_host, &temporary).map_err(|error| failed(error.to_string()));
    let synced = written.and_then(|()| {
        let synced = fs::File::open(&temporary).and_then(|file| file.sync_all());
        synced.and_then(|()| fs::rename(&temporary, path)).map_err(|error| failed(error.to_string()))
    });
    synced.inspect_err(|_| {
        // It may not have come into being; the first failure is the one to tell.
        let _ = fs::remove_file(&temporary);
    })
}

/// Reads what [`save`] wrote, for the same task.
///
/// # Errors
/// When the file is not there, is broken, or belongs to another network.
pub fn load(path: &Path, task: &Task<'_>) -> Result<State, Error> {
    let failed = |problem: String| Error::Checkpoint { path: path.to_owned(), problem };
    let stored = read(path, &failed)?;
    let progress = progress(&stored, &failed)?;
    let find = |name: &str| match stored.get(name) {
        Some(tensor) => Ok(tensor.shallow_clone()),
        None => Err(failed(format!("has no `{name}`"))),
    };
    let fitting = |name: &str, tensor: &Tensor| match find(name)? {
        stored if stored.size() == tensor.size() => Ok(stored.to_device(task.device)),
        stored => Err(failed(format!("`{name}` is {:?}, the model needs {:?}", stored.size(), tensor.size()))),
    };
    let mut state = State::start(task);
    let of_model = state.model.weights().into_iter().map(|(name, tensor)| Ok((name.clone(), fitting(&name, &tensor)?)));
    let of_model = of_model.collect::<Result<_, Error>>()?;
    state.model.set_weights(&of_model);
    let train = task.train;
    if task.selection().is_kept(progress.epoch, task.epochs(), progress.watch.best.is_some()) {
        let selected = state.model.weights().into_iter().map(|(name, tensor)| {
            let stored = fitting(&format!("{SELECTED}{name}"), &tensor)?;
            Ok((name, stored))
        });
        state.selected = Some(selected.collect::<Result<_, Error>>()?);
    }
    if train.gradient.is_kept_between_epochs() && progress.steps > 0 {
        let parameters = state.network().parameters();
        let sums =
            parameters.iter().map(|parameter| fitting(&format!("{GRADIENT}{}", parameter.name), &parameter.tensor));
        state.gradients = sums.collect::<Result<_, Error>>()?;
    }
    state.optimizer.restore(progress.steps, &fitting)?;
    if let Some(optimizer) = &mut state.decoder_optimizer {
        optimizer.restore(progress.decoder_steps, &fitting)?;
    }
    state.epoch = progress.epoch;
    state.watch = progress.watch;
    state.plateau = progress.plateau;
    state.stopped = progress.stopped;
    Ok(state)
}

/// Reads the weights that a finished training has left into the network of its task.
///
/// # Errors
/// When the file is not there, is broken, or holds the weights of another network.
pub fn load_weights(path: &Path, task: &Task<'_>) -> Result<Learner, Error> {
    let failed = |problem: String| Error::Weights { path: path.to_owned(), problem };
    let mut stored = read(path, &failed)?;
    let mut model = Learner::start(task);
    let mut weights = BTreeMap::new();
    for (name, tensor) in model.weights() {
        let found = stored.remove(&name).ok_or_else(|| failed(format!("has no `{name}`")))?;
        if found.size() != tensor.size() {
            return Err(failed(format!("`{name}` is {:?}, the model needs {:?}", found.size(), tensor.size())));
        }
        weights.insert(name, found.to_device(task.device));
    }
    model.set_weights(&weights);
    match stored.keys().next() {
        Some(name) => Err(failed(format!("holds `{name}`, which the model does not have"))),
        None => Ok(model),
    }
}

/// How many epochs a checkpoint has behind it.
///
/// # Errors
/// When the file is not there or is broken.
pub fn epochs_done(path: &Path) -> Result<usize, Error> {
    let failed = |problem: String| Error::Checkpoint { path: path.to_owned(), problem };
    Ok(progress(&read(path, &failed)?, &failed)?.epoch)
}

type Stored = BTreeMap<String, Tensor>;

fn read(path: &Path, failed: &impl Fn(String) -> Error) -> Result<Stored, Error> {
    let stored = Tensor::read_safetensors(path).map_err(|error| failed(error.to_string()))?;
    Ok(stored.into_iter().collect())
}

fn progress(stored: &Stored, failed: &impl Fn(String) -> Error) -> Result<Progress, Error> {
    let text = stored.get(PROGRESS).ok_or_else(|| failed(format!("has no `{PROGRESS}`")))?;
    let text = Vec::<u8>::try_from(text).map_err(|error| failed(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
}
