//! A folder of results with two experiments, one of which has names that try to be markup.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hourglass_report::comparison::Test;
use hourglass_report::html::{PageOptions, experiment_page, results_page};
use hourglass_report::test_tables::{ActivityError, RatingCount, write_lines};
use hourglass_report::{
    CompareOptions, DataRecord, Environment, EpochLog, Finished, Layout, Outcome, RedrawOptions, Run, RunRecord,
    SCHEMA_VERSION, Swept, redraw, write_atomically,
};
use serde_json::{Value, json};

pub(crate) const HOSTILE: &str =
    "</script><script>window.injected = 1</script><img src=x onerror=\"window.injected = 2\"> & ü 😀";

/// Pages and their folder.
pub(crate) struct Sample {
    pub(crate) folder: PathBuf,
    pub(crate) experiment: PathBuf,
    pub(crate) hostile: PathBuf,
    pub(crate) results: PathBuf,
}

/// Written once, for all tests.
pub(crate) static SAMPLE: LazyLock<Sample> = LazyLock::new(sample);

fn sample() -> Sample {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("results");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let fills = folder.join("fills");
    let strange = folder.join("a folder #1 & \"more\"");
    let mut runs = experiment(
        &fills,
        "fills",
        "Which fill is best, and how narrow may the code be?",
        &["zero", "user-mean", "bias"],
    );
    let hostile = experiment(&strange, HOSTILE, HOSTILE, &[HOSTILE, "zero"]);
    let [experiment, hostile_page] = [(&fills, &runs), (&strange, &hostile)].map(|(folder, runs)| {
        let charts = redraw(folder, &RedrawOptions::default()).unwrap().charts;
        page(&folder.join("index.html"), &experiment_page(folder, runs, &options(charts)).unwrap())
    });
    runs.extend(hostile);
    let whole = results_page(&folder, &runs, &options(Vec::new())).unwrap();
    let results = page(&folder.join("index.html"), &whole);
    Sample { experiment, hostile: hostile_page, results, folder }
}

fn page(path: &Path, text: &str) -> PathBuf {
    write_atomically(path, text.as_bytes()).unwrap();
    path.to_owned()
}

fn options(charts: Vec<hourglass_report::DrawnChart>) -> PageOptions {
    let compare =
        CompareOptions { metric: "test.rmse".into(), higher_is_better: false, test: Test::PairedT, over: None };
    PageOptions { compare, skip_epochs: 1, charts }
}

/// Three seeds of each fill with each of three codes; the last run failed.
fn experiment(folder: &Path, name: &str, description: &str, fills: &[&str]) -> Vec<Run> {
    let layout = Layout::new(folder);
    let mut runs = Vec::new();
    for (fill_place, fill) in fills.iter().enumerate() {
        for (code_place, code) in [8, 16, 256].into_iter().enumerate() {
            for seed in 1..=3 {
                let place = runs.len();
                let rmse = 0.90 - fill_place as f64 * 0.011 - code_place as f64 * 0.02 + seed as f64 * 0.001;
                let swept =
                    [("input.fill".to_owned(), json!(fill)), ("model.autoencoder.code".to_owned(), json!(code))];
                let is_last = fill_place + 1 == fills.len() && code_place == 2 && seed == 3;
                let outcome = if is_last {
                    Outcome::Failed { reason: format!("loss is NaN: {name}"), epoch: Some(7) }
                } else {
                    finished(rmse)
                };
                let setting = json!({
                    "name": name, "description": description, "seeds": [seed],
                    "input": {"fill": fill, "rows": "users"}, "model": {"autoencoder": {"code": code}},
                });
                let record = record(name, &format!("{place:04x}{seed}"), place, seed, swept.into(), outcome);
                runs.push(run(&layout, record, setting, rmse, if is_last { 6 } else { 40 }));
            }
        }
    }
    runs
}

fn run(layout: &Layout, record: RunRecord, setting: Value, rmse: f64, epochs: usize) -> Run {
    let trial = layout.trial(&record.trial);
    record.save(&trial.record()).unwrap();
    write_atomically(&trial.trial_toml(), b"").unwrap();
    let mut log = EpochLog::create(&trial.epochs(), &["loss", "train.rmse", "validation.rmse"]).unwrap();
    for epoch in 1..=epochs {
        let fall = (-(epoch as f64) / 8.0).exp() * 0.4 + 0.002 * ((epoch * record.position) as f64).sin();
        log.append(epoch, &[Some(rmse + fall + 0.1), Some(rmse + fall - 0.05), Some(rmse + fall)]).unwrap();
    }
    if record.is_finished() {
        let line = |from: u64, to: u64, users: u64, error: f64| ActivityError {
            shown_from: from,
            shown_to: to,
            users,
            ratings: users * 9,
            rmse: rmse + error,
            mae: rmse * 0.8,
        };
        let lines = [
            line(0, 0, 12, 0.3),
            line(1, 1, 80, 0.2),
            line(2, 3, 900, 0.1),
            line(4, 7, 2400, 0.0),
            line(8, 15, 700, -0.02),
        ];
        write_lines(&trial.error_by_activity(), &lines).unwrap();
        let count = |rating: f32, train: u64| RatingCount {
            rating_from: rating,
            rating_to: rating,
            train,
            validation: train / 10,
            test: train / 11,
        };
        write_lines(
            &trial.ratings(),
            &[count(1.0, 500), count(2.0, 900), count(3.0, 2500), count(4.0, 3600), count(5.0, 2100)],
        )
        .unwrap();
    }
    Run { folder: trial.folder().to_owned(), record, setting }
}

fn finished(rmse: f64) -> Outcome {
    let metrics = |rmse: f64| [("rmse".to_owned(), Some(rmse)), ("mae".to_owned(), Some(rmse * 0.8))].into();
    Outcome::Finished(Finished {
        epochs: 40,
        selected_epoch: 38,
        selected_by: "validation.rmse".into(),
        train: metrics(rmse - 0.05),
        validation: metrics(rmse),
        test: metrics(rmse + 0.004),
        test_ratings: 900,
        test_users: 300,
        cold_test_ratings: Some(0),
    })
}

fn record(name: &str, trial: &str, position: usize, seed: u64, swept: Swept, outcome: Outcome) -> RunRecord {
    RunRecord {
        schema_version: SCHEMA_VERSION,
        experiment: name.into(),
        trial: trial.into(),
        position,
        seed,
        swept,
        outcome,
        environment: Environment {
            hourglass: "0.1.0".into(),
            libtorch: "2.11.0".into(),
            device: "cpu".into(),
            threads: 2,
            git_commit: Some("0123456789abcdef".into()),
            git_dirty: Some(true),
            started: "2026-01-02T03:04:05Z".into(),
            os: "linux".into(),
            arch: "x86_64".into(),
            host: None,
            cpu: None,
            cpus: None,
        },
        data: DataRecord {
            fingerprint: "d1".into(),
            split_fingerprint: "s1".into(),
            users: 4092,
            items: 200,
            left_out: Default::default(),
            train: 9600,
            validation: 960,
            test: 870,
            scale: [1.0, 5.0],
            noise_floor: None,
        },
        parameters: 21_000,
        seconds: 3.5 + position as f64,
        cpu_seconds: None,
        peak_memory_mib: None,
        ended: None,
    }
}
