//! The sparse engine: the same training as the [dense](super::dense) one, on processors, at a cost that grows with the observed
//! entries.
//!
//! | where | what |
//! |---|---|
//! | [`batch`] | the entries of a batch by row and by column, and what the network is shown: fills, noise |
//! | [`network`] | its layers on a batch: the first from the weight rows of observed columns, the body by hand where it is a [stack](network::stack), the last where outputs are asked for |
//! | [`loss`] | what the objective says of outputs, at observed entries or of [all](loss::all_columns), and the gradient by all but the boundary weights ([`descent`](loss::descent)) |
//! | [`update`] | the step of the boundary weights: each row's [gradient](update::gradient) is summed up and at once used by the optimizer's [rule](update::rule), row by row ([`matrix`](update::matrix)); a row without entries is left alone until it has some ([`visits`](update::visits)) |
//! | [`kernel`] | inner loops for what the processor can do, threads, and all `unsafe` |
//!
//! Only where a step needs [whole](update::whole) gradients are they written out. Bodies that are no stack, objectives but squared errors at
//! observed entries, and penalties on codes are the tensors and the autograd of the dense engine.
//!
//! Threads share out rows of the batch, or rows of weights; each number is summed up by one of them in a fixed order, so that
//! no bit depends on how many there are.

mod batch;
mod kernel;
mod loss;
mod network;
mod update;

use std::sync::Arc;

use hourglass_data::Csr;
use hourglass_models::{Boundary, Model, Parameter};
use tch::Tensor;

use self::batch::Batch;
use self::kernel::aligned::AlignedRows;
pub(crate) use self::kernel::memory::numbers_mut;
pub(crate) use self::kernel::team::{OneTensorThread, Team};
use self::kernel::vector::Vector;
use self::loss::all_columns::Everywhere;
pub use self::loss::all_columns::compares_everywhere;
pub(crate) use self::loss::all_columns::rows_of_block;
use self::loss::descent::{Descent, matrix};
pub(crate) use self::loss::gram::COLUMNS as COLUMNS_OF_GRAM;
pub use self::loss::gram::compares_by_gram;
pub(crate) use self::network::fold_in::FoldIn;
use self::network::stack::Stack;
use self::update::closed_form::{self, ClosedForm};
use self::update::gradient::{GradientAtEntries, GradientOfFill, Gradients};
use self::update::matrix::{Matrix, Steps};
use self::update::rule::{self, Rule};
use self::update::visits::{self, Visits};
pub(crate) use self::update::whole::Written;
use crate::alternate::RowPass;
use crate::engine::writes_gradients;
use crate::noise::Phase;
use crate::schedule::Time;
use crate::state::State;
use crate::step::{Measured, Moment, refuse_non_finite};
use crate::{Error, GradientConfig, Task};

/// Entries of a batch that another thread makes.
const ENTRIES: usize = 1 << 12;

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
pub(crate) struct Sparse<'a> {
    compute: Compute,
    network: Network,
    epoch: Epoch<'a>,
}

/// What is known of the network that is trained; its tensors stay the same while their numbers change.
pub(crate) struct Network {
    parameters: Vec<Parameter>,
    places: Places,
    /// The body, where it is computed by hand.
    stack: Option<Stack>,
}

/// What is known of an epoch when it begins.
#[derive(Default)]
struct Epoch<'a> {
    /// The rows of each batch.
    batches: Vec<Vec<u32>>,
    /// Of each batch's step.
    rules: Vec<Rule>,
    /// When rows of the encoder's and of the decoder's weights have a gradient; one, where they share them.
    visits: Vec<Arc<Visits>>,
    /// The next batch, made ready while the step before was made.
    upcoming: Option<Batch<'a>>,
}

/// Where the boundary layers' tensors are among the parameters: the encoder's, then the decoder's. Tied weights are at one place.
struct Places {
    weights: [usize; 2],
    biases: [usize; 2],
}

impl Places {
    fn of(model: &dyn Model, parameters: &[Parameter]) -> Self {
        let layers = boundaries(model);
        Self {
            weights: layers.each_ref().map(|layer| place(parameters, &layer.weight)),
            biases: layers.each_ref().map(|layer| place(parameters, &layer.bias)),
        }
    }

