//! Claims and their verdicts.

use std::fs;

use hourglass_report::EpochTable;

use crate::sandbox::{Sandbox, TINY, assert_says, tiny_with};

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
    let beats = |fill: &str, bounds: &str| format!("{{ beats = {{ where = \"input.fill = {fill}\", {bounds} }} }}");
    for (metric, setting, is, verdict) in [
        ("test.rmse", "input.fill = zero", near(zero), "met"),
        ("test.rmse", "input.fill = zero", near(zero + 0.002), "MISSED"),
        ("test.rmse", "input.fill = constant", format!("{{ at-most = {three} }}"), "met"),
        ("test.rmse", "input.fill = constant", format!("{{ at-most = {} }}", three - 0.01), "MISSED"),
        ("test.rmse", "input.fill = constant", format!("{{ at-least = {three} }}"), "met"),
        ("test.rmse", &format!("input.fill = {lower}"), other("below", higher), "met"),
        ("test.rmse", &format!("input.fill = {lower}"), other("above", higher), "MISSED"),
        ("test.rmse", "input.fill = zero", other("below", "zero"), "MISSED"),
        ("test.rmse", &format!("input.fill = {lower}"), beats(higher, "by = 0, p = 0.9999"), "met"),
        ("test.rmse", &format!("input.fill = {lower}"), beats(higher, "p = 1e-9"), "MISSED"),
        ("test.rmse", &format!("input.fill = {lower}"), beats(higher, "by = 1, p = 0.9999"), "MISSED"),
        ("test.rmse", &format!("input.fill = {higher}"), beats(lower, "p = 0.9999"), "MISSED"),
        (
            "test.rmse",
            &format!("seed = 1 and input.fill = {lower}"),
            beats(higher, "by = 0"),
            "unknown: 1 common seed: too few to test; at least 3",
        ),
        ("test.rmse", "", near(zero), "unknown: 2 settings, and a claim is about one: narrow `where`"),
        (
            "test.mse",
            "input.fill = zero",
            near(zero),
            &format!("unknown: {} has no test.mse; did you mean `test.mae`?", sandbox.id(0)),
        ),
        ("test.rmse", "seed = 9", near(zero), "unknown: no such run is finished"),
        (
            "test.rmse",
            "input.fil != zero",
            near(zero),
            "unknown: column 1: `input.fil`: no run has it; did you mean `input.fill`?",
        ),
        (
            "test.rmse",
            "input.fill = zero",
            "{ below = \"input.fil = zero\" }".to_owned(),
            "unknown: column 1: `input.fil`: no run has it; did you mean `input.fill`?, where input.fil = zero",
        ),
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
    fs::write(sandbox.path("tiny.toml"), TINY).unwrap();
    let ended = sandbox.hourglass("check tiny.toml");
    assert_says(&ended.stderr, &["no experiment there claims anything", "docs/checking.md"]);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn a_claim_can_be_about_an_epoch() {
    let sandbox = Sandbox::new(&tiny_with("[train]", "[evaluation]\nevery = 2\n\n[train]\nselection = \"last\""));
    sandbox.run_well("");
    let table = EpochTable::read(&sandbox.trial(0).epochs()).unwrap();
    let of = |column: &str, epoch: usize| table.points(column).unwrap()[epoch - 1].1.unwrap_or(f64::NAN);
    let (id, parameters) = (sandbox.id(0), sandbox.record(0).parameters as f64);
    for (metric, epoch, value, verdict) in [
        ("train.rmse", 2, of("train.rmse", 2), "met".to_owned()),
        ("train.rmse", 3, of("train.rmse", 3), "met".to_owned()),
        ("train.rmse", 2, of("train.rmse", 2) + 0.1, "MISSED".to_owned()),
        ("loss", 1, of("loss", 1), "met".to_owned()),
        // Without an epoch, of the weights that were kept; a count of the record is a number too.
        ("train.rmse", 0, of("train.rmse", 3), "met".to_owned()),
        ("loss", 0, of("loss", 3), "met".to_owned()),
        ("epochs", 0, 3.0, "met".to_owned()),
        ("parameters", 0, parameters, "met".to_owned()),
        ("train.rmse", 1, 1.0, format!("unknown: {id} has no train.rmse of epoch 1: see evaluation.every")),
        ("train.rmse", 4, 1.0, format!("unknown: {id} has no epoch 4, but 3")),
        ("los", 2, 1.0, format!("unknown: {id} has no los; did you mean `loss`?")),
        ("test.rmse", 2, 1.0, format!("unknown: {id} has no test.rmse; did you mean `train.rmse`?")),
        ("epoch", 0, 1.0, format!("unknown: {id} has no epoch; did you mean `epochs`?")),
    ] {
        let epoch_line = if epoch > 0 { format!("\nepoch = {epoch}") } else { String::new() };
        let claimed = claim(metric, "", &format!("{{ near = [{value:?}, 1e-6] }}{epoch_line}"));
        let experiment = fs::read_to_string(sandbox.path("tiny.toml")).unwrap();
        fs::write(sandbox.path("claimed.toml"), experiment + &claimed).unwrap();
        let ended = sandbox.hourglass("check claimed.toml");
        let line = ended.stdout.lines().find(|line| line.starts_with(metric)).unwrap_or_else(|| panic!("{ended:?}"));
        assert!(line.ends_with(&format!("a paper  {verdict}")), "{line}");
        assert_eq!(line.contains(&format!("{metric} after epoch {epoch} ")), epoch > 0, "{line}");
    }
}

#[test]
fn data_that_is_not_there_is_told() {
    let sandbox = Sandbox::new(TINY);
    let absent = TINY.replace(
        "synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15",
        "wide]\npath = \"no.csv\"\nrows = \"items\"",
    );
    fs::write(sandbox.path("absent.toml"), absent + &claim("test.rmse", "", "{ at-most = 9 }")).unwrap();
    let ended = sandbox.hourglass("check absent.toml");
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert_says(&ended.stdout, &["1 of 1 trials are not finished, and their data is not there: no no.csv"]);
}
