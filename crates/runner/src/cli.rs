//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hourglass_train::DeviceChoice;

use crate::overrides::Assignment;
use crate::recommend::Vectors;

/// Declare autoencoder-recommender experiments in TOML, run sweeps, compare charts and CSV metrics.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train every trial of an experiment that is not finished yet, then draw its charts
    Run(Run),
    /// Show which trials would run, and what each would cost
    Plan(Plan),
    /// Draw charts, tables and pages again from the records, without training
    Report(Report),
    /// Print the experiment with every default filled in
    Explain(Explain),
    /// Look at ratings, fetch them, convert them
    Data(Data),
    /// Write the codes of a trained network as a table, a line for each of its rows
    Embed(Embed),
    /// Tell an attribute from the codes by a linear model, and print how well that goes
    Probe(Probe),
    /// Draw what a trained network has learned
    Draw(Draw),
    /// Recommend items to known users, or to somebody new by their own ratings
    Recommend(Recommend),
    /// List the items that a network takes for similar
    Similar(Similar),
    /// Rank settings across runs and experiments, and test which differ from the best
    Compare(Compare),
    /// Tell whether results are what experiments claim: claim, measured, expected, verdict
    Check(Check),
    /// List the runs that there are
    List(List),
    /// Write runs in the files of other programs: TensorBoard, MLflow, DVC, Parquet
    Export(Export),
    /// Say what a reviewer would question in an experiment, and what would settle it
    Doctor(Doctor),
    /// Watch a sweep while it runs, from another terminal
    Watch(Watch),
    /// Train the trials that standard input names: what `run --jobs` starts
    #[command(hide = true)]
    Worker(Worker),
}

/// `hourglass data`.
#[derive(Debug, Args)]
pub struct Data {
    /// What to do.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// The verbs of `hourglass data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Print counts, scale, activity, time range and attributes, and draw the long tail
    Inspect(Inspect),
    /// Download a public data set, check it and unpack it
    Fetch(Fetch),
    /// Write the ratings that count as a Parquet file
    Convert(Convert),
    /// Print the fingerprints of the ratings and of their split
    Fingerprint(Source),
}

/// Where ratings are described.
#[derive(Debug, Args)]
pub struct Source {
    /// An experiment file, of which [data], [ratings] and [split] count, or the folder of a MovieLens data set
    #[arg(value_name = "SOURCE")]
    pub path: PathBuf,
}

/// `hourglass data inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The ratings.
    #[command(flatten)]
    pub source: Source,
    /// Where to draw the long tail, as an SVG and a PNG; without it, nothing is drawn
    #[arg(long, value_name = "PATH")]
    pub chart: Option<PathBuf>,
}

/// `hourglass data fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// ml-latest-small, ml-100k, ml-1m, ml-20m, ml-25m or ml-32m
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The folder in which the data set's folder is made
    #[arg(long, value_name = "DIR", default_value = "datasets")]
    pub to: PathBuf,
}

/// `hourglass data convert`.
#[derive(Debug, Args)]
pub struct Convert {
    /// The ratings.
    #[command(flatten)]
    pub source: Source,
    /// The Parquet file
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// Which experiment.
#[derive(Debug, Args)]
pub struct Experiment {
    /// The experiment file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Change one value of the file, for example --set train.epochs=10; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub assignments: Vec<Assignment>,
}

/// Where results are.
#[derive(Debug, Args)]
pub struct Results {
    /// The folder that holds a folder of results for each experiment
    #[arg(long = "results", value_name = "DIR", default_value = "results")]
    pub root: PathBuf,
}

/// `hourglass run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Where to.
    #[command(flatten)]
    pub results: Results,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, default_value_t)]
    pub device: DeviceChoice,
    /// Trials at the same time, each in a process of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// The most processor threads that a trial may use; small ones use fewer [default: an equal share for each job]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Only the trials whose id begins so; may be repeated
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// At most N trials: the first of those that are asked for
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Seconds between checkpoints; 0 means after every epoch
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub checkpoint_every: Duration,
    /// Seconds between rows of each trial's system.csv: what it takes of processors, memory and GPU [default: none]
    #[arg(long, value_name = "SECONDS", value_parser = positive_seconds)]
    pub system_metrics: Option<Duration>,
}

/// `hourglass worker`.
#[derive(Debug, Args)]
pub struct Worker {
    /// Where to.
    #[command(flatten)]
    pub results: Results,
    /// Where to compute.
    #[arg(long)]
    pub device: DeviceChoice,
    /// The most processor threads that a trial may use.
    #[arg(long)]
    pub threads: u16,
    /// Seconds between checkpoints.
    #[arg(long, value_parser = seconds)]
    pub checkpoint_every: Duration,
    /// Seconds between rows of each trial's system.csv.
    #[arg(long, value_parser = positive_seconds)]
    pub system_metrics: Option<Duration>,
}

