//! What a training pays for its records: a look at its lease, a row of `epochs.csv` and a row of `timing.csv` for each epoch.
//!
//! ```text
//! cargo run --example log_epochs -- [FOLDER]
//! ```

use std::error::Error;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Instant;

use hourglass_report::{Claim, EpochLog, Layout, Lease};

/// Epochs of a measurement.
const EPOCHS: usize = 20_000;

/// As many as an ordinary training has: two losses and three metrics of training and validation.
const COLUMNS: [&str; 8] = [
    "loss",
    "validation.loss",
    "train.rmse",
    "validation.rmse",
    "train.mae",
    "validation.mae",
    "train.user-rmse",
    "validation.user-rmse",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("hourglass-log-epochs-{}", std::process::id()));
    let mut rounds = (0..5).map(|round| measured(&Layout::new(&folder), round)).collect::<Result<Vec<_>, _>>()?;
    std::fs::remove_dir_all(&folder)?;
    rounds.sort_by(f64::total_cmp);
    let [least, .., most] = rounds[..] else { return Err("no round".into()) };
    let middle = rounds[rounds.len() / 2];
    writeln!(stdout(), "{middle:.2} µs an epoch ({least:.2} to {most:.2}, {EPOCHS} epochs each)")?;
    Ok(())
}

/// Microseconds of an epoch.
fn measured(layout: &Layout, round: usize) -> Result<f64, Box<dyn Error>> {
    let trial = layout.trial(&round.to_string());
    trial.create()?;
    let Claim::Taken(lease) = Lease::take(&trial, None)? else { return Err("held by another process".into()) };
    let mut epochs = EpochLog::create(&trial.epochs(), &COLUMNS)?;
    let mut timing = EpochLog::create(&trial.timing(), &["seconds", "peak_memory_mib"])?;
    let start = Instant::now();
    for epoch in 1..=EPOCHS {
        let number = 1.0 / (epoch as f64 + 0.1);
        if lease.is_lost() {
            return Err("the lease was lost".into());
        }
        epochs.append(epoch, &[Some(number); COLUMNS.len()])?;
        timing.append(epoch, &[Some(number), Some(123.4)])?;
    }
    Ok(start.elapsed().as_secs_f64() / EPOCHS as f64 * 1e6)
}
