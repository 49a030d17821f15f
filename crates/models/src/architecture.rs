//! What a model's configuration says of its network, before it is built.

use tch::Device;

use crate::{Activation, Dims, Footprint, Generator, Model, OutputRange};

/// What the first and the last layer of a network are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundaries {
    /// Linear layers whose weights are parameters as they are; both may have the same. An engine may change these weights a row
    /// at a time.
    Plain,
    /// Linear layers whose weights are computed from parameters, and from nothing else.
    Derived,
    /// At least one is no linear layer, or is another one for each row.
    None,
}

/// The configuration of a model. What has a default here is so of most.
pub trait Architecture {
    /// Makes the network with fresh weights.
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model>;

    /// How many numbers are trained, without building anything.
    fn parameter_count(&self, dims: Dims) -> u64;

    /// Whether the network can be built for these sizes.
    ///
    /// # Errors
    /// Names the key, why it does not fit, and what would.
    fn check(&self, _dims: Dims) -> Result<(), String> {
        Ok(())
    }

    /// The widths of the hidden layers, in order: what a forward pass keeps in memory a row.
    fn hidden_widths(&self) -> Vec<i64>;

    /// Numbers of a row of the weights of the first layer and of the last, where these are next to the ratings; 0 without hidden layers.
    fn boundary_widths(&self) -> [i64; 2] {
        let widths = self.hidden_widths();
        [widths.first(), widths.last()].map(|width| width.copied().unwrap_or_default())
    }

    /// What training keeps in memory besides the parameters.
    fn footprint(&self, dims: Dims) -> Footprint {
        Footprint::of_layers(&[&[dims.inputs], &self.hidden_widths()[..], &[dims.outputs]].concat())
    }

    /// What is applied to the outputs.
    fn output_activation(&self) -> Activation;

    /// What is applied to the code.
    fn code_activation(&self) -> Activation;

    /// The range that outputs are stretched to, where there is one.
    fn output_range(&self) -> Option<OutputRange> {
        None
    }

    /// What the network itself adds to the objective, by name, as in [`Pass::terms`](crate::Pass::terms).
    fn terms(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// What an engine may do with the first and the last layer.
    fn boundaries(&self) -> Boundaries {
        Boundaries::None
    }

    /// Whether the decoder has weights of the encoder.
    fn shares_weights(&self) -> bool {
        false
    }

    /// Whether the input reaches the code through the first layer's sums alone.
    fn code_passes_first_layer(&self) -> bool {
        true
    }

    /// Whether training makes what becomes of a row depend on the others of its batch.
    fn mixes_rows(&self) -> bool {
        false
    }

    /// Whether the network reads, and gives, a cell for each value that a rating can have, not one for the rating.
    fn reads_classes(&self) -> bool {
        false
    }

    /// Whether the network reads the ratings of a row, and not only what is known besides.
    fn reads_ratings(&self) -> bool {
        true
    }

    /// Whether the network reads the text of each row.
    fn reads_text(&self) -> bool {
        false
    }

    /// Whether the network must know the group of each row.
    fn reads_groups(&self) -> bool {
        false
    }
}
