//! What is exported, read back by the programs that it is for.
//!
//! They are in `third_party/trackers`, which `./bootstrap.sh test` makes, or where `HOURGLASS_TRACKERS` says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hourglass_report::{EpochTable, RunRecord};
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, assert_says, ended, tiny_with};

/// Two settings of two seeds.
fn swept() -> Sandbox {
    let seeds = "name = \"tiny\"\nseeds = [1, 2]";
    let sandbox = Sandbox::new(
        &(tiny_with("name = \"tiny\"", seeds) + "\n[sweep.grid]\n\"input.fill\" = [\"zero\", { constant = 3 }]\n"),
    );
    sandbox.run_well("");
    sandbox
}

/// A run that its user stopped after an epoch, as its record tells.
fn interrupt(sandbox: &Sandbox, position: usize) {
    let folder = sandbox.trial(position);
    let mut record: Value = serde_json::from_slice(&fs::read(folder.record()).unwrap()).unwrap();
    record["outcome"] = json!({ "interrupted": { "epoch": 1 } });
    fs::write(folder.record(), record.to_string()).unwrap();
    for path in [folder.epochs(), folder.timing()] {
        let text = fs::read_to_string(&path).unwrap();
        let kept: String = text.split_inclusive('\n').take(2).collect();
        fs::write(path, kept).unwrap();
    }
}

#[track_caller]
fn export(sandbox: &Sandbox, arguments: &str) -> String {
    let ended = sandbox.hourglass(&format!("export {arguments}"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stderr
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    files
}

/// The folder of the programs; without it, says so, also where the output of tests is not shown.
fn trackers() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../third_party/trackers");
    let folder = std::env::var_os("HOURGLASS_TRACKERS").map_or(workspace, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let why = "python3 setup/trackers.py makes it, or says why it cannot";
    writeln!(std::io::stderr(), "skipped: {} is not there; {why}", folder.display()).unwrap();
    None
}

fn python(trackers: &Path) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", trackers).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONWARNINGS", "ignore");
    command.env("MLFLOW_TRACKING_URI", "sqlite://").env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    command
}

/// What a script beside this file prints.
#[track_caller]
fn read_back(trackers: &Path, script: &str, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/exports").join(script);
    let ended = ended(python(trackers).arg(script).args(arguments));
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
    if ended.stdout.is_empty() { Value::Null } else { serde_json::from_str(&ended.stdout).unwrap() }
}

