//! The sparse engine: the same training as the [dense](super::dense) one, on processors, at a cost that grows with the observed
//! entries.
//!
//! The two boundary layers are computed by hand. Of the first, a batch reads the weight rows of its observed columns
//! ([`encode`]); of the last, it computes the outputs that the objective compares ([`decode`]). Their gradients are never
//! written out: each weight row's is summed up and at once used by the optimizer ([`update`]). The body between them,
//! objectives and penalties are the tensors and the autograd of the dense engine.
//!
//! Threads share out rows of the batch, or rows of weights; each number is summed up by one of them in a fixed order, so that
//! no bit depends on how many there are.

mod batch;
mod decode;
mod descent;
mod encode;
mod memory;
mod penalty;
mod predict;
mod rule;
mod team;
mod update;
mod vector;

use hourglass_models::{Boundary, Model, Parameter};
use tch::Tensor;

use self::batch::{Columns, Input, Rows};
use self::descent::Descent;
use self::memory::{numbers, numbers_mut};
use self::rule::Rule;
use self::team::{OneTensorThread, Team};
use self::update::{FillLesson, Lesson, Matrix, Which};
use self::vector::Vector;
use crate::noise::Phase;
use crate::optimizer::Evaluated;
use crate::schedule::Time;
use crate::state::State;
use crate::step::{Measured, Moment, refuse_non_finite};
use crate::{Error, Task};

/// Rows of weights wait for their steps where a batch has entries in a smaller share of them than this: whoever waits is read and
/// written twice when its turn comes.
const SHARE_THAT_WAITS: f64 = 0.4;

/// Who computes, and with what instructions.
#[derive(Debug)]
pub(crate) struct Compute {
    team: Team,
    vector: Vector,
}

impl Compute {
    pub(crate) fn new() -> Self {
        Self { team: Team::new(), vector: Vector::detect() }
    }
}

/// The engine while it trains.
pub(crate) struct Sparse {
    compute: Compute,
    places: Places,
    /// The rules of the steps since all rows were last brought up to date.
    rules: Vec<Rule>,
    /// How many of them each row of the encoder's and of the decoder's weights has behind it.
    done: [Vec<u32>; 2],
}

/// Where the boundary layers' tensors are among the parameters: the encoder's, then the decoder's.
struct Places {
    weights: [usize; 2],
    biases: [usize; 2],
}

impl Places {
    fn of(model: &dyn Model) -> Self {
        let parameters = model.parameters();
        let place = |tensor: &Tensor| {
            let is_it = |parameter: &Parameter| parameter.tensor.data_ptr() == tensor.data_ptr();
            parameters.iter().position(is_it).expect("plain boundaries are parameters")
        };
        let layers = boundaries(model);
        Self {
            weights: layers.each_ref().map(|layer| place(&layer.weight)),
            biases: layers.each_ref().map(|layer| place(&layer.bias)),
        }
    }
}

fn boundaries(model: &dyn Model) -> [Boundary; 2] {
    [model.encoder(), model.decoder()].map(|layer| layer.expect("a network with plain boundaries has both"))
}

/// A batch at both ends of the network.
struct Batch<'a> {
    input: Input<'a>,
    /// Of the input, side information included.
    shown: Columns,
    targets: Rows,
    /// Of the targets; nothing, where they are those of the input.
    asked: Option<Columns>,
}

impl<'a> Batch<'a> {
    fn of(task: &Task<'a>, rows: &[u32], phase: Phase) -> Self {
        let ratings = &task.inputs.ratings;
        let input = Input::of(task.inputs, rows, &task.noise(), phase);
        let shown = Columns::of(&input.entries, task.inputs.width());
        let targets = Rows::of(ratings, rows);
        let asked = task.inputs.side.is_some().then(|| Columns::of(&targets, ratings.columns()));
        Self { input, shown, targets, asked }
    }

    fn asked(&self) -> &Columns {
        self.asked.as_ref().unwrap_or(&self.shown)
    }
}

impl Sparse {
    pub(crate) fn start(task: &Task<'_>, state: &State) -> Self {
        let dims = task.dims();
        let done = [dims.inputs, dims.outputs].map(|rows| vec![0; rows as usize]);
        Self { compute: Compute::new(), places: Places::of(state.model.as_ref()), rules: Vec::new(), done }
    }