/// `hourglass plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Where finished trials are looked for.
    #[command(flatten)]
    pub results: Results,
    /// Where it would compute: auto, cpu, cuda or cuda:N
    #[arg(long, default_value_t)]
    pub device: DeviceChoice,
    /// Only the trials whose id begins so; may be repeated
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// At most N trials: the first of those that are asked for
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Show the layers of each network too, with their shapes and parameter counts
    #[arg(long)]
    pub layers: bool,
}

/// `hourglass report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The experiment file, or a folder with the results of one or of several experiments
    #[arg(value_name = "FILE|DIR")]
    pub place: PathBuf,
    /// Change one value of the file, for example --set report.skip_epochs=5; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub assignments: Vec<Assignment>,
    /// Where the results of an experiment file are.
    #[command(flatten)]
    pub results: Results,
}

/// `hourglass explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
}

/// Which trained network.
#[derive(Debug, Args)]
pub struct Trial {
    /// Its name.
    #[command(flatten)]
    pub run: RunName,
    /// Of an experiment with several finished trials, the one whose id begins so
    #[arg(long, value_name = "ID")]
    pub only: Option<String>,
    /// Where the results of an experiment file are.
    #[command(flatten)]
    pub results: Results,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, default_value_t)]
    pub device: DeviceChoice,
}

/// What names one run.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RunName {
    /// A finished run: the beginning of its id, its folder, an experiment's name or file, or best:results/fills:validation.rmse
    #[arg(value_name = "RUN")]
    place: Option<String>,
    /// The same, as an option
    #[arg(long = "run", value_name = "RUN")]
    option: Option<String>,
}

impl RunName {
    /// As it was typed.
    pub fn name(&self) -> &str {
        self.place.as_deref().or(self.option.as_deref()).unwrap_or_default()
    }
}

/// A part of the split, for what the network is shown when it is asked for that part's ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The training ratings
    Train,
    /// What is shown at validation: the training ratings, unless the split holds rows out
    Validation,
    /// What is shown at the test: the training ratings, unless the split holds rows out
    Test,
}

/// What an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A number if all its values are numbers and there are more than 25 different ones, else a category
    Auto,
    /// A number: linear regression
    Number,
    /// One of several values: logistic regression
    Category,
}

/// `hourglass embed`.
#[derive(Debug, Args)]
pub struct Embed {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// Which ratings the network is shown
    #[arg(long, default_value = "train")]
    pub part: Part,
    /// The table, .parquet or .csv [default: codes.parquet in the trial's folder]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// `hourglass probe`.
#[derive(Debug, Args)]
pub struct Probe {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// What is to be told from the codes: an attribute of the network's rows, as `hourglass data inspect` lists them
    #[arg(long, value_name = "NAME")]
    pub attribute: String,
    /// What the attribute is
    #[arg(long, default_value = "auto")]
    pub kind: Kind,
    /// Which ratings the network is shown
    #[arg(long, default_value = "train")]
    pub part: Part,
    /// Of the choice of the rows that the probe is measured on
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,
}

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
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub top: u32,
    /// Only items with at least this score; with neighbours, liked by at least this share of them
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true)]
    pub threshold: Option<f32>,
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
    #[arg(long, value_name = "RATING", allow_negative_numbers = true)]
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
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub raters: u32,
    /// Where to.
    #[command(flatten)]
    pub answer: Answer,
}

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

/// A test of the differences between runs with the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Test {
    /// Student's paired t-test; needs 3 common seeds
    T,
    /// Wilcoxon's signed-rank test; needs 6 common seeds
    Wilcoxon,
}

