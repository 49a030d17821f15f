//! How the two boundary layers are computed.

pub mod choice;
pub(crate) mod classes;
pub mod dense;
pub mod entries;
pub mod feed;
mod keep;
pub(crate) mod resident;
pub mod shown;
pub mod sparse;

pub use choice::{Choice, Engine, EngineConfig, choose, writes_gradients};
pub use sparse::{compares_by_gram, compares_everywhere, puts_off};

use hourglass_models::Model;
use tch::{Device, Tensor};

use self::feed::Feed;
use self::resident::{Pass, Resident};
use crate::alternate::RowPass;
use crate::inputs::{HeldOut, Inputs};
use crate::noise::Phase;
use crate::objective::Fit;
use crate::state::State;
use crate::{Task, engine};

/// The engine of a training that is going on.
pub(crate) enum Running<'a> {
    Dense(Source),
    Sparse(Box<sparse::Sparse<'a>>),
    /// The sparse one with gradients written out.
    Written(Box<sparse::Written>),
}

impl<'a> Running<'a> {
    /// The one that [`choose`] names.
    pub(crate) fn start(task: &Task<'a>, state: &State) -> Self {
        match engine::choose(task).engine {
            Engine::Dense => Self::Dense(Source::of(task)),
            Engine::Sparse if choice::writes_gradients(task) => Self::Written(Box::new(sparse::Written::new())),
            Engine::Sparse => Self::Sparse(Box::new(sparse::Sparse::start(task, state))),
        }
    }

    /// A pass over these rows begins.
    pub(crate) fn begin(&mut self, task: &Task<'a>, state: &mut State, epoch: usize, pass: RowPass, order: &[u32]) {
        match self {
            Self::Dense(source) => source.begin(task, order, pass.phase()),
            Self::Sparse(sparse) => sparse.begin(task, state, epoch, pass, order),
            Self::Written(_) => {}
        }
    }
}

/// Where the dense engine has its batches from.
pub(crate) enum Source {
    /// The memory of the host.
    Host,
    /// That of a device.
    Device(Box<OnDevice>),
}

/// What a device has.
pub(crate) struct OnDevice {
    resident: Resident,
    /// The pass that is going on.
    pass: Option<Pass>,
}

impl Source {
    fn of(task: &Task<'_>) -> Self {
        match task.device {
            Device::Cpu => Self::Host,
            _ => Self::device(task),
        }
    }

    fn device(task: &Task<'_>) -> Self {
        Self::Device(Box::new(OnDevice { resident: Resident::of(task), pass: None }))
    }

    fn begin(&mut self, task: &Task<'_>, order: &[u32], phase: Phase) {
        if let Self::Device(device) = self {
            let OnDevice { resident, pass } = device.as_mut();
            // The last one goes before the next one comes.
            *pass = None;
            *pass = Some(resident.pass(task, order, phase));
        }
    }

    /// A batch of the pass that is going on; `first` is the place of its first row in the order.
    pub(crate) fn feed(&self, task: &Task<'_>, rows: &[u32], first: usize) -> Feed {
        match self {
            Self::Host => Feed::of(task, task.inputs, rows),
            Self::Device(device) => {
                let pass = device.pass.as_ref().expect("a pass that is going on");
                pass.feed(first..first + rows.len())
            }
        }
    }
}

/// The engine of an evaluation, in which nothing is drawn and nothing is learnt.
pub(crate) enum Reader {
    Dense(dense::Kept),
    Sparse(sparse::Compute),
}

impl Reader {
    /// The one that [`choose`] names.
    pub(crate) fn new(task: &Task<'_>) -> Self {
        match engine::choose(task).engine {
            Engine::Dense => Self::Dense(dense::Kept::default()),
            Engine::Sparse => Self::Sparse(sparse::Compute::new()),
        }
    }

    /// The network on some rows of what it is shown for the ratings of this part, as far as [`read`](Self::read) needs it.
    pub(crate) fn pass(&self, task: &Task<'_>, model: &dyn Model, part: usize, shown: &Inputs, rows: &[u32]) -> Tensor {
        match self {
            Self::Dense(kept) => kept.forward(task, model, part, shown, rows).outputs,
            Self::Sparse(compute) => compute.pass(task, model, shown, rows),
        }
    }

    /// The outputs for these rows' stored ratings, row by row `[entries]`, and how far they are from them.
    pub(crate) fn read(
        &self,
        task: &Task<'_>,
        model: &dyn Model,
        pass: &Tensor,
        (part, asked): (usize, HeldOut<'_>),
        rows: &[u32],
    ) -> (Tensor, Fit) {
        match self {
            Self::Dense(kept) => kept.read(task, pass, part, asked, rows),
            Self::Sparse(compute) => compute.predict(task, model, pass, asked, rows),
        }
    }
}