/// A run as its files have it: series by name, as `(epoch, value)`.
fn recorded(sandbox: &Sandbox, position: usize) -> (RunRecord, BTreeMap<String, Vec<(usize, f64)>>) {
    let (record, folder) = (sandbox.record(position), sandbox.trial(position));
    let mut series = BTreeMap::new();
    for (path, before) in [(folder.epochs(), ""), (folder.timing(), "timing.")] {
        let table = EpochTable::read(&path).unwrap();
        for column in &table.columns {
            let points = table.points(column).unwrap().into_iter();
            let points = points.filter_map(|(epoch, value)| Some((epoch, value?))).collect();
            series.insert(format!("{before}{column}"), points);
        }
    }
    if let Some(finished) = record.outcome.finished() {
        for name in finished.metric_names() {
            let before = if name.starts_with("test.") { "" } else { "selected." };
            series.insert(format!("{before}{name}"), vec![(finished.selected_epoch, finished.metric(&name).unwrap())]);
        }
    }
    (record, series)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

#[test]
fn a_second_export_changes_no_byte() {
    let sandbox = swept();
    interrupt(&sandbox, 1);
    for tool in ["tensorboard", "mlflow", "dvc", "parquet"] {
        export(&sandbox, &format!("{tool} tiny --to out/{tool}"));
        let first = files(&sandbox.path("out"));
        assert!(!first.is_empty(), "{tool}");
        assert_says(&export(&sandbox, &format!("{tool} results/tiny --to out/{tool}")), &["4 runs", "out/"]);
        assert_eq!(files(&sandbox.path("out")), first, "{tool}");
        // What was lost is made again.
        fs::remove_dir_all(sandbox.path("out").join(tool)).unwrap();
        export(&sandbox, &format!("{tool} --to out/{tool}"));
        assert_eq!(files(&sandbox.path("out")), first, "{tool}");
    }
}

#[test]
fn what_cannot_be_exported_is_told() {
    let sandbox = swept();
    let cases: [(&str, i32, &[&str]); 6] = [
        ("dvc nothing --to out", 1, &["`nothing` has no results", "tiny"]),
        ("dvc tiny", 2, &["--to <DIR>"]),
        ("mlflow tiny", 2, &["--to <DIR>"]),
        ("mlflow tiny --uri 127.0.0.1:5000", 1, &["--uri 127.0.0.1:5000", "http://127.0.0.1:5000"]),
        ("mlflow tiny --uri http://127.0.0.1:9", 1, &["http://127.0.0.1:9 does not answer", "mlflow server"]),
        ("parquet --where seed=9 --to out", 1, &["no run to export", "hourglass list"]),
    ];
    for (arguments, code, pieces) in cases {
        let ended = sandbox.hourglass(&format!("export {arguments}"));
        assert_eq!(ended.code, Some(code), "{arguments}: {}", ended.stderr);
        assert_says(&ended.stderr, pieces);
    }
    // A broken run is left out, and named.
    fs::write(sandbox.trial(0).epochs(), "epoch,loss\n1,x\n").unwrap();
    assert_says(&export(&sandbox, "dvc tiny --to out"), &["left out: ", "epochs.csv", "line 2", "`x`", "3 runs"]);
    assert!(!sandbox.path("out/tiny").join(sandbox.id(0)).exists());
}

#[test]
fn tensorboard_shows_every_point_and_means_over_seeds() {
    let Some(trackers) = trackers() else { return };
    let sandbox = swept();
    interrupt(&sandbox, 1);
    export(&sandbox, "tensorboard tiny --to out");
    let told = read_back(&trackers, "read_tensorboard.py", &[sandbox.path("out").to_str().unwrap(), "4"]);
    for position in 0..4 {
        let (record, series) = recorded(&sandbox, position);
        let run = format!("tiny/{}", sandbox.id(position));
        let start: jiff::Timestamp = record.environment.started.parse().unwrap();
        let seconds: Vec<f64> = series["timing.seconds"].iter().map(|(_, seconds)| *seconds).collect();
        for shown in [&told["accumulated"], &told["fast"]["scalars"], &told["slow"]["scalars"]] {
            let shown = shown[&run].as_object().unwrap();
            assert_eq!(shown.len(), series.len(), "{:?}", shown.keys());
            for (name, points) in &series {
                let found = shown[&name.replace('.', "/")].as_array().unwrap();
                assert_eq!(found.len(), points.len(), "{name}");
                for (found, (epoch, value)) in found.iter().zip(points) {
                    assert_eq!(found[1], json!(epoch), "{name}");
                    assert_eq!(number(&found[2]) as f32, *value as f32, "{name}");
                    if series["loss"].len() == points.len() {
                        let end = start.as_second() as f64 + seconds[..*epoch].iter().sum::<f64>();
                        assert!((number(&found[0]) - end).abs() < 1e-3, "{name}");
                    }
                }
            }
        }
    }
    for told in [&told["fast"], &told["slow"]] {
        hyperparameters(&sandbox, told);
    }
}

/// The groups of the hyperparameter plugin: a setting each, with the mean over its seeds.
fn hyperparameters(sandbox: &Sandbox, told: &Value) {
    let names = told["experiment"]["hparamInfos"].as_array().unwrap().iter();
    let differing: BTreeSet<&str> =
        names.filter(|info| info["differs"] == json!(true)).map(|info| info["name"].as_str().unwrap()).collect();
    assert_eq!(differing, ["input.fill", "seed"].into());
    let groups = told["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    for (fill, positions, status) in [
        ("zero", vec![0], vec!["STATUS_SUCCESS", "STATUS_UNKNOWN"]),
        ("{\"constant\":3.0}", vec![2, 3], vec!["STATUS_SUCCESS", "STATUS_SUCCESS"]),
    ] {
        let group = groups.iter().find(|group| group["hparams"]["input.fill"] == json!(fill)).unwrap();
        assert_eq!(group["hparams"]["train.batch"], json!(16.0));
        let sessions = group["sessions"].as_array().unwrap();
        let statuses: BTreeSet<&str> = sessions.iter().map(|session| session["status"].as_str().unwrap()).collect();
        assert_eq!((sessions.len(), statuses), (2, status.into_iter().collect()));
        let values =
            positions.iter().map(|&at| sandbox.record(at).outcome.finished().unwrap().metric("test.rmse").unwrap());
        let mean = values.clone().sum::<f64>() / values.count() as f64;
        let metrics = group["metricValues"].as_array().unwrap();
        let found = metrics.iter().find(|metric| metric["name"]["tag"] == json!("test/rmse")).unwrap();
        assert!((number(&found["value"]) - mean).abs() < 1e-6, "{found} is not {mean}");
    }
}

/// What MLflow must tell of all runs, wherever it was asked.
fn check_mlflow(sandbox: &Sandbox, told: &Value) {
    for position in 0..4 {
        let (record, series) = recorded(sandbox, position);
        let run = &told["tiny"][sandbox.id(position)];
        let finished = record.outcome.finished();
        assert_eq!(run["status"], json!(if finished.is_some() { "FINISHED" } else { "KILLED" }));
        let start: jiff::Timestamp = record.environment.started.parse().unwrap();
        assert_eq!(run["start"], json!(start.as_millisecond()));
        assert_eq!(run["end"].is_null(), finished.is_none());
        let fill = if position < 2 { "zero" } else { "{\"constant\":3.0}" };
        let seed = (position % 2 + 1).to_string();
        let params =
            [("input.fill", fill), ("seed", &seed), ("train.batch", "16"), ("model.autoencoder.layers", "[4]")];
        for (name, value) in params {
            assert_eq!(run["params"][name], json!(value), "{name}");
        }
        assert_eq!(run["params"]["fingerprint.data"], json!(record.data.fingerprint));
        assert_eq!(run["name"], json!(format!("input.fill {}, seed {seed}", ["zero", "constant 3.0"][position / 2])));
        let history = run["history"].as_object().unwrap();
        assert_eq!(history.len(), series.len(), "{:?}", history.keys());
        for (name, points) in &series {
            let found = history[&name.replace('@', "_at_")].as_array().unwrap();
            let found: Vec<(usize, f64)> =
                found.iter().map(|point| (point[1].as_u64().unwrap() as usize, number(&point[2]))).collect();
            assert_eq!(found, *points, "{name}");
        }
        assert_eq!(
            run["artifacts"]["trial.toml"],
            json!(fs::read_to_string(sandbox.trial(position).trial_toml()).unwrap())
        );
        assert!(run["artifacts"].as_object().unwrap().contains_key("run.json"));
    }
}

#[test]
fn mlflow_migrates_the_tree() {
    let Some(trackers) = trackers() else { return };
    let sandbox = swept();
    interrupt(&sandbox, 1);
    export(&sandbox, "mlflow tiny --to out/mlruns");
    let [tree, database] = ["out/mlruns", "out/mlflow.db"].map(|name| sandbox.path(name));
    let told =
        read_back(&trackers, "read_mlflow.py", &["migrated", tree.to_str().unwrap(), database.to_str().unwrap()]);
    assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["Default", "tiny"]);
    check_mlflow(&sandbox, &told);
}

