//! `hourglass data inspect`: what is known of ratings, in numbers and in a picture.

use anyhow::{Context, Result};
use hourglass_data::{Catalogue, Counts, Csr, Interactions, Scale, load};
use hourglass_report::chart::{self, Heading};
use hourglass_report::format::{count, metric};
use jiff::Timestamp;

use super::Described;
use crate::cli;
use crate::command::print;

/// Prints what is known, and draws the long tail.
///
/// # Errors
/// When the ratings cannot be read, or the chart cannot be written.
pub(super) fn inspect(arguments: &cli::Inspect) -> Result<()> {
    let described = Described::read(&arguments.source)?;
    let interactions = load(&described.data, &described.ratings)?;
    let matrix = interactions.matrix();
    let [users, items] = [row_lengths(&matrix), row_lengths(&matrix.transpose())];
    let declared = described.ratings.scale.is_some();
    let mut lines = sizes(&interactions, &users, &items);
    lines.extend(losses(&interactions.counts));
    lines.extend(values(&interactions, declared));
    lines.push(("time", time_range(&interactions.times)));
    lines.push(("per user", activity(&users)));
    lines.push(("per item", activity(&items)));
    lines.push(("of users", known(&interactions.users)));
    lines.push(("of items", known(&interactions.items)));
    lines.push(("fingerprint", interactions.fingerprint()));
    if let Some(path) = &arguments.chart {
        lines.push(("chart", draw(path, &arguments.source, users, items)?));
    }
    print(&lines.iter().map(|(name, text)| format!("{name:<12} {text}\n")).collect::<String>())
}

