//! Ways in which published numbers came to be wrong, tried on this program: `docs/traps.md` names a test for each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use clap::Parser;
use hourglass::cli::{self, Cli, Command, Torch};
use hourglass::spec::Spec;
use hourglass::trained::Trained;
use hourglass_data::Dataset;
use hourglass_report::{Finished, Layout, UserErrors};
use hourglass_train::evaluate::predict;
use tempfile::TempDir;

use crate::sandbox::{Sandbox, TINY, assert_says, tiny_with};

/// By the ids of user and film.
type Ratings = BTreeMap<(u32, u32), u32>;

const USERS: u32 = 40;
const FILMS: u32 = 30;

/// A third of all pairs, rated 1 to 5; nobody but the first user has rated the last film.
fn ratings() -> Ratings {
    let pairs = (1..=USERS).flat_map(|user| (1..=FILMS).map(move |film| (user, film)));
    let rated = pairs.filter(|(user, film)| (user * 7 + film * 5) % 3 == 0 && (*film < FILMS || *user < 4));
    rated.map(|(user, film)| ((user, film), (user * user + film * 3) % 5 + 1)).collect()
}

/// A folder like MovieLens-1M's.
fn folder_of(ratings: &Ratings) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for ((user, film), rating) in ratings {
        // The last user and the last film came late.
        let late = if *user == USERS || *film == FILMS { 1000 } else { 0 };
        let time = 978_300_000 + (user * 31 + film * 17) % 97 + late;
        writeln!(lines, "{user}::{film}::{rating}::{time}").unwrap();
    }
    fs::write(folder.path().join("ratings.dat"), lines).unwrap();
    let user = |user: u32| {
        format!("{user}::{}::{}::{}::00000\n", ["F", "M"][user as usize % 2], [18, 25, 35][user as usize % 3], user % 4)
    };
    fs::write(folder.path().join("users.dat"), (1..=USERS).map(user).collect::<String>()).unwrap();
    let film = |film: u32| format!("{film}::Film {film} (2000)::Drama\n");
    fs::write(folder.path().join("movies.dat"), (1..=FILMS).map(film).collect::<String>()).unwrap();
    folder
}

fn experiment(data: &Path, split: &str, sweep: &str) -> String {
    format!(
        r#"name = "tiny"

[data.movielens]
path = {data:?}

{split}

[model.autoencoder]
layers = [4]
activation = "elu"

[input]
rows = "users"

[train]
epochs = 4
batch = 16
optimizer = {{ adam = {{ lr = 0.02 }} }}

[evaluation]
metrics = ["rmse", "warm-mae", "ndcg@5"]
clip = false
relevant_from = 3

[report]
test_tables = false

{sweep}
"#
    )
}

/// Fills, engines, noise and side information, each of which looks at ratings in its own way.
const CASES: &str = r#"
[[sweep.cases]]
"train.engine" = "dense"
"input.fill" = "user-mean"
"input.side_info.users" = ["gender", "age"]

[[sweep.cases]]
"train.engine" = "sparse"
"input.fill" = "zero"

[[sweep.cases]]
"train.engine" = "sparse"
"input.fill" = "bias"
"input.noise" = [{ masking = { rate = 0.2 } }]

[[sweep.cases]]
"train.engine" = "dense"
"input.fill" = "item-mean"
"evaluation.cold" = "user-mean"

[[sweep.cases]]
"train.engine" = "dense"
"objective" = { full-mse = {} }
"train.monitor" = "validation.ndcg@5"
"#;

const SPLITS: [&str; 5] = [
    "[split.random]\ntest = 0.2\nvalidation = 0.2",
    "[split.folds]\nfolds = 4\nfold = 2\nvalidation = 0.2",
    "[split.leave-out]\ncount = 2",
    "[split.temporal]\ntest = 0.2\nvalidation = 0.2",
    "[split.held-out-users]\ntest = 0.2\nvalidation = 0.2\nfold_in = 0.6",
];

/// The same ratings, but that those of the test have each other's values; the worse the better.
fn with_permuted_test_ratings(ratings: &Ratings, folder: &Path, split: &str) -> Ratings {
    let spec = Spec::parse(&experiment(folder, split, "")).unwrap();
    let data = Dataset::new(&spec.data, &spec.ratings, &spec.split).unwrap();
    let id = |name: &str| name.parse::<u32>().unwrap();
    let asked = data.split.test.ratings.entries();
    let asked: Vec<(u32, u32)> =
        asked.map(|(user, item, _)| (id(data.users.ids.name(user)), id(data.items.ids.name(item)))).collect();
    assert!(asked.len() > 20, "{split}");
    let mut permuted = ratings.clone();
    for (place, pair) in asked.iter().enumerate() {
        permuted.insert(*pair, ratings[&asked[(place + 1) % asked.len()]]);
    }
    permuted
}

