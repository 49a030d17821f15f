//! How long ratings take to read, index and split, and how much memory they take. Figures: `benches/README.md`.
//!
//! ```text
//! load_ratings once FOLDER            read and split a MovieLens folder without a cache
//! load_ratings cached FOLDER CACHE    the same from the cache, which the first run fills
//! load_ratings generate FOLDER LINES  write a MovieLens folder with so many lines
//! ```
//!
//! One measurement a process, because the peak of memory is the process's.

#![expect(clippy::print_stdout, reason = "a program that prints what it measures")]

use hourglass_data::{Dataset, Error, RatingsConfig, SourceConfig, SplitConfig, movielens, random};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["once", folder] => {
            measure(|| Dataset::new(&source(folder), &RatingsConfig::default(), &split()))?;
        }
        ["cached", folder, cache] => {
            measure(|| Dataset::cached(&source(folder), &RatingsConfig::default(), &split(), Path::new(cache)))?;
        }
        ["generate", folder, lines] => generate(Path::new(folder), lines.parse()?)?,
        _ => return Err("expected: once FOLDER, cached FOLDER CACHE, or generate FOLDER LINES".into()),
    }
    Ok(())
}

fn source(folder: &str) -> SourceConfig {
    SourceConfig::Movielens(movielens::Config { path: folder.into(), ratings: Vec::new() })
}

fn split() -> SplitConfig {
    SplitConfig::Random(random::Config::default())
}

fn measure(load: impl FnOnce() -> Result<Dataset, Error>) -> Result<(), Error> {
    let before = memory("VmRSS:");
    let start = Instant::now();
    let dataset = load()?;
    let seconds = start.elapsed().as_secs_f64();
    let split = &dataset.split;
    let ratings = split.train.len() + split.validation.ratings.len() + split.test.ratings.len();
    let per_rating = |bytes: u64| bytes.saturating_sub(before) as f64 / ratings as f64;
    let (peak, resident) = (memory("VmHWM:"), memory("VmRSS:"));
    println!(
        "{ratings} ratings in {:.1} ms; peak {:.1} MiB, {:.1} bytes a rating; afterwards {:.1} bytes a rating, of which \
         the matrices are {:.1}",
        1e3 * seconds,
        peak as f64 / f64::from(1 << 20),
        per_rating(peak),
        per_rating(resident),
        [&split.train, &split.validation.ratings, &split.test.ratings]
            .map(|part| part.heap_bytes())
            .iter()
            .sum::<usize>() as f64
            / ratings as f64
    );
    Ok(())
}

/// A line of the process's state in bytes, where the system tells.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default();
    kibibytes << 10
}

/// 200,000 users and 40,000 items, each pair at most once, in the layout of the newer MovieLens sets.
fn generate(folder: &Path, lines: u64) -> io::Result<()> {
    const USERS: u64 = 200_000;
    const ITEMS: u64 = 40_000;
    fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(File::create(folder.join("ratings.csv"))?);
    writeln!(file, "userId,movieId,rating,timestamp")?;
    for line in 0..lines {
        // A full cycle over all pairs: the step and their number have no common divisor.
        let pair = line.wrapping_mul(5_800_000_007) % (USERS * ITEMS);
        let rating = (pair % 10 + 1) as f64 / 2.0;
        writeln!(file, "{},{},{rating:.1},{}", pair / ITEMS + 1, pair % ITEMS + 1, 1_000_000_000 + line)?;
    }
    file.flush()
}
