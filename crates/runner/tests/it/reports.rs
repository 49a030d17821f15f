//! What `run` and `report` leave for people to look at.

use std::collections::BTreeSet;
use std::fs;

use hourglass_report::test_tables::{ActivityError, PredictionCount, RatingCount, read_lines};

use clap::Parser;
use hourglass::cli::{Cli, Command, Plain};

use crate::sandbox::{Sandbox, TINY, assert_says, tiny_with};

#[test]
fn a_test_leaves_tables_that_agree_with_its_record() {
    for rows in ["users", "items"] {
        let sandbox = Sandbox::new(&TINY.replace("rows = \"users\"", &format!("rows = \"{rows}\"")));
        sandbox.run_well("");
        let (trial, record) = (sandbox.trial(0), sandbox.record(0));
        let finished = record.outcome.finished().unwrap();
        let ratings: Vec<RatingCount> = read_lines(&trial.ratings()).unwrap();
        let sums = ratings.iter().fold([0; 3], |sum, l| [sum[0] + l.train, sum[1] + l.validation, sum[2] + l.test]);
        assert_eq!(sums, [record.data.train, record.data.validation, record.data.test]);
        let predictions: Vec<PredictionCount> = read_lines(&trial.predictions()).unwrap();
        assert_eq!(predictions.iter().map(|line| line.ratings).sum::<u64>(), finished.test_ratings);

        let errors: Vec<ActivityError> = read_lines(&trial.error_by_activity()).unwrap();
        assert_eq!(errors.iter().map(|line| line.ratings).sum::<u64>(), finished.test_ratings);
        assert_eq!(errors.iter().map(|line| line.users).sum::<u64>(), finished.test_users);
        let weighed = |of: fn(&ActivityError) -> f64| -> f64 {
            errors.iter().map(|line| of(line) * line.ratings as f64).sum::<f64>() / finished.test_ratings as f64
        };
        assert!((weighed(|line| line.rmse * line.rmse).sqrt() - finished.metric("test.rmse").unwrap()).abs() < 1e-12);
        assert!((weighed(|line| line.mae) - finished.metric("test.mae").unwrap()).abs() < 1e-12);
        for chart in ["predictions.svg", "error_by_activity.png"] {
            assert!(trial.folder().join(chart).is_file(), "{chart}");
        }
        assert!(sandbox.layout().chart("ratings.svg").is_file());
    }
}

#[test]
fn an_experiment_can_do_without_tables() {
    let sandbox = Sandbox::new(&format!("{TINY}[report]\ntest_tables = false\n"));
    sandbox.run_well("");
    let trial = sandbox.trial(0);
    for table in [trial.ratings(), trial.predictions(), trial.error_by_activity()] {
        assert!(!table.exists(), "{}", table.display());
    }
    assert!(!trial.folder().join("predictions.svg").exists() && trial.folder().join("rmse.svg").exists());
}

#[test]
fn a_broken_table_is_named_with_its_remedy() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    fs::write(sandbox.trial(0).predictions(), "rating_from\nx\n").unwrap();
    let ended = sandbox.hourglass("report tiny.toml");
    assert_eq!(ended.code, Some(1));
    assert_says(&ended.stderr, &["predictions.csv: not a table of a test", "line: 2", "delete the file"]);
}

/// Two experiments in one folder of results.
fn two_experiments() -> Sandbox {
    let sandbox =
        Sandbox::new(&tiny_with("name = \"tiny\"", "name = \"tiny\"\nseeds = [1, 2]\ndescription = \"How small?\""));
    sandbox.run_well("");
    let other = tiny_with("name = \"tiny\"", "name = \"other\"").replace("[4]", "[8, 4, 8]");
    fs::write(sandbox.path("other.toml"), format!("{other}[report]\nskip_epochs = 2\n")).unwrap();
    let ended = sandbox.hourglass("run other.toml --threads 1");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    sandbox
}

#[test]
fn every_experiment_has_a_page_and_a_folder_has_one_of_all() {
    let sandbox = two_experiments();
    let page = |path: &str| fs::read_to_string(sandbox.path(path)).unwrap();
    let tiny = page("results/tiny/index.html");
    assert_says(
        &tiny,
        &["<h1>tiny</h1>", "How small?", sandbox.id(0), sandbox.id(1), "charts/rmse_seeds.svg", "test.rmse"],
    );
    assert!(!tiny.contains("All experiments"), "there is no such page yet");

    let ended = sandbox.hourglass("report results");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_says(
        &ended.stderr,
        &["page: results/index.html", "page: results/tiny/index.html", "page: results/other/index.html"],
    );
    let all = page("results/index.html");
    assert_says(&all, &["./tiny/index.html", "./other/index.html", "How small?", sandbox.id(0), "8-4-8"]);
    assert_says(&page("results/tiny/index.html"), &["All experiments"]);
    // As its file says.
    assert_says(&page("results/other/index.html"), &["id=\"from\" type=\"number\" min=\"1\" value=\"3\""]);

    // Of one experiment alone, whichever way it is named.
    fs::remove_file(sandbox.path("results/tiny/index.html")).unwrap();
    for place in ["tiny.toml", "results/tiny"] {
        let ended = sandbox.hourglass(&format!("report {place}"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!ended.stderr.contains("other"), "{}", ended.stderr);
        assert_says(&page("results/tiny/index.html"), &["How small?"]);
    }
}

#[test]
fn what_cannot_be_reported_on_is_told() {
    let sandbox = Sandbox::new(TINY);
    fs::create_dir(sandbox.path("empty")).unwrap();
    let cases = [
        ("report empty", ["`empty` has no results", "expected the folder of a trial or of an experiment"]),
        (
            "report empty --set report.skip_epochs=2",
            ["--set changes what an experiment file says", "name the file instead"],
        ),
        ("report tiny.toml", ["there are no results in results/tiny", "hourglass run tiny.toml"]),
    ];
    for (arguments, pieces) in cases {
        let ended = sandbox.hourglass(arguments);
        assert_eq!(ended.code, Some(1), "{arguments}");
        assert_says(&ended.stderr, &pieces);
    }
}

#[test]
fn every_command_on_reports_is_understood() {
    let page = include_str!("../../../../docs/reports.md");
    let block = page.split_once("```sh\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    assert_eq!(block.lines().count(), 3);
    for line in block.lines() {
        let command =
            Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}\n{error}")).command;
        assert!(matches!(command, Command::Plain(Plain::Report(_))), "{line}");
    }
}

#[test]
fn runs_of_before_the_file_was_edited_are_settings_of_their_own() {
    let sandbox = Sandbox::new(&format!("seeds = [1, 2]\n{TINY}"));
    sandbox.run_well("");
    let by_setting = || fs::read_to_string(sandbox.layout().summary_by_setting()).unwrap();
    assert!(by_setting().lines().nth(1).is_some_and(|row| row.starts_with("2,")), "two seeds: {}", by_setting());
    sandbox.run_well("--set train.epochs=5");
    let table = by_setting();
    let starts: BTreeSet<String> =
        table.lines().map(|line| line.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
    let expected = ["3,2", "5,2", "train.epochs,validation.mae.n"].map(str::to_owned);
    assert_eq!(starts, expected.into(), "each has two seeds: {table}");
    assert_says(&sandbox.hourglass("list").stdout, &["train.epochs 3", "train.epochs 5"]);
}