/// What must not move, and what must.
struct Left {
    epochs: String,
    weights: Vec<u8>,
    finished: Finished,
    predictions: Vec<u32>,
}

fn left(sandbox: &Sandbox, position: usize) -> Left {
    let (epochs, weights) = sandbox.bits(position);
    let folder = sandbox.trial(position).folder().to_owned();
    let line = ["hourglass", "embed", folder.to_str().unwrap(), "--device", "cpu"];
    let Command::Torch(Torch::Embed(cli::Embed { trial, .. })) = Cli::parse_from(line).command else { unreachable!() };
    let trained = Trained::open(&trial).unwrap();
    let task = trained.task().unwrap();
    let predicted = predict(&task, &trained.model, &[trained.prepared.test()]).remove(0).values;
    let finished = sandbox.record(position).outcome.finished().unwrap().clone();
    Left { epochs, weights, finished, predictions: predicted.into_iter().map(f32::to_bits).collect() }
}

#[test]
fn permuting_test_ratings_moves_nothing_but_test_metrics() {
    for split in SPLITS {
        let given = folder_of(&ratings());
        let permuted = folder_of(&with_permuted_test_ratings(&ratings(), given.path(), split));
        let [given, permuted] = [given, permuted].map(|data| {
            let sandbox = Sandbox::new(&experiment(data.path(), split, CASES));
            sandbox.run_well("");
            (sandbox, data)
        });
        for position in 0..5 {
            let [given, permuted] = [&given, &permuted].map(|(sandbox, _)| left(sandbox, position));
            let what = format!("{split}\ncase {position}");
            assert_eq!(given.epochs, permuted.epochs, "{what}: epochs");
            assert_eq!(given.weights, permuted.weights, "{what}: weights");
            assert_eq!(given.predictions, permuted.predictions, "{what}: predictions");
            let chosen = |left: &Left| (left.finished.selected_epoch, left.finished.selected_by.clone());
            assert_eq!(chosen(&given), chosen(&permuted), "{what}: the epoch");
            assert_eq!(given.finished.train, permuted.finished.train, "{what}: training metrics");
            assert_eq!(given.finished.validation, permuted.finished.validation, "{what}: validation metrics");
            // The canary is alive.
            assert_ne!(given.finished.test["rmse"], permuted.finished.test["rmse"], "{what}");
            assert_ne!(given.finished.test["ndcg@5"], permuted.finished.test["ndcg@5"], "{what}");
        }
    }
}

#[test]
fn what_is_predicted_for_cold_ratings_is_declared_counted_and_told() {
    let data = folder_of(&ratings());
    let sweep = "[sweep.grid]\n\"evaluation.cold\" = [\"predict\", \"global-mean\", \"user-mean\", { constant = 3 }]\n";
    let sandbox =
        Sandbox::new(&experiment(data.path(), "[split.temporal]\ntest = 0.5\nvalidation = 0.1\nper = \"all\"", sweep));
    let ended = sandbox.run_well("");
    let of = |position: usize| sandbox.record(position).outcome.finished().unwrap().clone();
    let cold = of(0).cold_test_ratings.unwrap();
    assert!(cold > 0 && cold < of(0).test_ratings, "{cold}");
    assert_says(&ended.stderr, &[&format!("{cold} of {} test ratings", of(0).test_ratings), "are cold"]);
    let rmse: BTreeSet<String> = (0..4).map(|position| format!("{:?}", of(position).test["rmse"])).collect();
    assert_eq!(rmse.len(), 4, "each policy has its own RMSE");
    for position in 1..4 {
        assert_eq!(of(position).test["warm-mae"], of(0).test["warm-mae"], "without them they do not matter");
        assert_eq!(sandbox.bits(position).1, sandbox.bits(0).1, "a policy changes no weight");
    }
}

#[test]
fn rows_have_no_default() {
    let folder = crate::sandbox::folder_with(&tiny_with("rows = \"users\"\n", ""));
    let said = crate::sandbox::read(folder.path()).unwrap_err();
    assert_says(&said, &[":15:1: ", "missing key `rows`"]);
}

#[test]
fn both_kinds_of_rmse_are_measured_unless_others_are_asked_for() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    let finished = sandbox.record(0).outcome.finished().unwrap().clone();
    let [global, of_users] = ["rmse", "user-rmse"].map(|name| finished.test[name].unwrap());
    assert_ne!(global, of_users);
    // Both from the same predictions, by hand.
    let errors = UserErrors::read(&sandbox.trial(0).user_errors()).unwrap().unwrap().users;
    let (ratings, squares) =
        errors.iter().fold((0, 0.0), |(n, sum), user| (n + user.ratings, sum + user.squared_error));
    assert_eq!((u64::from(ratings), errors.len() as u64), (finished.test_ratings, finished.test_users));
    assert!((global - (squares / f64::from(ratings)).sqrt()).abs() < 1e-6);
    let each = errors.iter().map(|user| (user.squared_error / f64::from(user.ratings)).sqrt());
    assert!((of_users - each.sum::<f64>() / errors.len() as f64).abs() < 1e-6);
}