/// A server, with the processes that it starts.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    #[track_caller]
    fn start(trackers: &Path, folder: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fs::create_dir_all(folder).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut command = python(trackers);
        command.args(["-m", "mlflow", "server", "--backend-store-uri", "sqlite:///served.db", "--workers", "1"]);
        command.args(["--artifacts-destination", "artifacts", "--host", "127.0.0.1", "--port", &port.to_string()]);
        command.env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false").current_dir(folder).process_group(0);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let server = Self { child, address: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while ureq::get(format!("{}/health", server.address)).call().is_err() {
            let log = || fs::read_to_string(folder.join("log")).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(120), "the server does not answer: {}", log());
            sleep(Duration::from_millis(300));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SAFETY: a signal to the group of processes that this test has started.
        unsafe { libc::kill(-(self.child.id() as i32), libc::SIGKILL) };
        self.child.wait().unwrap();
    }
}

#[test]
fn mlflow_s_server_takes_each_run_once() {
    let Some(trackers) = trackers() else { return };
    let sandbox = swept();
    let whole = fs::read(sandbox.trial(1).epochs()).unwrap();
    let [record, timing] = [sandbox.trial(1).record(), sandbox.trial(1).timing()];
    let at_its_end = [fs::read(&record).unwrap(), fs::read(&timing).unwrap()];
    interrupt(&sandbox, 1);
    let server = Server::start(&trackers, &sandbox.path("served"));
    let send = || export(&sandbox, &format!("mlflow tiny --uri {}", server.address));
    let told = || read_back(&trackers, "read_mlflow.py", &["served", &server.address]);
    assert_says(&send(), &["4 runs created, 0 updated, 0 there already"]);
    let first = told();
    check_mlflow(&sandbox, &first);
    assert_says(&send(), &["0 runs created, 0 updated, 4 there already"]);
    assert_eq!(told(), first);

    // The interrupted run goes on, and its first epoch was trained again in another time.
    fs::write(sandbox.trial(1).epochs(), whole).unwrap();
    fs::write(record, &at_its_end[0]).unwrap();
    fs::write(timing, String::from_utf8(at_its_end[1].clone()).unwrap().replacen("1,0.", "1,7.", 1)).unwrap();
    assert_says(&send(), &["0 runs created, 1 updated, 3 there already"]);
    let run = told()["tiny"][sandbox.id(1)].clone();
    assert_eq!((&run["status"], run["history"]["loss"].as_array().unwrap().len()), (&json!("FINISHED"), 3));
    assert_eq!(run["id"], first["tiny"][sandbox.id(1)]["id"]);
    assert_eq!(run["history"]["loss"][0], first["tiny"][sandbox.id(1)]["history"]["loss"][0]);
}