/// A name and what is said of it.
type Line = (&'static str, String);

fn row_lengths(matrix: &Csr) -> Vec<u64> {
    (0..matrix.rows()).map(|row| matrix.row(row).len() as u64).collect()
}

fn sizes(interactions: &Interactions, users: &[u64], items: &[u64]) -> Vec<Line> {
    let side = |lengths: &[u64]| {
        let rated = lengths.iter().filter(|&&length| length > 0).count();
        let all = count(lengths.len() as u64);
        if rated == lengths.len() { all } else { format!("{all}, {} of them with a rating", count(rated as u64)) }
    };
    let ratings = interactions.ratings.len();
    let density = 100.0 * ratings as f64 / (users.len() as f64 * items.len() as f64);
    vec![
        ("users", side(users)),
        ("items", side(items)),
        ("ratings", format!("{}, {} % of all pairs", count(ratings as u64), significant(density))),
    ]
}

/// Three significant digits, for shares.
fn significant(value: f64) -> String {
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    format!("{value:.decimals$}")
}

/// What of the source does not count.
fn losses(counts: &Counts) -> Vec<Line> {
    let of = |what: &str, number: usize| (number > 0).then(|| format!("{} {what}", count(number as u64)));
    let parts = [
        of("of other users", counts.of_others),
        of("cast to 0", counts.cast_to_zero),
        of("not events", counts.not_events),
        of("duplicates", counts.duplicates),
        of("of users or items with too few", counts.too_few),
    ];
    let left_out = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let left_out = if left_out.is_empty() { "nothing".to_owned() } else { left_out };
    vec![("left out", format!("{left_out}, of {} read", count(counts.read as u64)))]
}

fn values(interactions: &Interactions, declared: bool) -> Vec<Line> {
    let Some((low, high)) = interactions.range() else { return vec![("values", "none".to_owned())] };
    let scale = match interactions.scale {
        Some(Scale { minimum, maximum }) if declared => format!("{minimum} to {maximum}, declared"),
        Some(Scale { minimum, maximum }) => format!("{minimum} to {maximum}, known for this source"),
        None => format!("{low} to {high}, as the ratings are"),
    };
    let number = interactions.ratings.len() as f64;
    let mean = interactions.ratings.iter().map(|rating| f64::from(rating.value)).sum::<f64>() / number;
    let squares = interactions.ratings.iter().map(|rating| (f64::from(rating.value) - mean).powi(2)).sum::<f64>();
    let deviation = (squares / number).sqrt();
    let mut lines =
        vec![("scale", scale), ("values", format!("mean {mean:.6}, standard deviation {}", metric(Some(deviation))))];
    lines.extend(histogram(interactions, low, high).into_iter().map(|line| ("", line)));
    lines
}

/// More different values than this are counted in as many equal ranges.
const MOST_BARS: usize = 20;

fn histogram(interactions: &Interactions, low: f32, high: f32) -> Vec<String> {
    let mut values: Vec<f32> = interactions.ratings.iter().map(|rating| rating.value).collect();
    values.sort_unstable_by(f32::total_cmp);
    let distinct = values.chunk_by(|left, right| left == right);
    let bars: Vec<(String, usize)> = if distinct.clone().count() <= MOST_BARS {
        distinct.map(|same| (same[0].to_string(), same.len())).collect()
    } else {
        let edge = |bar: usize| low + (high - low) * bar as f32 / MOST_BARS as f32;
        let below = |bar: usize| {
            if bar == MOST_BARS { values.len() } else { values.partition_point(|&value| value < edge(bar)) }
        };
        (0..MOST_BARS).map(|bar| (format!("from {:.3}", edge(bar)), below(bar + 1) - below(bar))).collect()
    };
    let most = bars.iter().map(|(_, number)| *number).max().unwrap_or(1).max(1);
    let name = bars.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let bar = |(label, number): &(String, usize)| {
        let length = (40.0 * *number as f64 / most as f64).ceil() as usize;
        format!("{label:>name$} {:>12}  {}", count(*number as u64), "▇".repeat(length))
    };
    bars.iter().map(bar).collect()
}

fn time_range(times: &[i64]) -> String {
    let day = |time: &i64| {
        let date = Timestamp::from_second(*time).map(|stamp| stamp.strftime("%Y-%m-%d").to_string());
        date.unwrap_or_else(|_| time.to_string())
    };
    match (times.iter().min(), times.iter().max()) {
        (Some(first), Some(last)) => format!("{} to {}", day(first), day(last)),
        _ => "not known".to_owned(),
    }
}

/// How many ratings users (or items) have, from the one with the fewest to the one with the most.
fn activity(lengths: &[u64]) -> String {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let quantile = |share: f64| sorted.get((share * (sorted.len().max(1) - 1) as f64).round() as usize).copied();
    let at = |share: f64| count(quantile(share).unwrap_or(0));
    format!(
        "fewest {}, quartiles {} · {} · {}, 99 % up to {}, most {}",
        at(0.0),
        at(0.25),
        at(0.5),
        at(0.75),
        at(0.99),
        at(1.0)
    )
}

/// The attributes, and for what share of all they are known.
fn known(catalogue: &Catalogue) -> String {
    let coverage = |name: &str| {
        let known = catalogue.coverage(name);
        let share = 100.0 * known as f64 / catalogue.len().max(1) as f64;
        if known == catalogue.len() { String::new() } else { format!(" ({share:.1} %)") }
    };
    let attributes = catalogue.attributes.iter().map(|known| format!("{}{}", known.name, coverage(&known.name)));
    let list = attributes.collect::<Vec<_>>().join(", ");
    if list.is_empty() { "nothing else is known".to_owned() } else { list }
}

fn draw(path: &std::path::Path, source: &cli::Source, users: Vec<u64>, items: Vec<u64>) -> Result<String> {
    let name = source.path.file_stem().unwrap_or_default().to_string_lossy();
    let subtitle = format!("{name} · the user, or item, with most ratings is at rank 1");
    let heading = Heading { title: "Ratings per user and per item".to_owned(), subtitle };
    let svg = chart::long_tail(&heading, &[("users", users), ("items", items)]);
    let stem = if path.extension().is_some_and(|kind| kind == "svg" || kind == "png") {
        path.with_extension("")
    } else {
        path.to_owned()
    };
    let [vector, pixels] = chart::save(&svg, &stem).context("cannot draw the chart")?;
    Ok(format!("{}, {}", vector.display(), pixels.display()))
}