    /// The matrices, each once.
    fn matrices(&self) -> &[usize] {
        let [encoder, decoder] = self.weights;
        if encoder == decoder { &self.weights[..1] } else { &self.weights }
    }
}

/// Where a layer's tensor is among the parameters.
fn place(parameters: &[Parameter], tensor: &Tensor) -> usize {
    let is_it = |parameter: &Parameter| parameter.tensor.data_ptr() == tensor.data_ptr();
    parameters.iter().position(is_it).expect("weights and offsets of a plain layer are parameters")
}

fn boundaries(model: &dyn Model) -> [Boundary; 2] {
    [model.encoder(), model.decoder()].map(|layer| layer.expect("a network with plain boundaries has both"))
}

/// For so many batches, rows without an entry put off their steps, where they do.
///
/// # Panics
/// For an optimizer that this engine leaves to the dense one.
pub fn puts_off(task: &Task<'_>) -> Option<usize> {
    if writes_gradients(task) {
        return None;
    }
    let rules = [1, 2].map(|step| Rule::of(&task.train.optimizer, step, 1.0));
    let always = shows_all(task, Phase::Train(1)) || task.penalty.l2.is_some() || compares_everywhere(task);
    let adds_up = task.train.gradient == GradientConfig::NeverCleared;
    (!always && rule::are_put_off(&rules, adds_up)).then_some(visits::WINDOW)
}

/// Whether each column of the input says something to its weights in every batch.
fn shows_all(task: &Task<'_>, phase: Phase) -> bool {
    !task.inputs.fill.is_zero() || task.noise().fills(task.inputs, phase)
}

impl<'a> Sparse<'a> {
    pub(crate) fn start(task: &Task<'a>, state: &State) -> Self {
        let (model, parameters) = (state.network(), state.network().parameters());
        let places = Places::of(model, &parameters);
        let stack = Stack::of(model, &parameters, task.penalty);
        Self { compute: Compute::new(), network: Network { parameters, places, stack }, epoch: Epoch::default() }
    }

    /// Gets ready for a pass over these rows.
    pub(crate) fn begin(&mut self, task: &Task<'a>, state: &mut State, epoch: usize, pass: RowPass, order: &[u32]) {
        let batches: Vec<&[u32]> = order.chunks(task.train.batch.get()).collect();
        let rule = |batch: usize| {
            let first = (batch - 1) * task.train.batch.get();
            let moment = Moment { epoch, batch, first, batches: batches.len(), pass, partners: None };
            let time = Time { epochs: moment.epochs(), total: task.train.epochs };
            let lr_factor = task.train.schedule.factor(time, &state.plateau);
            Rule::of(&task.train.optimizer, state.optimizer.steps() + batch as u64, lr_factor)
        };
        let rules: Vec<Rule> = (1..=batches.len()).map(rule).collect();
        let parameters = &self.network.parameters;
        if task.train.gradient == GradientConfig::NeverCleared && state.gradients.is_empty() {
            state.gradients = parameters.iter().map(|parameter| parameter.tensor.detach().zeros_like()).collect();
        }
        let adds_up = !state.gradients.is_empty();
        let closed_form = if adds_up { Vec::new() } else { closed_form::table(&rules) };
        let puts_off = rule::are_put_off(&rules, adds_up);
        let visits_of = |matrices: &[&Csr]| {
            let visits = Visits::of(matrices, &batches, !rules.iter().all(Rule::rests));
            if puts_off { visits.put_off(adds_up) } else { visits }
        };
        let visits = self.visits(task, Phase::Train(epoch), &visits_of);
        let batches = batches.iter().map(|rows| rows.to_vec()).collect();
        self.epoch = Epoch { batches, rules, visits, upcoming: None };
        self.go_ahead(state, 0, &closed_form);
    }

    /// The steps that rows make ahead of a batch, or at the end.
    fn go_ahead(&self, state: &State, batch: usize, closed_form: &[Option<ClosedForm>]) {
        let Epoch { rules, visits, .. } = &self.epoch;
        for (&place, visits) in self.network.places.matrices().iter().zip(visits) {
            let due = visits.due(batch);
            if !due.is_empty() {
                with_matrix(state, &self.network.parameters, place, |matrix| {
                    self.compute.go_ahead(matrix, due, rules, closed_form);
                });
            }
        }
    }