#[test]
fn dvc_shows_metrics_parameters_and_plots() {
    let Some(trackers) = trackers() else { return };
    let sandbox = swept();
    let folder = sandbox.path("out");
    let read = |what: &str| read_back(&trackers, "read_dvc.py", &[what, folder.to_str().unwrap()]);
    export(&sandbox, "dvc tiny --where seed=1 --to out");
    read("commit");
    export(&sandbox, "dvc tiny --to out");
    let told = read("show");
    let metrics = told["metrics"][""]["data"].as_object().unwrap();
    assert_eq!(metrics.len(), 4);
    let plots = told["plots"].clone();
    for position in 0..4 {
        let (record, series) = recorded(&sandbox, position);
        let name = format!("tiny/{}", sandbox.id(position));
        let finished = record.outcome.finished().unwrap();
        let shown = &metrics[&format!("{name}/metrics.json")]["data"];
        for metric in finished.metric_names() {
            let (part, metric_name) = metric.split_once('.').unwrap();
            assert_eq!(number(&shown[part][metric_name]), finished.metric(&metric).unwrap(), "{metric}");
        }
        assert_eq!(shown["selected_epoch"], json!(finished.selected_epoch));
        // What was not there at the commit is new.
        let params = &told["params_diff"][&format!("{name}/params.toml")];
        match record.seed {
            1 => assert!(params.is_null(), "{params}"),
            _ => assert_eq!(params["train.batch"], json!({ "old": null, "new": 16 })),
        }
        let test = series.iter().filter(|(_, points)| points.len() > 1);
        for (series_name, points) in test {
            let file = format!("{name}/plots/metrics/{}.tsv", series_name.replace('.', "/"));
            let found = plotted(&plots["data"][series_name], &file);
            assert_eq!(found, *points, "{series_name}");
        }
    }
    assert!(told["page"].as_str().unwrap().ends_with("index.html"), "{}", told["page"]);
    assert!(fs::read_to_string(folder.join("page/index.html")).unwrap().contains("validation.rmse"));
}

