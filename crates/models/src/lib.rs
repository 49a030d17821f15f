//! Autoencoders for recommendation: networks and their configurations.
//!
//! An autoencoder is an hourglass: wide, narrow, wide. Its two widest layers, the [`Boundary`] layers, touch as many
//! columns as there are items (or users); everything between them is a small dense body. A [`Model`] names its two
//! boundary layers and computes only the body, so that whoever trains it decides how the wide layers are computed:
//! from dense tensors, or from the observed entries alone.
//!
//! This crate opens no file, loads no data, owns no optimizer, and draws nothing at random that it was not handed.
//!
//! Shapes are written `[batch, items]`; `batch` rows are users or items, as the experiment says.

pub mod activation;
pub mod annealed;
pub mod architecture;
pub mod autoencoder;
pub mod boundary;
pub mod cdae;
pub mod cfn;
pub mod convolution;
pub mod convolutional;
pub mod dense_layer;
pub mod dropout;
pub mod footprint;
pub mod forward;
pub mod gaussian;
pub mod groups;
pub mod initialisation;
pub mod k_sparse;
pub mod layer_table;
pub mod layers;
pub mod mode;
pub mod multi_source;
pub mod normalisation;
pub mod output;
pub mod parameter;
pub mod pass;
pub mod range;
pub mod rbm;
pub mod rec_vae;
pub mod sparse_fc;
pub mod stack;
pub mod upload;
pub mod variational;

pub use activation::{Activation, LeakyRelu};
pub use annealed::annealed;
pub use architecture::{Architecture, Boundaries};
pub use boundary::Boundary;
pub use dense_layer::Dense;
pub use footprint::Footprint;
pub use forward::{Forward, forward};
pub use gaussian::Gaussian;
pub use initialisation::Initialisation;
pub use layer_table::{LayerRow, layer_table};
pub use layers::{Layers, Widths};
pub use mode::Mode;
pub use normalisation::{Normalisation, NormalisationLayer};
pub use output::{Output, OutputRange};
pub use parameter::{Parameter, Part, Role};
pub use pass::{Batch, Pass};
pub use stack::{Linear, StackLayer, Units};
pub use upload::upload;

use rand_xoshiro::Xoshiro256PlusPlus;
use tch::Tensor;

/// The generator of every random draw in this workspace: small, fast, and the same on every machine.
pub type Generator = Xoshiro256PlusPlus;

/// The sizes that a network is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    /// Rows of the rating matrix: users or items.
    pub rows: i64,
    /// Columns of the input: those of the ratings, then those of the side information.
    pub inputs: i64,
    /// How many of the input's columns are side information.
    pub side: i64,
    /// Columns of the output: one a rated column, or one for each value that its ratings can have.
    pub outputs: i64,
    /// How many groups the rows are in; 0 where they are not grouped.
    pub groups: i64,
    /// How many different tokens a row's text can have, padding and unknown words among them; 0 where rows have no text.
    pub vocabulary: i64,
}

/// What every autoencoder gives an engine.
pub trait Model {
    /// All trained tensors, in a fixed order and under stable names.
    fn parameters(&self) -> Vec<Parameter>;

    /// What belongs to the network besides, and is not trained: running means, a copy of earlier weights.
    fn buffers(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }

    /// The first linear layer, from the input columns to the first hidden layer; nothing, where the body reads the input
    /// as it is.
    fn encoder(&self) -> Option<Boundary>;

    /// The last linear layer, from the last hidden layer to the output columns; nothing, where the body ends with the outputs.
    fn decoder(&self) -> Option<Boundary>;

    /// Everything between the boundary layers, from the first layer's sums before its activation `[batch, first]`.
    fn body(&self, first: &Tensor, batch: &Batch, mode: &mut Mode<'_>) -> Pass;

    /// Applied to each output by itself, so that an engine may compute only the outputs it needs.
    fn output_activation(&self) -> Output;

    /// Whether each unit of the code is a function of its own one of the first layer's sums, as with one hidden layer: what
    /// is asked of such a code's slopes can be computed at once.
    fn code_is_elementwise(&self) -> bool {
        false
    }

    /// The body, where it is a stack of layers and nothing else: the first one's sums are what the body is given.
    fn stack(&self) -> Option<Vec<StackLayer>> {
        None
    }

    /// Called after each epoch, for what changes once an epoch.
    fn end_epoch(&self) {}
}