    /// Of each matrix: a fill, noise on all cells, a penalty on squared weights, and an objective that compares all outputs say something to each of
    /// its rows in every step.
    fn visits(&self, task: &Task<'_>, phase: Phase, of: &dyn Fn(&[&Csr]) -> Visits) -> Vec<Arc<Visits>> {
        let Network { parameters, places, .. } = &self.network;
        let ratings = &task.inputs.ratings;
        let matrices: Vec<&Csr> = [Some(ratings), task.inputs.side.as_ref()].into_iter().flatten().collect();
        let width = |matrices: &[&Csr]| matrices.iter().map(|matrix| matrix.columns() as u32).sum();
        let of_encoder = Arc::new(of(&matrices));
        let of_decoder = match matrices[..] {
            [_] => Arc::clone(&of_encoder),
            _ => Arc::new(of(&matrices[..1])),
        };
        let [encoder, decoder] = places.weights;
        let penalised = |place: usize| l2(task, &parameters[place]) != 0.0;
        let everywhere = compares_everywhere(task);
        let shows_all = shows_all(task, phase);
        let always =
            [penalised(encoder) || shows_all || everywhere && encoder == decoder, penalised(decoder) || everywhere];
        let widths = [width(&matrices), task.dims().outputs as u32];
        let each = [of_encoder, of_decoder].into_iter().zip(always).zip(widths);
        let each = each.map(|((sometimes, always), columns)| match always {
            true => Arc::new(Visits::Always { columns }),
            false => sometimes,
        });
        each.take(places.matrices().len()).collect()
    }

    /// Learns from one batch of rows, and returns the parts of its loss.
    pub(crate) fn step(
        &mut self,
        task: &Task<'a>,
        state: &mut State,
        moment: Moment<'_>,
        rows: &[u32],
    ) -> Result<Vec<Measured>, Error> {
        let _tensors = OneTensorThread::new();
        let phase = Phase::Train(moment.epoch);
        let batch = self.epoch.upcoming.take().unwrap_or_else(|| Batch::of(task, rows, phase));
        let descent = self.compute.descend(task, state.network(), &self.network, moment, rows, &batch);
        let mut parts = descent.parts.clone();
        self.compute.add_penalty(task, &self.network, &mut parts);
        let loss = parts.iter().map(|part| part.value).sum();
        let gradient = if descent.is_finite() { 0.0 } else { f64::NAN };
        refuse_non_finite(loss, &[gradient], moment, rows)?;
        let next = self.epoch.batches.get(moment.batch).filter(|rows| is_long(&task.inputs.ratings, rows));
        let learn = || self.learn(task, state, moment.batch - 1, &batch, &descent);
        self.epoch.upcoming = match next {
            Some(rows) => Some(self.compute.team.beside(|| Batch::of(task, rows, phase), learn)),
            None => {
                learn();
                None
            }
        };
        // Before the next batch, or at the end: what is put off, which can never be made at once.
        self.go_ahead(state, moment.batch, &[]);
        state.optimizer.count_step();
        Ok(parts)
    }

    /// Changes the weights.
    fn learn(&self, task: &Task<'_>, state: &State, now: usize, batch: &Batch<'_>, descent: &Descent) {
        let (compute, rules) = (&self.compute, &self.epoch.rules[..]);
        let Network { parameters, places, .. } = &self.network;
        let gradients = compute.gradients(places, batch, descent);
        // λ Σ W² has the gradient 2 λ W.
        let penalty = |place: usize| 2.0 * l2(task, &parameters[place]) as f32;
        let matrices = || places.matrices().iter().zip(&self.epoch.visits).zip(&gradients);
        let scale = task.train.clip_gradient.map_or(1.0, |longest| {
            let of_matrix = |((&place, visits), gradients): ((&usize, &Arc<Visits>), &Gradients<'_>)| {
                let visits = visits.batch(now);
                with_matrix(state, parameters, place, |matrix| {
                    compute.squared_length(matrix, &visits, penalty(place), gradients)
                })
            };
            let squares = squared_length(&descent.gradients) + matrices().map(of_matrix).sum::<f64>();
            longest.get() / squares.sqrt().max(longest.get())
        });
        for (place, gradient) in descent.gradients.iter().enumerate() {
            let Some(gradient) = gradient else { continue };
            let rows = parameters[place].tensor.size().first().map_or(1, |&rows| rows as usize);
            with_matrix(state, parameters, place, |matrix| {
                compute.change(matrix, &rules[now], gradient, scale as f32, gradient.len() / rows.max(1));
            });
        }
        let closed_form = if state.gradients.is_empty() { closed_form::table(&rules[now + 1..]) } else { Vec::new() };
        for ((&place, visits), gradients) in matrices() {
            let steps = Steps { rules, now, penalty: penalty(place), scale: scale as f32, closed_form: &closed_form };
            with_matrix(state, parameters, place, |matrix| {
                compute.learn(matrix, &visits.batch(now), &steps, gradients)
            });
        }
    }
}

