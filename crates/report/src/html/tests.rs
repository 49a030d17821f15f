use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::comparison::Test;
use crate::experiment_charts::experiment_charts;
use crate::record::tests::record;
use crate::{EpochLog, Layout, RedrawOptions, read_trials, write_atomically};

pub(super) const HOSTILE: &str = "</script><script>alert(1)</script> \"quoted\" 'single' & <b>ü 😀</b> <!--";

fn options(charts: Vec<DrawnChart>) -> PageOptions {
    let compare =
        CompareOptions { metric: "test.rmse".into(), higher_is_better: false, test: Test::PairedT, over: None };
    PageOptions { compare, skip_epochs: 1, charts }
}

/// Runs of `settings` settings with two seeds each in a folder, as they are read back.
fn runs(folder: &Path, settings: usize, name: &str, epochs: usize) -> Vec<Run> {
    let layout = Layout::new(folder);
    let columns = ["loss", "loss.masked-mse", "train.rmse", "validation.rmse", "train.mae", "validation.mae"];
    let run = |place: usize| {
        let (setting, seed) = (place / 2, place as u64 % 2 + 1);
        let fill = if setting == 0 { json!(name) } else { json!({"constant": setting}) };
        let swept = [("input.fill", fill.clone()), ("train.batch", json!(setting % 7))];
        let id = format!("{place:08x}");
        let metric = 0.8 + (setting * 37 % 100) as f64 / 1000.0 + seed as f64 / 5000.0;
        let record =
            crate::RunRecord { experiment: name.into(), position: place, ..record(&id, seed, &swept, Some(metric)) };
        let trial = layout.trial(&id);
        let setting = json!({
            "name": name, "description": name, "seeds": [seed],
            "input": {"fill": fill, "rows": "users"}, "train": {"batch": setting % 7, "epochs": epochs},
        });
        record.save(&trial.record()).unwrap();
        write_atomically(&trial.trial_toml(), setting.to_string().as_bytes()).unwrap();
        let mut log = EpochLog::create(&trial.epochs(), &columns).unwrap();
        for epoch in 1..=epochs {
            let value = metric + 1.0 / epoch as f64 + 1e-9;
            log.append(epoch, &[Some(value); 6]).unwrap();
        }
        Run { folder: trial.folder().to_owned(), record, setting }
    };
    (0..2 * settings).map(run).collect()
}

/// The charts over these runs, without pictures.
fn charts(folder: &Path) -> Vec<DrawnChart> {
    let trials = read_trials(folder).unwrap();
    let labels = Labels::of(trials.iter().map(|trial| &trial.record.swept));
    experiment_charts(&Layout::new(folder), &trials, &labels, &RedrawOptions::default()).unwrap()
}

/// Every text of the page, as a reader of HTML would take it: no element but ours may come of a record's text.
fn elements(page: &str, name: &str) -> usize {
    page.matches(&format!("<{name}")).count()
}

#[test]
fn no_text_of_a_record_becomes_markup() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = runs(folder.path(), 2, HOSTILE, 3);
    let harmless = runs(folder.path(), 2, "harmless", 3);
    let charts = |name: &str| {
        vec![DrawnChart {
            name: name.into(),
            title: name.into(),
            svg: chart::histogram(&chart::Heading { title: name.into(), subtitle: name.into() }, &[]),
        }]
    };
    for page in [experiment_page, results_page] {
        let [hostile, harmless] = [(&hostile, HOSTILE), (&harmless, "harmless")]
            .map(|(runs, name)| page(folder.path(), runs, &options(charts(name))).unwrap());
        for element in ["script", "b>", "!--", "a ", "td", "svg", "text", "img", "th"] {
            assert_eq!(elements(&hostile, element), elements(&harmless, element), "<{element}");
        }
        assert_eq!(elements(&hostile, "script"), 2);
        assert!(hostile.contains("&lt;/script&gt;") && hostile.contains("ü 😀"));
        // An attribute ends at a quote only.
        assert!(!hostile.contains("=\"</script>") && !hostile.contains("alert(1)\" "), "a quote within an attribute");
        assert!(!hostile.contains("href=\"./<") && !hostile.contains("javascript:"));
    }
}

#[test]
fn two_hundred_runs_take_less_than_two_megabytes_and_name_no_host() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(folder.path(), 100, "fills", 500);
    let charts = charts(folder.path());
    let page = experiment_page(folder.path(), &runs, &options(charts)).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert_eq!(elements(&page, "tr data-run"), 200);
    let addresses = page.match_indices("://").map(|(at, _)| &page[at.saturating_sub(8)..at + 24]);
    let outside: Vec<_> = addresses.filter(|address| !address.contains("http://www.w3.org/")).collect();
    assert!(outside.is_empty(), "{outside:?}");
    assert!(!page.contains("<link") && !page.contains(" src=\"http") && !page.contains("@import"));
}

#[test]
fn the_data_of_the_script_is_that_of_the_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = runs(folder.path(), 3, "fills", 1000);
    runs[5].record.outcome = crate::Outcome::Failed { reason: "loss is NaN".into(), epoch: Some(3) };
    let options = options(Vec::new());
    let page = Page::new(folder.path(), "fills".into(), &runs, &options);
    let data: Value = serde_json::from_str(&data::json(&page).unwrap()).unwrap();
    assert_eq!(data["columns"][0], "validation.rmse");
    let epochs = data["curves"][0]["e"].as_array().unwrap();
    assert_eq!((epochs.len(), &epochs[0], &epochs[199]), (200, &json!(1), &json!(1000)));
    let keys: Vec<_> = data["keys"].as_array().unwrap().iter().map(|key| key["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["input.fill", "input.fill.constant", "seeds", "train.batch"]);
    // The best setting is the first, 0.80; the failed run has no rank.
    assert_eq!(
        (&data["ranked"][0], &data["runs"][0]["rank"], &data["runs"][5]["rank"]),
        (&json!(0), &json!(0), &Value::Null)
    );
    assert_eq!(data["metrics"][0]["of"][5], Value::Null);
}

#[test]
fn a_page_without_scripts_has_tables_charts_and_links() {
    let folder = tempfile::tempdir().unwrap();
    let runs = runs(folder.path(), 2, "fills", 5);
    let charts = charts(folder.path());
    let page = experiment_page(folder.path(), &runs, &options(charts)).unwrap();
    let without_script = &page[..page.find("<script").unwrap()];
    for text in [
        "constant 1",
        "0.8002",
        "href=\"./00000000/run.json\"",
        "aria-label=\"Test RMSE by fill\"",
        "href=\"./charts/rmse_seeds.svg\"",
    ] {
        assert!(without_script.contains(text), "{text}");
    }
    // Two experiments, two seeds and one setting each.
    let both = results_page(folder.path(), &runs, &options(Vec::new())).unwrap();
    assert!(both.contains("href=\"./index.html\""), "runs of this folder have their page in it");
    fs::write(folder.path().join("00000000/epochs.csv"), "epoch,loss\n1,x\n").unwrap();
    let said = experiment_page(folder.path(), &runs, &options(Vec::new())).unwrap_err().to_string();
    assert!(said.contains("epochs.csv: line 2, column `loss`"), "{said}");
}

#[test]
fn no_runs_give_a_page_that_says_so() {
    let page = experiment_page(Path::new("results/none"), &[], &options(Vec::new())).unwrap();
    assert!(page.contains("no runs"));
}
