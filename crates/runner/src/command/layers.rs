//! A network's layers as a table, like the summary that Keras prints.

use hourglass_models::{LayerRow, layer_table};
use hourglass_report::format;
use hourglass_train::Task;
use hourglass_train::stream::Purpose;
use tch::Device;

/// One line a layer, and their sum.
pub(super) fn table(task: &Task<'_>) -> String {
    if task.baseline().is_some() {
        let parameters = format::count(task.model.parameter_count(task.dims()));
        return format!("model.{} is a baseline without layers: {parameters} numbers are learned\n", task.model.name());
    }
    let mut generator = task.streams().generator(Purpose::Initialisation, 0, 0);
    let model = task.model.network(task.dims(), &mut generator, Device::Cpu);
    let layers = layer_table(model.as_ref());
    let head = ["layer", "output", "parameters", "shapes"].map(str::to_owned);
    let total = layers.iter().map(|layer| layer.parameters).sum();
    let sum = ["sum".to_owned(), String::new(), format::count(total), String::new()];
    let lines: Vec<[String; 4]> = [head].into_iter().chain(layers.iter().map(line)).chain([sum]).collect();
    super::plan::table(&lines)
}

fn line(layer: &LayerRow) -> [String; 4] {
    let shapes: Vec<String> = layer.shapes.iter().map(|(name, shape)| format!("{name} {shape:?}")).collect();
    let output = format!("[batch, {}]", layer.outputs);
    [layer.name.clone(), output, format::count(layer.parameters), shapes.join(", ")]
}
