//! How the two boundary layers are computed.

pub mod choice;
pub(crate) mod classes;
pub mod dense;
pub mod shown;
pub mod sparse;

pub use choice::{Choice, Engine, EngineConfig, choose};

use hourglass_models::{Mode, Model};
use tch::Tensor;

use crate::alternate::RowPass;
use crate::inputs::{HeldOut, Inputs};
use crate::noise::Phase;
use crate::objective::Fit;
use crate::state::State;
use crate::{Task, engine};

/// The engine of a training that is going on.
pub(crate) enum Running<'a> {
    Dense,
    Sparse(Box<sparse::Sparse<'a>>),
}

impl<'a> Running<'a> {
    /// The one that [`choose`] names.
    pub(crate) fn start(task: &Task<'a>, state: &State) -> Self {
        match engine::choose(task).engine {
            Engine::Dense => Self::Dense,
            Engine::Sparse => Self::Sparse(Box::new(sparse::Sparse::start(state))),
        }
    }

    /// Gets ready for a pass over these rows.
    pub(crate) fn begin(&mut self, task: &Task<'a>, state: &mut State, epoch: usize, pass: RowPass, order: &[u32]) {
        match self {
            Self::Dense => {}
            Self::Sparse(sparse) => sparse.begin(task, state, epoch, pass, order),
        }
    }
}

/// The engine of an evaluation, in which nothing is drawn and nothing is learnt.
pub(crate) enum Reader {
    Dense,
    Sparse(sparse::Compute),
}

impl Reader {
    /// The one that [`choose`] names.
    pub(crate) fn new(task: &Task<'_>) -> Self {
        match engine::choose(task).engine {
            Engine::Dense => Self::Dense,
            Engine::Sparse => Self::Sparse(sparse::Compute::new()),
        }
    }

    /// The network on some rows of what it is shown, as far as [`read`](Self::read) needs it.
    pub(crate) fn pass(&self, task: &Task<'_>, model: &dyn Model, shown: &Inputs, rows: &[u32]) -> Tensor {
        match self {
            Self::Dense => dense::forward(task, model, shown, rows, Phase::Evaluate, &mut Mode::Evaluate).outputs,
            Self::Sparse(compute) => compute.last(task, model, shown, rows),
        }
    }

    /// The outputs for these rows' stored ratings, row by row `[entries]`, and how far they are from them.
    pub(crate) fn read(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        pass: &Tensor,
        asked: HeldOut<'_>,
        rows: &[u32],
    ) -> (Tensor, Fit) {
        match self {
            Self::Dense => {
                let entries = dense::Entries::of(asked.ratings, rows);
                (dense::gather(pass, &entries), dense::fit(task, pass, asked, rows, None))
            }
            Self::Sparse(compute) => compute.predict(task, model, pass, asked.ratings, rows),
        }
    }
}
