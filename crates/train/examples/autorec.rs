//! How fast AutoRec trains. Figures: `benches/README.md`.
//!
//! ```text
//! autorec export FOLDER DATA                     split a MovieLens folder, and write what `autorec.py` trains on
//! autorec train FOLDER ENGINE EPOCHS [FILL]      train, and print seconds and losses
//! ```

#![expect(clippy::print_stdout, reason = "a program that prints what it measures")]

use std::path::Path;
use std::time::Instant;

use hourglass_data::{Axis, Csr, Dataset, FillConfig, RatingsConfig, SourceConfig, SplitConfig, movielens, random};
use hourglass_models::range::Positive;
use hourglass_models::{ModelConfig, autoencoder};
use hourglass_train::inputs::{HeldOut, Target};
use hourglass_train::optimizer::adam;
use hourglass_train::state::{State, weights};
use hourglass_train::{
    EvaluationConfig, Event, Flow, Inputs, Levels, Metric, ObjectiveConfig, OptimizerConfig, PenaltyConfig, Selection,
    Task, TrainConfig, fit,
};
use tch::{Device, Tensor};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let start = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["export", folder, data] => {
            with_task(folder, TrainConfig::default(), "\"zero\"", |task| export(task, Path::new(data)))
        }
        ["train", folder, engine, epochs, ref fill @ ..] => {
            let train = TrainConfig {
                epochs: epochs.parse()?,
                batch: 256.try_into()?,
                optimizer: OptimizerConfig::Adam(adam::Config {
                    lr: Positive::new::<1, 1_000>(),
                    ..adam::Config::default()
                }),
                selection: Selection::Last,
                engine: serde_json::from_value(engine.into())?,
                ..TrainConfig::default()
            };
            with_task(folder, train, fill.first().unwrap_or(&"\"zero\""), |task| train_and_print(task, start))
        }
        _ => Err("expected: export FOLDER DATA, or train FOLDER sparse|dense EPOCHS [FILL]".into()),
    }
}

fn with_task(folder: &str, train: TrainConfig, fill: &str, work: impl FnOnce(&Task<'_>) -> Result<()>) -> Result<()> {
    let source = SourceConfig::Movielens(movielens::Config { path: folder.into(), ratings: Vec::new() });
    let dataset = Dataset::new(&source, &RatingsConfig::default(), &SplitConfig::Random(random::Config::default()))?;
    let split = &dataset.split;
    let fill: FillConfig = serde_json::from_str(fill)?;
    let inputs = Inputs::new(&split.train, fill.fit(&split.train), &Csr::empty(split.train.rows(), 0), Axis::Users);
    work(&Task {
        inputs: &inputs,
        validation: HeldOut { inputs: &inputs, ratings: &split.validation.ratings },
        rows: Axis::Users,
        scale: dataset.scale,
        range: None,
        levels: &Levels::of(&split.train),
        model: &ModelConfig::Autoencoder(autoencoder::Config::default()),
        noise: &[],
        target: Target::Clean,
        objective: &ObjectiveConfig::default(),
        penalty: &PenaltyConfig::default(),
        train: &train,
        evaluation: &EvaluationConfig { metrics: vec![Metric::Rmse].try_into()?, clip: false },
        seed: 1,
        device: Device::Cpu,
    })
}

fn train_and_print(task: &Task<'_>, start: Instant) -> Result<()> {
    println!("read and split: {:.2} s", start.elapsed().as_secs_f64());
    let (mut steps, mut evaluations, mut since) = (Vec::new(), Vec::new(), Instant::now());
    fit(task, None, &mut |event| {
        match event {
            Event::Batch { batch, batches, .. } if batch == batches => {
                steps.push(since.elapsed().as_secs_f64());
                since = Instant::now();
            }
            Event::Batch { .. } => {}
            Event::Epoch { report, .. } => {
                evaluations.push(since.elapsed().as_secs_f64());
                since = Instant::now();
                println!("epoch {}: {:?}", report.epoch, report.values.iter().flatten().collect::<Vec<_>>());
            }
        }
        Ok(Flow::Continue)
    })?;
    println!("epoch: {:.4} s training, {:.4} s evaluation (medians)", median(steps), median(evaluations));
    println!("whole process: {:.2} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Ratings of the training and the validation part as `[3, entries]` arrays of row, column and value, and fresh weights.
fn export(task: &Task<'_>, path: &Path) -> Result<()> {
    let triples = |part: &Csr| {
        let entries: Vec<(u32, u32, f32)> = part.entries().collect();
        let numbers = |of: &dyn Fn(&(u32, u32, f32)) -> f32| entries.iter().map(of).collect::<Vec<f32>>();
        let columns = [numbers(&|e| e.0 as f32), numbers(&|e| e.1 as f32), numbers(&|e| e.2)].concat();
        Tensor::from_slice(&columns).view([3, -1])
    };
    let parts = [("train", &task.inputs.ratings), ("validation", task.validation.ratings)];
    let mut tensors = Vec::from(parts.map(|(name, part)| (name.to_owned(), triples(part))));
    tensors.extend(weights(State::start(task).model.as_ref()));
    Ok(Tensor::write_npz(&tensors, path)?)
}