/// `hourglass compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// Folders of results, experiment files, names of experiments, or ids of trials
    #[arg(value_name = "RUNS", required = true)]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for by name.
    #[command(flatten)]
    pub results: Results,
    /// The metric, for example validation.mae [default: test.rmse, or else the first test metric]
    #[arg(long, value_name = "METRIC")]
    pub by: Option<String>,
    /// Only these runs, for example "train.batch = 64 and test.rmse < 0.88"
    #[arg(long = "where", value_name = "FILTER")]
    pub filter: Option<String>,
    /// How each setting is tested against the best
    #[arg(long, default_value = "t")]
    pub test: Test,
    /// Compare by users instead of by seeds: intervals by bootstrap over users, paired tests, sizes of effects
    #[arg(long, conflicts_with_all = ["test", "chart"])]
    pub by_user: bool,
    /// With --by-user, how often users are drawn anew
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "by_user", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub resamples: u32,
    /// With --by-user, the seed of these draws
    #[arg(long, value_name = "N", default_value_t = 42, requires = "by_user")]
    pub seed: u64,
    /// Where to draw the curves of the best settings, as .svg and .png
    #[arg(long, value_name = "PATH")]
    pub chart: Option<PathBuf>,
    /// The column of epochs.csv that is drawn [default: the metric on the validation ratings]
    #[arg(long, value_name = "COLUMN", requires = "chart")]
    pub curve: Option<String>,
    /// Write the table here too, with full precision
    #[arg(long, value_name = "FILE.csv")]
    pub csv: Option<PathBuf>,
    /// Write the table here too, with full precision
    #[arg(long, value_name = "FILE.parquet")]
    pub parquet: Option<PathBuf>,
    /// Write the table here too, as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// `hourglass check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Experiment files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    pub places: Vec<PathBuf>,
    /// Where results are looked for.
    #[command(flatten)]
    pub results: Results,
    /// Write the tables here too, as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// `hourglass list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only these runs, for example "model.autoencoder.layers = [256,512,256] and test.rmse < 0.88"
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,
    /// Of a folder of results, an experiment file, an experiment's name, or a trial's id; may be repeated [default: all]
    #[arg(long = "of", value_name = "RUNS")]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for.
    #[command(flatten)]
    pub results: Results,
}

/// `hourglass export`.
#[derive(Debug, Args)]
pub struct Export {
    /// For what.
    #[command(subcommand)]
    pub command: ExportCommand,
}

/// The programs that `hourglass export` writes for.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Event files with curves and hyperparameters: tensorboard --logdir DIR
    Tensorboard(ExportTo),
    /// A folder for mlflow migrate-filestore, or requests to a running server
    Mlflow(ExportMlflow),
    /// Parameters, metrics and plots with a dvc.yaml: dvc metrics show, dvc params diff, dvc plots show
    Dvc(ExportTo),
    /// Two tables, runs.parquet and epochs.parquet, for pandas, polars, DuckDB and the like
    Parquet(ExportTo),
}

/// Which runs are exported.
#[derive(Debug, Args)]
pub struct Exported {
    /// Folders of results, experiment files, names of experiments, or ids of trials [default: all]
    #[arg(value_name = "RUNS")]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for by name.
    #[command(flatten)]
    pub results: Results,
    /// Only these runs, for example "train.batch = 64 and test.rmse < 0.88"
    #[arg(long = "where", value_name = "FILTER")]
    pub filter: Option<String>,
}

/// `hourglass export tensorboard`, `dvc` and `parquet`.
#[derive(Debug, Args)]
pub struct ExportTo {
    /// Which runs.
    #[command(flatten)]
    pub exported: Exported,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// `hourglass export mlflow`.
#[derive(Debug, Args)]
pub struct ExportMlflow {
    /// Which runs.
    #[command(flatten)]
    pub exported: Exported,
    /// The folder to write to, for mlflow migrate-filestore
    #[arg(long, value_name = "DIR", required_unless_present = "uri", conflicts_with = "uri")]
    pub to: Option<PathBuf>,
    /// A running server instead, for example http://127.0.0.1:5000
    #[arg(long, value_name = "URL")]
    pub uri: Option<String>,
}

/// `hourglass doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The experiment.
    #[command(flatten)]
    pub experiment: Experiment,
    /// Where prepared data is kept.
    #[command(flatten)]
    pub results: Results,
    /// Look at the file alone
    #[arg(long)]
    pub without_data: bool,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 1 where anything is wrong or doubtful
    #[arg(long)]
    pub strict: bool,
}

/// `hourglass watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// An experiment file, a folder of results, the name of an experiment, or the id of a trial; may be several [default: all]
    #[arg(value_name = "RUNS")]
    pub places: Vec<String>,
    /// Where experiments and trials are looked for by name.
    #[command(flatten)]
    pub results: Results,
    /// Change one value of the experiment files, as for `hourglass run`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub assignments: Vec<Assignment>,
    /// Print what there is once, as plain text
    #[arg(long)]
    pub once: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

fn positive_seconds(text: &str) -> Result<Duration, String> {
    let duration = seconds(text)?;
    if duration.is_zero() { Err("expected more than 0 seconds".to_owned()) } else { Ok(duration) }
}
