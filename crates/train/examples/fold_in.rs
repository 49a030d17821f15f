//! How fast rows are scored: one at a time, as somebody new is, and all at once, as lists are measured. `benches/recommend.py` runs
//! it for several sizes.
//!
//! ```text
//! fold_in USERS ITEMS UNITS RATINGS [all]     an AutoRec of so many units, on so many made-up ratings of each user
//! ```
//!
//! Prints seconds of a single fold-in (median and 99th percentile of a thousand) and, with `all`, of the best hundred items of
//! every user, with the most memory that the process has had, as JSON.

#![expect(clippy::print_stdout, reason = "a program that prints what it measures")]

use std::time::Instant;

use hourglass_data::{Axis, Csr, FillConfig, Scale};
use hourglass_models::autoencoder;
use hourglass_train::inputs::{HeldOut, Target};
use hourglass_train::score::{best_columns, scorer};
use hourglass_train::state::State;
use hourglass_train::{
    EvaluationConfig, Inputs, Levels, ModelConfig, ObjectiveConfig, PenaltyConfig, Task, TrainConfig,
};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::Device;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Fold-ins that are timed.
const ONE_AT_A_TIME: u32 = 1000;

/// Items of a list.
const LENGTH: usize = 100;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| -> Result<usize> {
        Ok(arguments.get(place).ok_or("expected: USERS ITEMS UNITS RATINGS [all]")?.parse()?)
    };
    let ratings = made_up(number(0)?, number(1)?, number(3)?);
    let inputs = Inputs::new(&ratings, FillConfig::UserMean.fit(&ratings), &Csr::empty(ratings.rows(), 0), Axis::Users);
    let layers = vec![i64::try_from(number(2)?)?].try_into()?;
    measure(
        &Task {
            inputs: &inputs,
            members: hourglass_train::OfMembers::default(),
            context: hourglass_train::Context::default(),
            validation: HeldOut {
                inputs: &inputs,
                ratings: &Csr::empty(ratings.rows(), ratings.columns()),
                by_members: &[],
            },
            rows: Axis::Users,
            scale: Scale { minimum: 1.0, maximum: 5.0 },
            range: None,
            levels: &Levels::of(&ratings),
            model: &ModelConfig::Autoencoder(autoencoder::Config { layers, ..autoencoder::Config::default() }),
            noise: &[],
            target: Target::Clean,
            objective: &ObjectiveConfig::default(),
            penalty: &PenaltyConfig::default(),
            train: &TrainConfig::default(),
            evaluation: &EvaluationConfig::default(),
            seed: 1,
            device: Device::Cpu,
        },
        arguments.get(4).is_some_and(|word| word == "all"),
    )
}

/// So many ratings of each user, of popular items more often.
fn made_up(users: usize, items: usize, each: usize) -> Csr {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut entries = Vec::with_capacity(users * each);
    for user in 0..users as u32 {
        let first = entries.len();
        let item = |random: &mut Xoshiro256PlusPlus| (random.random::<f64>().powi(3) * items as f64) as u32;
        entries.extend((0..each).map(|_| (user, item(&mut random), random.random_range(1..=5) as f32)));
        entries[first..].sort_unstable_by_key(|&(_, item, _)| item);
    }
    entries.dedup_by_key(|&mut (user, item, _)| (user, item));
    Csr::from_entries(users, items, entries.iter().copied())
}

fn measure(task: &Task<'_>, all: bool) -> Result<()> {
    let model = State::start(task).model;
    let start = Instant::now();
    let scorer = scorer(task, &model);
    let ready = start.elapsed().as_secs_f64();
    let inputs = task.inputs;
    let rows = inputs.ratings.rows() as u32;
    let fold_in = |row: u32| {
        let start = Instant::now();
        let best = best_columns(scorer.as_ref(), inputs, &[row], LENGTH, &[&inputs.ratings], &[]);
        assert_eq!(best[0].len(), LENGTH);
        start.elapsed().as_secs_f64()
    };
    fold_in(0);
    let mut seconds: Vec<f64> = (0..ONE_AT_A_TIME).map(|place| fold_in(place % rows)).collect();
    seconds.sort_by(f64::total_cmp);
    let (median, tail) = (seconds[seconds.len() / 2], seconds[seconds.len() * 99 / 100]);
    let start = Instant::now();
    let everyone: Vec<u32> = if all { (0..rows).collect() } else { Vec::new() };
    let lists = best_columns(scorer.as_ref(), inputs, &everyone, LENGTH, &[&inputs.ratings], &[]);
    let of_all = start.elapsed().as_secs_f64();
    println!(
        r#"{{"ready": {ready}, "median": {median}, "p99": {tail}, "lists": {}, "all": {of_all}, "peak_bytes": {}}}"#,
        lists.len(),
        peak_bytes()?,
    );
    Ok(())
}

/// As the kernel counts it.
fn peak_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
