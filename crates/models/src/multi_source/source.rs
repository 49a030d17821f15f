//! What a source of a row's code is.

use std::fmt::Debug;

use tch::{Device, Tensor};

use super::Config;
use crate::{Batch, Dims, Generator, Mode, Parameter};

/// A source as an experiment asks for it.
pub(super) trait Source {
    /// Whether it is there, and can be read so.
    fn check(&self, dims: Dims) -> Result<(), String>;

    /// The width of the vector that it becomes.
    fn width(&self, dims: Dims) -> i64;

    /// What its layers make of a row: what a forward pass keeps in memory.
    fn hidden_widths(&self) -> Vec<i64>;

    /// How many numbers are trained.
    fn parameter_count(&self, dims: Dims) -> u64;

    /// Its part of the network, with fresh weights.
    fn start(&self, network: &Config, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Reader>;
}

/// The part of the network that reads one source.
pub(super) trait Reader: Debug {
    /// All of them are before the code.
    fn parameters(&self) -> Vec<Parameter>;

    /// What it makes of a batch `[batch, width]`; given are the ratings `[batch, columns]`, and what is known besides.
    fn vector(&self, ratings: &Tensor, batch: &Batch, mode: &mut Mode<'_>) -> Tensor;
}