#[test]
fn what_chose_the_epoch_stands_in_the_record() {
    for (line, expected) in [
        ("selection = \"last\"", "last epoch"),
        ("monitor = \"loss\"", "loss"),
        ("monitor = \"validation.mae\"", "validation.mae"),
    ] {
        let sandbox = Sandbox::new(&tiny_with("batch = 16", &format!("batch = 16\n{line}")));
        sandbox.run_well("");
        assert_eq!(sandbox.record(0).outcome.finished().unwrap().selected_by, expected);
    }
    // A test metric cannot choose: it is no column of an epoch.
    let sandbox = Sandbox::new(&tiny_with("batch = 16", "batch = 16\nmonitor = \"test.rmse\""));
    let ended = sandbox.run("");
    assert_ne!(ended.code, Some(0));
    assert_says(&ended.stderr, &["train.monitor = \"test.rmse\" is not reported", "validation.rmse"]);
}

#[test]
fn runs_of_other_splits_are_not_compared_user_by_user() {
    let sweep = "\n[sweep.grid]\n\"split.random.seed\" = [1, 2]\n";
    let sandbox = Sandbox::new(&format!("{TINY}{sweep}"));
    sandbox.run_well("");
    let ended = sandbox.hourglass("compare tiny --by-user");
    assert_eq!(ended.code, Some(1));
    let [first, second] = [0, 1].map(|position| sandbox.record(position).data.split_fingerprint);
    assert_says(&ended.stderr, &["was tested on other ratings", &first, &second, "[split]"]);
    assert_says(&sandbox.hourglass("compare tiny").stdout, &["measured on other ratings than the best"]);
}

/// Every test that the page of traps names is there, and every trap has one.
#[test]
fn each_trap_has_its_test() {
    let page = include_str!("../../../../docs/traps.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = String::new();
    collect(&root, &mut sources);
    let lines = page.lines().filter(|line| line.starts_with("| T") && !line.starts_with("| Trap"));
    let mut traps = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        traps.push(cells[0].trim().to_owned());
        let tests: Vec<&str> = cells.last().unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "{line}");
        for test in tests {
            assert!(sources.contains(&format!("fn {test}(")), "{}: there is no test {test}", cells[0]);
        }
    }
    assert_eq!(traps, (1..=19).map(|trap| format!("T{trap}")).collect::<Vec<_>>());
}

fn collect(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            collect(&entry, sources);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            sources.push_str(&fs::read_to_string(&entry).unwrap());
        }
    }
}

#[test]
fn runs_are_compared_user_by_user() {
    let experiment = TINY.replace("epochs = 3", "epochs = 40") + "\n[evaluation]\nmetrics = [\"rmse\", \"ndcg@10\"]\n";
    let sweep = "\n[sweep.grid]\n\"input.fill\" = [\"zero\", \"user-mean\", \"item-mean\"]\n";
    let sandbox = Sandbox::new(&format!("seeds = [1, 2]\n{experiment}{sweep}"));
    sandbox.run_well("");
    let files = "--csv out/t.csv --parquet out/t.parquet --markdown out/t.md --resamples 500";
    let ended = sandbox.hourglass(&format!("compare tiny --by-user {files}"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_says(&ended.stdout, &["fill zero", "95 % interval", "d_z", "rank-biserial", "500 resamples, seed 42"]);
    assert_eq!(sandbox.hourglass("compare tiny --by-user --resamples 500").stdout, ended.stdout);
    assert_ne!(sandbox.hourglass("compare tiny --by-user --resamples 500 --seed 1").stdout, ended.stdout);
    let csv = fs::read_to_string(sandbox.path("out/t.csv")).unwrap();
    assert!(
        csv.starts_with(
            "place,setting,test.rmse,behind_best,low,high,p_t_holm,p_wilcoxon_holm,d_z,rank_biserial,users,trials\n"
        ),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 4);
    assert!(sandbox.path("out/t.parquet").is_file() && sandbox.path("out/t.md").is_file());
    assert_says(&sandbox.hourglass("compare tiny --by-user --by test.ndcg@10").stdout, &["test.ndcg@10"]);
    let trial = Layout::new(sandbox.path("results/tiny")).trial(sandbox.id(0));
    fs::remove_file(trial.user_errors()).unwrap();
    assert_says(&sandbox.hourglass("compare tiny --by-user").stderr, &["user_errors.csv is not there", "run it again"]);
}
