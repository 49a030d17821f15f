//! How fast AutoRec trains, and how much memory it takes. `just bench` runs it beside the same in PyTorch; figures:
//! `benches/README.md`.
//!
//! ```text
//! autorec export WORKLOAD DATA      write what `benches/torch/autorec.py` trains on
//! autorec train WORKLOAD            train, and print losses, seconds and bytes as JSON
//! ```
//!
//! A workload is JSON, such as `{"data": {"folder": "datasets/ml-1m"}, "engine": "sparse"}`; [`Workload`] tells what else.

#![expect(clippy::print_stdout, reason = "a program that prints what it measures")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hourglass_data::{
    Axis, Csr, Dataset, FillConfig, RatingsConfig, Scale, SourceConfig, SplitConfig, movielens, random,
};
use hourglass_models::range::Positive;
use hourglass_models::{Generator, autoencoder};
use hourglass_train::engine::EngineConfig;
use hourglass_train::inputs::{HeldOut, Target};
use hourglass_train::optimizer::adam;
use hourglass_train::state::State;
use hourglass_train::{
    EvaluationConfig, Event, Flow, Inputs, Levels, Metric, ModelConfig, NoiseConfig, ObjectiveConfig, OptimizerConfig,
    Order, PenaltyConfig, Selection, Task, TrainConfig, fit,
};
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use tch::{Device, Tensor};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What is trained; one hidden layer, Adam with a learning rate of 1e-3, rows in the order of the data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Workload {
    data: Data,
    engine: EngineConfig,
    hidden: i64,
    batch: NonZeroUsize,
    epochs: NonZeroUsize,
    fill: FillConfig,
    noise: Vec<NoiseConfig>,
}

/// Ratings, of which a tenth is held out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum Data {
    /// A folder of MovieLens.
    Folder(PathBuf),
    /// Made-up ratings with a long tail.
    MadeUp { rows: u32, columns: u32, ratings: usize },
}

impl Default for Workload {
    fn default() -> Self {
        let count = |count| NonZeroUsize::new(count).expect("above 0");
        Self {
            data: Data::Folder("datasets/ml-1m".into()),
            engine: EngineConfig::Auto,
            hidden: 500,
            batch: count(256),
            epochs: count(5),
            fill: FillConfig::Zero,
            noise: Vec::new(),
        }
    }
}

fn main() -> Result<()> {
    let start = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["export", workload, data] => with_task(&serde_json::from_str(workload)?, |task| export(task, Path::new(data))),
        ["train", workload] => with_task(&serde_json::from_str(workload)?, |task| train_and_print(task, start)),
        _ => Err("expected: export WORKLOAD DATA, or train WORKLOAD".into()),
    }
}