    /// Learns from one batch of rows, and returns the parts of its loss.
    pub(crate) fn step(
        &mut self,
        task: &Task<'_>,
        state: &mut State,
        moment: Moment<'_>,
        rows: &[u32],
    ) -> Result<Vec<Measured>, Error> {
        let _tensors = OneTensorThread::new();
        let batch = Batch::of(task, rows, Phase::Train(moment.epoch));
        let touched = [&batch.shown.touched[..], &batch.asked().touched];
        self.catch_up(state, touched.map(Which::These));
        let mut descent = self.compute.descend(task, state.model.as_ref(), &self.places, moment, rows, &batch);
        let parameters = state.model.parameters();
        let mut parts = descent.loss.measured();
        self.compute.add_penalty(task, &parameters, &self.places, &mut parts);
        let loss = parts.iter().map(|part| part.value).sum();
        refuse_non_finite(loss, &extremes(&[&descent.of_first, &descent.of_sums]), moment, rows)?;
        let time = Time { epochs: moment.epochs(), total: task.train.epochs };
        let lr_factor = task.train.schedule.factor(time, &state.plateau);
        let here = Evaluated { loss, gradients: std::mem::take(&mut descent.gradients) };
        let mut again = || unreachable!("no optimizer of this engine looks twice");
        state.optimizer.step(lr_factor, &parameters, here, &mut again)?;
        self.rules.push(Rule::of(&task.train.optimizer, state.optimizer.steps(), lr_factor));
        self.learn(task, state, &batch, &descent);
        Ok(parts)
    }

    /// Makes up for all steps that rows have missed.
    pub(crate) fn settle(&mut self, state: &mut State) {
        self.catch_up(state, [Which::All; 2]);
        self.rules.clear();
        self.done.iter_mut().for_each(|done| done.fill(0));
    }

    fn catch_up(&mut self, state: &State, which: [Which<'_>; 2]) {
        for ((place, done), which) in self.places.weights.into_iter().zip(&mut self.done).zip(which) {
            with_matrix(state, place, done, |matrix, _| self.compute.catch_up(matrix, which, &self.rules));
        }
    }

    /// Changes the boundary layers' weights.
    fn learn(&mut self, task: &Task<'_>, state: &State, batch: &Batch<'_>, descent: &Descent) {
        let (compute, rules) = (&self.compute, &self.rules[..]);
        let (vectors, last) = (numbers(&descent.of_first), numbers(&descent.last));
        let fill = batch.input.fill.as_ref().map(|fill| FillLesson::of(compute.vector, fill, vectors));
        let factors = [&batch.input.entries.values[..], numbers(&descent.of_sums)];
        let lessons = [
            Lesson { columns: &batch.shown, factors: batch.shown.sorted(factors[0]), vectors, fill },
            Lesson { columns: batch.asked(), factors: batch.asked().sorted(factors[1]), vectors: last, fill: None },
        ];
        for ((place, done), lesson) in self.places.weights.into_iter().zip(&mut self.done).zip(lessons) {
            with_matrix(state, place, done, |matrix, weight| {
                let l2 = task.penalty.l2.as_ref();
                let which = which(&lesson, matrix.done.len(), l2.is_some());
                // λ Σ W² has the gradient 2 λ W.
                let penalty = 2.0 * l2.map_or(0.0, |l2| l2.factor(weight.part)) as f32;
                compute.learn(matrix, which, rules, &lesson, penalty);
            });
        }
    }
}

/// Which rows take part in a step; the others wait. A penalty on squared weights is told in every step, and needs them all.
fn which<'a>(lesson: &Lesson<'a>, rows: usize, penalised: bool) -> Which<'a> {
    let touched = &lesson.columns.touched[..];
    let few = (touched.len() as f64) < SHARE_THAT_WAITS * rows as f64;
    if few && lesson.fill.is_none() && !penalised { Which::These(touched) } else { Which::All }
}

/// Lends the weights at this place, and what is kept for them.
fn with_matrix(state: &State, place: usize, done: &mut [u32], work: impl FnOnce(Matrix<'_>, &Parameter)) {
    let parameter = state.model.parameters().swap_remove(place);
    let (mut weight, mut kept) = (parameter.tensor.shallow_clone(), state.optimizer.kept(place));
    let width = weight.size()[1] as usize;
    let (weights, kept) = (numbers_mut(&mut weight), kept.iter_mut().map(numbers_mut).collect());
    work(Matrix { weights, kept, done, width }, &parameter);
}

/// The lowest and the highest number of each tensor.
fn extremes(tensors: &[&Tensor]) -> Vec<f64> {
    let filled = tensors.iter().filter(|tensor| tensor.numel() > 0);
    let of = |tensor: &&Tensor| <[Tensor; 2]>::from(tensor.aminmax(None, false)).map(|number| number.double_value(&[]));
    filled.flat_map(of).collect()
}
