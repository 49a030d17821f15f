//! The whole network on dense rows: the definition that every engine computes.

use tch::Tensor;

use crate::{Batch, Mode, Model, Pass};

/// What a network makes of a batch.
#[derive(Debug)]
pub struct Forward {
    /// The first layer's sums before its activation `[batch, first]`, or the input of a network without such a layer.
    pub first: Tensor,
    /// What the body made of them.
    pub pass: Pass,
    /// After the output activation `[batch, outputs]`.
    pub outputs: Tensor,
}

/// From `[batch, inputs]` to `[batch, outputs]`.
pub fn forward(model: &dyn Model, x: &Tensor, batch: &Batch, mode: &mut Mode<'_>) -> Forward {
    let first = model.encoder().map_or_else(|| x.shallow_clone(), |encoder| encoder.encode(x));
    let pass = model.body(&first, batch, mode);
    let sums = model.decoder().map_or_else(|| pass.last.shallow_clone(), |decoder| decoder.decode(&pass.last));
    let outputs = model.output_activation().apply(&sums);
    Forward { first, pass, outputs }
}
