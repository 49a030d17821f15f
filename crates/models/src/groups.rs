//! One autoencoder for each group of rows: users of one age, or clusters of similar users.
//!
//! ```text
//! y_r = autoencoder_g(r) (x_r)
//! ```
//!
//! The networks share nothing. Which group a row is in is data (`input.groups`), and reaches the network with each batch.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::autoencoder::{self, Autoencoder};
use crate::{
    Activation, Architecture, Batch, Boundary, Dims, Footprint, Forward, Generator, Mode, Model, Output, OutputRange,
    Parameter, Pass, forward,
};

/// `[model.groups]`: the keys of `[model.autoencoder]`, which all groups have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(pub autoencoder::Config);

impl Config {
    /// Makes the networks, each with fresh weights of its own.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Groups {
        let of_one = Dims { groups: 0, ..dims };
        Groups { networks: (0..dims.groups).map(|_| self.0.build(of_one, generator, device)).collect() }
    }
}

impl Architecture for Config {
    fn network(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        Box::new(self.build(dims, generator, device))
    }

    fn parameter_count(&self, dims: Dims) -> u64 {
        dims.groups as u64 * self.0.parameter_count(dims)
    }

    fn check(&self, dims: Dims) -> Result<(), String> {
        if dims.groups > 0 {
            return self.0.check(dims);
        }
        Err("model.groups trains one autoencoder for each group of rows, and input.groups names none; set it, as \
             input.groups = { attribute = \"gender\" } or { clusters = { count = 8 } }, or use [model.autoencoder]"
            .to_owned())
    }

    fn hidden_widths(&self) -> Vec<i64> {
        self.0.hidden_widths()
    }

    fn footprint(&self, dims: Dims) -> Footprint {
        let of_one = self.0.footprint(dims);
        // Rows are sorted by group and put together again.
        Footprint { row: of_one.row + (dims.inputs + dims.outputs) as u64, ..of_one }
    }

    fn output_activation(&self) -> Activation {
        self.0.output_activation()
    }

    fn code_activation(&self) -> Activation {
        self.0.code_activation()
    }

    fn output_range(&self) -> Option<OutputRange> {
        self.0.output_range()
    }

    fn shares_weights(&self) -> bool {
        self.0.shares_weights()
    }

    fn mixes_rows(&self) -> bool {
        self.0.mixes_rows()
    }

    fn reads_groups(&self) -> bool {
        true
    }
}

/// The networks.
#[derive(Debug)]
pub struct Groups {
    /// `[groups]`, at least one.
    networks: Vec<Autoencoder>,
}

/// What a group's network made of its rows, and which of the batch they are.
struct Part {
    places: Tensor,
    forward: Forward,
}

/// The rows of one group, if the batch has any.
fn part(network: &Autoencoder, x: &Tensor, batch: &Batch, places: Tensor, mode: &mut Mode<'_>) -> Option<Part> {
    if places.numel() == 0 {
        return None;
    }
    let select = |tensor: &Tensor| tensor.index_select(0, &places);
    let side = batch.side.as_ref().map(select);
    let of_group = Batch { rows: select(&batch.rows), side, groups: None, text: None };
    let forward = forward(network, &select(x), &of_group, mode);
    Some(Part { places, forward })
}

impl Model for Groups {
    fn parameters(&self) -> Vec<Parameter> {
        let of = |(group, network): (usize, &Autoencoder)| {
            let name = move |one: Parameter| Parameter { name: format!("group.{group}.{}", one.name), ..one };
            network.parameters().into_iter().map(name)
        };
        self.networks.iter().enumerate().flat_map(of).collect()
    }

    fn buffers(&self) -> Vec<(String, Tensor)> {
        let of = |(group, network): (usize, &Autoencoder)| {
            network.buffers().into_iter().map(move |(name, tensor)| (format!("group.{group}.{name}"), tensor))
        };
        self.networks.iter().enumerate().flat_map(of).collect()
    }

    fn encoder(&self) -> Option<Boundary> {
        None
    }

    fn decoder(&self) -> Option<Boundary> {
        None
    }

    fn body(&self, x: &Tensor, batch: &Batch, mode: &mut Mode<'_>) -> Pass {
        let groups = batch.groups.as_ref().expect("a network of groups is given some, which is checked");
        let places = |group: i64| groups.eq(group).nonzero().view(-1);
        let networks = (0..).zip(&self.networks);
        let parts: Vec<Part> =
            networks.filter_map(|(group, network)| part(network, x, batch, places(group), mode)).collect();
        let all = |of: fn(&Part) -> &Tensor| Tensor::cat(&parts.iter().map(of).collect::<Vec<_>>(), 0);
        let order = all(|part| &part.places).argsort(0, false);
        let of_terms = |term: usize| parts.iter().map(|part| &part.forward.pass.terms[term]).sum();
        Pass {
            last: all(|part| &part.forward.outputs).index_select(0, &order),
            code: all(|part| &part.forward.pass.code).index_select(0, &order),
            terms: (0..parts[0].forward.pass.terms.len()).map(of_terms).collect(),
        }
    }

    /// Each network has applied its own.
    fn output_activation(&self) -> Output {
        Activation::Linear.into()
    }

    fn end_epoch(&self) {
        self.networks.iter().for_each(Model::end_epoch);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Kind;

    use super::*;

    #[test]
    fn each_row_goes_through_the_network_of_its_group_alone() {
        let config = Config(autoencoder::Config { layers: vec![2].try_into().unwrap(), ..Default::default() });
        let dims = Dims { rows: 4, inputs: 3, side: 0, outputs: 3, groups: 3, vocabulary: 0 };
        let model = config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu);
        let held: usize = model.parameters().iter().map(|parameter| parameter.tensor.numel()).sum();
        assert_eq!(config.parameter_count(dims), held as u64);
        let batch = |groups: &[i64]| Batch {
            rows: Tensor::arange(groups.len() as i64, (Kind::Int64, Device::Cpu)),
            side: None,
            groups: Some(Tensor::from_slice(groups)),
            text: None,
        };
        let x = Tensor::from_slice2(&[[1f32, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [5.0, 4.0, 3.0]]);
        // Group 1 has no row here; the second of three networks is not asked.
        let groups = [2, 0, 2, 0];
        let outputs = forward(&model, &x, &batch(&groups), &mut Mode::Evaluate).outputs;
        for (row, group) in (0..).zip(groups) {
            let alone =
                forward(&model.networks[group as usize], &x.get(row).view([1, 3]), &batch(&[0]), &mut Mode::Evaluate);
            assert!(alone.outputs.get(0).allclose(&outputs.get(row), 1e-6, 1e-7, false), "row {row}");
        }
    }
}
