//! The command line of `hourglass draw`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Part, Trial};

/// `hourglass draw`.
#[derive(Debug, Args)]
pub struct Draw {
    /// What to draw.
    #[command(subcommand)]
    pub command: DrawCommand,
}

/// The pictures of `hourglass draw`.
#[derive(Debug, Subcommand)]
pub enum DrawCommand {
    /// A map of the codes: their two main directions, in clusters, with a table of both
    Codes(DrawMap),
    /// The same map of the ratings that the network is shown, with the fill where one is missing
    Ratings(DrawMap),
    /// The weights of single inputs over the units of the first layer
    Weights(DrawWeights),
    /// Images, and below each what the network makes of it
    Reconstructions(DrawReconstructions),
}

/// `hourglass draw codes` and `hourglass draw ratings`.
#[derive(Debug, Args)]
pub struct DrawMap {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// Clusters of k-means, in the whole space and not on the map
    #[arg(long, value_name = "K", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub clusters: u16,
    /// Where k-means starts
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,
    /// Colour the map by this attribute of the network's rows instead of by cluster
    #[arg(long, value_name = "NAME")]
    pub attribute: Option<String>,
    /// Which ratings the network is shown
    #[arg(long, default_value = "train")]
    pub part: Part,
    /// Where to draw, as .svg, .png and .csv [default: codes_map or ratings_map in the trial's folder]
    #[arg(long, value_name = "PATH")]
    pub to: Option<PathBuf>,
}

/// `hourglass draw weights`.
#[derive(Debug, Args)]
pub struct DrawWeights {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// The id of an input column: of an item where rows are users; may be repeated [default: the first three]
    #[arg(long, value_name = "ID")]
    pub input: Vec<String>,
    /// Where to draw, as .svg and .png [default: weights in the trial's folder]
    #[arg(long, value_name = "PATH")]
    pub to: Option<PathBuf>,
}

/// `hourglass draw reconstructions`.
#[derive(Debug, Args)]
pub struct DrawReconstructions {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// How many images: the first that the network has not learned from, or the first of all if there are none
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=40))]
    pub images: u16,
    /// Pixels in a line of an image [default: as many as there are lines]
    #[arg(long, value_name = "N")]
    pub width: Option<u16>,
    /// Where to draw, as .svg and .png [default: reconstructions in the trial's folder]
    #[arg(long, value_name = "PATH")]
    pub to: Option<PathBuf>,
}
