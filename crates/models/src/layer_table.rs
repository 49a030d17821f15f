//! A network as a table of its layers.

use crate::Model;

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRow {
    /// What the names of its parameters begin with, for example `encoder`.
    pub name: String,
    /// The shape of each of its parameters, by name.
    pub shapes: Vec<(String, Vec<i64>)>,
    /// How many units come out for each row of a batch.
    pub outputs: i64,
    /// How many numbers are trained.
    pub parameters: u64,
}

/// The layers of a network in their order: the parameters whose names differ only after the last dot belong together.
pub fn layer_table(model: &dyn Model) -> Vec<LayerRow> {
    let mut table: Vec<LayerRow> = Vec::new();
    for parameter in model.parameters() {
        let (layer, own) = parameter.name.rsplit_once('.').unwrap_or((&parameter.name, "weight"));
        let shape = parameter.tensor.size();
        if table.last().is_none_or(|row| row.name != layer) {
            table.push(LayerRow { name: layer.to_owned(), shapes: Vec::new(), outputs: 0, parameters: 0 });
        }
        let row = table.last_mut().expect("a row for this layer");
        // The last one is the offset, which has as many numbers as there are outputs.
        row.outputs = shape.last().copied().unwrap_or(1);
        row.parameters += parameter.tensor.numel() as u64;
        row.shapes.push((own.to_owned(), shape));
    }
    table
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Device;

    use super::*;
    use crate::{Dims, Generator, Layers, autoencoder};

    #[test]
    fn layers_add_up_to_the_published_counts() {
        for (widths, expected, total) in [
            (&[500][..], &[("encoder", 500, 1_976_500), ("decoder", 3952, 1_979_952)][..], 3_956_452),
            (
                &[256, 512, 256],
                &[
                    ("encoder", 256, 1_011_968),
                    ("hidden.0", 512, 131_584),
                    ("hidden.1", 256, 131_328),
                    ("decoder", 3952, 1_015_664),
                ],
                2_290_544,
            ),
        ] {
            let layers = Layers::try_from(widths.to_vec()).unwrap();
            let config = autoencoder::Config { layers, ..autoencoder::Config::default() };
            let dims = Dims { rows: 1, inputs: 3952, side: 0, outputs: 3952, groups: 0, vocabulary: 0 };
            let table = layer_table(&config.build(dims, &mut Generator::seed_from_u64(1), Device::Cpu));
            let found: Vec<_> = table.iter().map(|row| (row.name.as_str(), row.outputs, row.parameters)).collect();
            assert_eq!(found, expected);
            assert_eq!(table.iter().map(|row| row.parameters).sum::<u64>(), total);
            assert_eq!(table[0].shapes[0], ("weight".to_owned(), vec![3952, widths[0]]));
        }
    }
}
