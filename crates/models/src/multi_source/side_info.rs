//! Side information as a source: dense layers on the columns of `input.side_info`.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::source::{Reader, Source};
use super::stack::{self, Stack};
use crate::{Batch, Dims, Generator, Mode, Parameter, Widths};

/// `side_info = { layers = [32] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the dense layers.
    pub layers: Widths,
}

impl Default for Config {
    fn default() -> Self {
        Self { layers: Widths::try_from(vec![32]).expect("one layer") }
    }
}

impl Source for Config {
    fn check(&self, dims: Dims) -> Result<(), String> {
        if dims.side > 0 {
            return Ok(());
        }
        Err("model.multi-source.side_info reads input.side_info, which lists nothing; list an attribute, as \
             input.side_info.items = [{ multi-hot = { attribute = \"genres\" } }], or leave it out of the model"
            .to_owned())
    }

    fn width(&self, _dims: Dims) -> i64 {
        stack::last(&self.layers)
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.layers.list().to_vec()
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        stack::fans(dims.side, &self.layers).into_iter().map(stack::count).sum()
    }

    fn start(&self, network: &super::Config, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Reader> {
        let inputs = dims.side;
        Box::new(SideInfo(Stack::start("side_info", inputs, &self.layers, network, generator, device)))
    }
}

#[derive(Debug)]
struct SideInfo(Stack);

impl Reader for SideInfo {
    fn parameters(&self) -> Vec<Parameter> {
        self.0.parameters()
    }

    fn vector(&self, _ratings: &Tensor, batch: &Batch, _mode: &mut Mode<'_>) -> Tensor {
        self.0.apply(batch.side.as_ref().expect("a network with side information is given some, which is checked"))
    }
}