/// `(step, value)` of a file in what `dvc plots show --json` tells of a plot.
fn plotted(plot: &Value, file: &str) -> Vec<(usize, f64)> {
    let points = plot[0]["content"]["data"]["values"].as_array().unwrap_or_else(|| panic!("{file}: {plot}"));
    let of_file = points.iter().filter(|point| file.ends_with(point["filename"].as_str().unwrap()));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    of_file
        .map(|point| {
            let fields = point.as_object().unwrap();
            let value = fields.iter().find(|(key, _)| !["step", "rev", "filename", "field"].contains(&key.as_str()));
            (text(&point["step"]).parse().unwrap(), text(value.unwrap().1).parse().unwrap())
        })
        .collect()
}

#[test]
fn duckdb_reads_the_tables() {
    let Some(trackers) = trackers() else { return };
    let sandbox = swept();
    interrupt(&sandbox, 1);
    export(&sandbox, "parquet tiny --to out");
    let told = read_back(&trackers, "read_parquet.py", &[sandbox.path("out").to_str().unwrap()]);
    for (table, column, kind) in [
        ("runs_types", "seed", "BIGINT"),
        ("runs_types", "input.fill", "VARCHAR"),
        ("runs_types", "model.autoencoder.tied_weights", "BOOLEAN"),
        ("runs_types", "model.autoencoder.dropout", "DOUBLE"),
        ("runs_types", "train.batch", "BIGINT"),
        ("runs_types", "test.rmse", "DOUBLE"),
        ("epochs_types", "epoch", "BIGINT"),
        ("epochs_types", "validation.rmse", "DOUBLE"),
    ] {
        assert_eq!(told[table][column], json!(kind), "{column}");
    }
    let [runs, epochs, best] = ["runs", "epochs", "best"].map(|name| told[name].as_array().unwrap().clone());
    assert_eq!((runs.len(), epochs.len(), best.len()), (4, 10, 4));
    for (position, run) in runs.iter().enumerate() {
        let (record, series) = recorded(&sandbox, position);
        assert_eq!(run["trial"], json!(record.trial));
        assert_eq!(run["seed"], json!(record.seed));
        assert_eq!(run["outcome"], json!(record.outcome.name()));
        let test = record.outcome.finished().and_then(|finished| finished.metric("test.rmse"));
        assert_eq!(run["test.rmse"].as_f64(), test);
        assert_eq!(run["setting"], runs[position ^ 1]["setting"], "the seeds of a setting");
        assert_ne!(run["setting"], runs[position ^ 2]["setting"]);
        for (name, points) in series.iter().filter(|(name, _)| !name.contains("test.") && !name.contains("selected.")) {
            let of_run = epochs.iter().filter(|row| row["trial"] == json!(record.trial));
            let found: Vec<(usize, f64)> =
                of_run.map(|row| (row["epoch"].as_u64().unwrap() as usize, number(&row[name]))).collect();
            assert_eq!(found, *points, "{name}");
        }
        let lowest = series["validation.rmse"].iter().map(|(_, value)| *value).reduce(f64::min).unwrap();
        let row = best.iter().find(|row| row["trial"] == json!(record.trial)).unwrap();
        assert_eq!(number(&row["best"]), lowest);
    }
}
