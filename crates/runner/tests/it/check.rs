//! Claims and their verdicts.

use std::fs;

use crate::sandbox::{Sandbox, assert_says, tiny_with};

const SWEPT: &str = "\n[sweep.grid]\n\"input.fill\" = [\"zero\", { constant = 3 }]\n";

fn claim(metric: &str, setting: &str, is: &str) -> String {
    let setting = if setting.is_empty() { String::new() } else { format!("where = \"{setting}\"\n") };
    format!("\n[[expect]]\nmetric = \"{metric}\"\n{setting}is = {is}\nsource = \"a paper\"\n")
}

#[test]
fn claims_are_met_missed_explained_or_unknown() {
    // Trained until settings differ: at first all predictions are cut off at the lowest rating.
    let seeds = "name = \"tiny\"\nseeds = [1, 2, 3]";
    let experiment = tiny_with("name = \"tiny\"", seeds).replace("epochs = 3", "epochs = 200") + SWEPT;
    let sandbox = Sandbox::new(&experiment);
    sandbox.run_well("");
    let rmse = |position: usize| sandbox.record(position).outcome.finished().unwrap().metric("test.rmse").unwrap();
    let mean = |first: usize| (first..first + 3).map(rmse).sum::<f64>() / 3.0;
    let (zero, three) = (mean(0), mean(3));
    let (lower, higher) = if zero < three { ("zero", "constant") } else { ("constant", "zero") };
    let near = |number: f64| format!("{{ near = [{number}, 0.001] }}");
    let other = |word: &str, fill: &str| format!("{{ {word} = \"input.fill = {fill}\" }}");
    for (metric, setting, is, verdict) in [
        ("test.rmse", "input.fill = zero", near(zero), "met"),
        ("test.rmse", "input.fill = zero", near(zero + 0.002), "MISSED"),
        ("test.rmse", "input.fill = constant", format!("{{ at-most = {three} }}"), "met"),
        ("test.rmse", "input.fill = constant", format!("{{ at-most = {} }}", three - 0.01), "MISSED"),
        ("test.rmse", "input.fill = constant", format!("{{ at-least = {three} }}"), "met"),
        ("test.rmse", &format!("input.fill = {lower}"), other("below", higher), "met"),
        ("test.rmse", &format!("input.fill = {lower}"), other("above", higher), "MISSED"),
        ("test.rmse", "input.fill = zero", other("below", "zero"), "MISSED"),
        ("test.rmse", "", near(zero), "unknown: 2 settings, and a claim is about one: narrow `where`"),
        ("test.mse", "input.fill = zero", near(zero), "unknown: no run has test.mse"),
        ("test.rmse", "seed = 9", near(zero), "unknown: no such run is finished"),
    ] {
        let claimed = experiment.replace("\n[sweep", &(claim(metric, setting, &is) + "\n[sweep"));
        fs::write(sandbox.path("tiny.toml"), &claimed).unwrap();
        let ended = sandbox.hourglass("check tiny.toml --markdown out/claims.md");
        let code = if verdict == "met" { 0 } else { 4 };
        assert_eq!(ended.code, Some(code), "{claimed}\n{}\n{}", ended.stdout, ended.stderr);
        let line = ended.stdout.lines().find(|line| line.starts_with(metric)).unwrap();
        assert!(line.ends_with(&format!("a paper  {verdict}")), "{line}");
        let markdown = fs::read_to_string(sandbox.path("out/claims.md")).unwrap();
        assert_says(&markdown, &["## tiny", "| claim | measured | expected | source | verdict |", "a paper"]);
        // No number depends on it: the trials are finished.
        assert_says(&sandbox.run_well("").stderr, &["0 finished, 6 finished before"]);
        let explained = claimed.replace("source = \"a paper\"", "explained = \"a slip\"");
        fs::write(sandbox.path("tiny.toml"), &explained).unwrap();
        let ended = sandbox.hourglass("check tiny.toml");
        let expected = if verdict == "MISSED" { "not met: a slip" } else { verdict };
        assert_says(&ended.stdout, &[expected]);
        assert_eq!(ended.code, Some(if verdict.starts_with("unknown") { 4 } else { 0 }), "{}", ended.stdout);
    }
}

#[test]
fn what_is_not_finished_is_told() {
    let sandbox = Sandbox::new(&(tiny_with("epochs = 3", "epochs = 1") + &claim("test.rmse", "", "{ at-most = 9 }")));
    let ended = sandbox.hourglass("check .");
    assert_says(&ended.stdout, &["unknown: no such run is finished", "1 of 1 trials are not finished", "1 open"]);
    assert_eq!(ended.code, Some(4));
    sandbox.run_well("");
    let ended = sandbox.hourglass("check .");
    assert!(!ended.stdout.contains("not finished"), "{}", ended.stdout);
    assert_eq!(ended.code, Some(0));
    fs::write(sandbox.path("tiny.toml"), crate::sandbox::TINY).unwrap();
    let ended = sandbox.hourglass("check tiny.toml");
    assert_says(&ended.stderr, &["no experiment there claims anything", "docs/checking.md"]);
    assert_eq!(ended.code, Some(1));
}