fn with_task(workload: &Workload, work: impl FnOnce(&Task<'_>) -> Result<()>) -> Result<()> {
    let [train, validation] = split(&workload.data)?;
    let fill = workload.fill.fit(&train);
    let inputs = Inputs::new(&train, fill, &Csr::empty(train.rows(), 0), Axis::Users);
    work(&Task {
        inputs: &inputs,
        members: hourglass_train::OfMembers::default(),
        context: hourglass_train::Context::default(),
        validation: HeldOut { inputs: &inputs, ratings: &validation, by_members: &[] },
        rows: Axis::Users,
        scale: Scale { minimum: 1.0, maximum: 5.0 },
        range: None,
        levels: &Levels::of(&train),
        model: &ModelConfig::Autoencoder(autoencoder::Config {
            layers: vec![workload.hidden].try_into()?,
            ..autoencoder::Config::default()
        }),
        noise: &workload.noise,
        target: Target::Clean,
        objective: &ObjectiveConfig::default(),
        penalty: &PenaltyConfig::default(),
        train: &TrainConfig {
            epochs: workload.epochs,
            batch: workload.batch,
            order: Order::AsGiven,
            optimizer: OptimizerConfig::Adam(adam::Config {
                lr: Positive::new::<1, 1_000>(),
                ..adam::Config::default()
            }),
            selection: Selection::Last,
            engine: workload.engine,
            ..TrainConfig::default()
        },
        evaluation: &EvaluationConfig {
            metrics: vec![Metric::RMSE].try_into()?,
            clip: false,
            ..EvaluationConfig::default()
        },
        seed: 1,
        device: Device::Cpu,
    })
}

/// Training and validation ratings.
fn split(data: &Data) -> Result<[Csr; 2]> {
    match data {
        Data::Folder(folder) => {
            let source = SourceConfig::Movielens(movielens::Config { path: folder.clone(), ratings: Vec::new() });
            let random = SplitConfig::Random(random::Config::default());
            let split = Dataset::new(&source, &RatingsConfig::default(), &random)?.split;
            Ok([split.train, split.validation.ratings])
        }
        Data::MadeUp { rows, columns, ratings } => Ok(made_up(*rows, *columns, *ratings)),
    }
}

/// Who rates is drawn uniformly; of the items, the first are rated most: half of all ratings are of a quarter of them.
fn made_up(rows: u32, columns: u32, ratings: usize) -> [Csr; 2] {
    let mut generator = Generator::seed_from_u64(1);
    let mut parts = [Vec::with_capacity(ratings), Vec::new()];
    for _ in 0..ratings {
        let popularity: f64 = generator.random();
        let column = (popularity * popularity * f64::from(columns)) as u32;
        let entry = (generator.random_range(0..rows), column, generator.random_range(1..=5_u8).into());
        parts[usize::from(generator.random_bool(0.1))].push(entry);
    }
    parts.map(|mut entries: Vec<(u32, u32, f32)>| {
        entries.sort_by_key(|&(row, column, _)| (row, column));
        entries.dedup_by_key(|&mut (row, column, _)| (row, column));
        Csr::from_entries(rows as usize, columns as usize, entries.into_iter())
    })
}

fn train_and_print(task: &Task<'_>, start: Instant) -> Result<()> {
    let read = start.elapsed().as_secs_f64();
    let (mut training, mut evaluation, mut losses, mut since) = (Vec::new(), Vec::new(), Vec::new(), Instant::now());
    fit(task, None, &mut |event| {
        match event {
            Event::Batch { batch, batches, .. } if batch == batches => {
                training.push(since.elapsed().as_secs_f64());
                since = Instant::now();
            }
            Event::Batch { .. } => {}
            Event::Epoch { report, .. } => {
                evaluation.push(since.elapsed().as_secs_f64());
                since = Instant::now();
                losses.push(report.values[0]);
            }
        }
        Ok(Flow::Continue)
    })?;
    let measured = serde_json::json!({
        "ratings": task.inputs.ratings.len(),
        "read": read,
        "training": training,
        "evaluation": evaluation,
        "process": start.elapsed().as_secs_f64(),
        "losses": losses,
        "peak": peak_of_memory()?,
    });
    println!("{measured}");
    Ok(())
}

/// Bytes that this process has held at most.
fn peak_of_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(1024 * line.trim().trim_end_matches(" kB").parse::<u64>()?)
}

/// Ratings of the training and the validation part as `[3, entries]` arrays of row, column and value, their shape, and fresh
/// weights.
fn export(task: &Task<'_>, path: &Path) -> Result<()> {
    let triples = |part: &Csr| {
        let entries: Vec<(u32, u32, f32)> = part.entries().collect();
        let numbers = |of: &dyn Fn(&(u32, u32, f32)) -> f32| entries.iter().map(of).collect::<Vec<f32>>();
        let columns = [numbers(&|e| e.0 as f32), numbers(&|e| e.1 as f32), numbers(&|e| e.2)].concat();
        Tensor::from_slice(&columns).view([3, -1])
    };
    let ratings = &task.inputs.ratings;
    let shape = Tensor::from_slice(&[ratings.rows() as f32, ratings.columns() as f32]);
    let mut tensors = vec![
        ("train".to_owned(), triples(ratings)),
        ("validation".to_owned(), triples(task.validation.ratings)),
        ("shape".to_owned(), shape),
    ];
    tensors.extend(State::start(task).model.weights());
    Ok(Tensor::write_npz(&tensors, path)?)
}