impl Compute {
    /// The gradients of each matrix.
    fn gradients<'d>(&self, places: &Places, batch: &'d Batch<'_>, descent: &'d Descent) -> Vec<Gradients<'d>> {
        match (self.gradients_of_both(batch, descent), places.matrices()) {
            ([mut encoder, decoder], [_]) => {
                encoder.at_entries.extend(decoder.at_entries);
                encoder.everywhere.extend(decoder.everywhere);
                vec![encoder]
            }
            (both, _) => both.into(),
        }
    }

    /// The gradients of the encoder's weights, and of the decoder's.
    fn gradients_of_both<'d>(&self, batch: &'d Batch<'_>, descent: &'d Descent) -> [Gradients<'d>; 2] {
        let vectors = &descent.of_first[..];
        let fill = batch.input.fill.as_ref().map(|fill| GradientOfFill::of(self.vector, fill, vectors));
        let factors = batch.shown.sorted(&batch.input.entries.values);
        let rows = batch.targets.len();
        let aligned = |vectors: &[f32]| AlignedRows::of(vectors, vectors.len() / rows);
        let of_encoder = GradientAtEntries { columns: &batch.shown, factors, vectors: aligned(vectors), fill };
        let of_decoder = |of_sums: &Vec<f32>| GradientAtEntries {
            columns: batch.asked(),
            factors: batch.asked().sorted(of_sums),
            vectors: aligned(&descent.last),
            fill: None,
        };
        let of_all =
            |cells: &Tensor| Everywhere::Cells { cells: cells.shallow_clone(), vectors: matrix(vectors, rows) };
        [
            Gradients { at_entries: vec![of_encoder], everywhere: batch.input.cells.iter().map(of_all).collect() },
            Gradients {
                at_entries: descent.at_entries.iter().map(of_decoder).collect(),
                everywhere: descent.everywhere.iter().map(Everywhere::share).collect(),
            },
        ]
    }
}

/// Whether these rows have so many entries that making a batch of them takes longer than handing it out.
fn is_long(ratings: &Csr, rows: &[u32]) -> bool {
    rows.iter().map(|&row| ratings.row(row as usize).len()).sum::<usize>() >= ENTRIES
}

/// λ of the penalty on these squared weights.
fn l2(task: &Task<'_>, weights: &Parameter) -> f64 {
    task.penalty.l2.as_ref().map_or(0.0, |l2| l2.factor(weights.part))
}

/// Lends the parameter at this place, and what is kept for it.
fn with_matrix<T>(state: &State, parameters: &[Parameter], place: usize, work: impl FnOnce(Matrix<'_>) -> T) -> T {
    let (mut weight, mut kept) = (parameters[place].tensor.shallow_clone(), state.optimizer.kept(place));
    let mut sum = state.gradients.get(place).map(Tensor::shallow_clone);
    let width = weight.size().last().map_or(1, |&width| width as usize);
    let mut kept = kept.iter_mut().map(numbers_mut);
    let kept = std::array::from_fn(|_| kept.next().unwrap_or_default());
    work(Matrix { weights: numbers_mut(&mut weight), kept, sum: sum.as_mut().map(numbers_mut), width })
}

/// Of these gradients, as far as they are there.
fn squared_length(gradients: &[Option<Vec<f32>>]) -> f64 {
    gradients.iter().flatten().flatten().map(|&number| f64::from(number).powi(2)).sum()
}
