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
pub mod autoencoder;
pub mod boundary;
pub mod dropout;
pub mod initialisation;
pub mod parameter;
pub mod range;
pub mod registry;

pub use activation::Activation;
pub use boundary::Boundary;
pub use initialisation::Initialisation;
pub use parameter::{Parameter, Role};
pub use registry::ModelConfig;

use rand_xoshiro::Xoshiro256PlusPlus;
use tch::Tensor;

/// The generator of every random draw in this workspace: small, fast, and the same on every machine.
pub type Generator = Xoshiro256PlusPlus;

/// How many columns a network reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    /// Columns of the input: one a rated column, then the side information.
    pub inputs: i64,
    /// Columns of the output: one a rated column.
    pub outputs: i64,
}

/// Whether a forward pass trains (and draws dropout masks) or evaluates.
pub enum Mode<'a> {
    /// Training: random masks come from this generator.
    Train(&'a mut Generator),
    /// Evaluation: the network is a plain function.
    Evaluate,
}

/// What every autoencoder gives an engine.
pub trait Model {
    /// All trained tensors, in a fixed order and under stable names.
    fn parameters(&self) -> Vec<Parameter>;

    /// The first linear layer, from the input columns to the first hidden layer.
    fn encoder(&self) -> &Boundary;

    /// The last linear layer, from the last hidden layer to the output columns.
    fn decoder(&self) -> &Boundary;

    /// Everything between the boundary layers: from the first layer's sums before its activation `[batch, first]` to
    /// what the last layer reads `[batch, last]`.
    fn body(&self, first: &Tensor, mode: Mode<'_>) -> Tensor;

    /// Applied to each output by itself, so that an engine may compute only the outputs it needs.
    fn output_activation(&self) -> Activation;
}
