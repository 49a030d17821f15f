//! The command line of recommendations.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Trial;
use crate::recommend::{Asked, RATERS, Vectors};

/// How recommendations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs: one object
    Json,
    /// For programs: a line for each item
    Csv,
}

/// Where an answer goes.
#[derive(Debug, Args)]
pub struct Answer {
    /// How it is written
    #[arg(long, default_value = "table")]
    pub format: Format,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What recommends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// What the model predicts
    Scores,
    /// A vote of the users with the most similar codes
    Neighbours,
}

/// `hourglass recommend`.
#[derive(Debug, Args)]
pub struct Recommend {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// For whom.
    #[command(flatten)]
    pub whom: Whom,
    /// Something that is known of the new user, as age=25, for a run that reads it; may be repeated [default: nothing is known]
    #[arg(long, value_name = "ATTRIBUTE=VALUE", conflicts_with_all = ["user", "all"])]
    pub about: Vec<String>,
    /// How many items for each
    #[arg(long, value_name = "N", default_value_t = Asked::default().top as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub top: u32,
    /// Only items with at least this score; with neighbours, liked by at least this share of them
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true, value_parser = finite)]
    pub threshold: Option<f32>,
    /// Only items with at least so many training ratings: the highest predictions are often of items that few have rated
    #[arg(long, value_name = "N", default_value_t = Asked::default().raters)]
    pub raters: u32,
    /// Items that are rated already, too
    #[arg(long)]
    pub rated_too: bool,
    /// The rated items that contributed most, so many for each [default: 2; 0 for all users]
    #[arg(long, value_name = "N")]
    pub reasons: Option<usize>,
    /// What recommends
    #[arg(long, default_value = "scores")]
    pub by: By,
    /// How many neighbours vote
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub neighbours: u32,
    /// From which rating on a neighbour likes an item [default: evaluation.relevant_from, or else three quarters of the scale]
    #[arg(long, value_name = "RATING", allow_negative_numbers = true, value_parser = finite)]
    pub liked: Option<f32>,
    /// Where to.
    #[command(flatten)]
    pub answer: Answer,
}

/// For whom something is recommended.
#[derive(Debug, Args)]
#[group(id = "whom", required = true, multiple = true)]
pub struct Whom {
    /// A user of the data, by id; may be repeated
    #[arg(long, value_name = "ID", conflicts_with_all = ["ratings", "rate"])]
    pub user: Vec<String>,
    /// All users of the data
    #[arg(long, conflicts_with_all = ["user", "ratings", "rate"])]
    pub all: bool,
    /// Somebody new, by a file of their ratings: CSV with the columns rating, and item (an id) or title
    #[arg(long, value_name = "FILE")]
    pub ratings: Option<PathBuf>,
    /// Somebody new, by a rating such as "Toy Story=5"; may be repeated
    #[arg(long, value_name = "TITLE=RATING")]
    pub rate: Vec<String>,
}

/// `hourglass similar`.
#[derive(Debug, Args)]
pub struct Similar {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// The title of an item, or #ID; may be repeated
    #[arg(long, value_name = "TITLE", required = true)]
    pub item: Vec<String>,
    /// How many items for each
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub top: u32,
    /// Which numbers are compared [default: decoder, or codes where rows are items]
    #[arg(long)]
    pub by: Option<Vectors>,
    /// Only items with at least so many training ratings: of few, little is learned
    #[arg(long, value_name = "N", default_value_t = RATERS)]
    pub raters: u32,
    /// Where to.
    #[command(flatten)]
    pub answer: Answer,
}

/// A number that is compared with scores or ratings.
fn finite(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if number.is_finite() { Ok(number) } else { Err("expected a finite number".to_owned()) }
}
