//! What a reviewer would question, as `hourglass doctor` says it.

use std::fs;

use hourglass::doctor::{Diagnosis, examine};
use hourglass::prepare::DataCache;

use crate::sandbox::{TINY, assert_says, folder_with, hourglass, tiny_with};

/// An experiment of which there is nothing to question: enough ratings to validate on.
fn good() -> String {
    tiny_with("users = 60", "users = 1200").replace("ratings_per_user = 15", "ratings_per_user = 20")
}

/// It with one piece replaced.
#[track_caller]
fn good_with(piece: &str, replacement: &str) -> String {
    let good = good();
    assert!(good.contains(piece), "{piece} is not in the experiment");
    good.replacen(piece, replacement, 1)
}

fn diagnosed(experiment: &str) -> Diagnosis {
    let folder = folder_with(experiment);
    let data = DataCache::beside(&folder.path().join("results"));
    examine(&folder.path().join("tiny.toml"), &[], Some(data)).unwrap_or_else(|error| panic!("{experiment}\n{error:#}"))
}

/// `severity check Ttrap key:line in settings` of each finding.
fn findings(experiment: &str) -> Vec<String> {
    let diagnosis = diagnosed(experiment);
    assert_eq!(diagnosis.without_data, None, "{experiment}");
    let line = |finding: &hourglass::doctor::Finding| {
        assert!(!finding.why.is_empty() && !finding.remedy.is_empty(), "{finding:?}");
        assert!(finding.place.file.ends_with("tiny.toml"), "{finding:?}");
        let trap = finding.trap.map_or_else(String::new, |trap| format!(" T{trap}"));
        let (severity, check, key, line) = (finding.severity.name(), finding.check, &finding.key, finding.place.line);
        format!("{severity} {check}{trap} {key}:{line} in {}", finding.settings)
    };
    diagnosis.findings.iter().map(line).collect()
}

const SPLIT: &str = "[split.random]\ntest = 0.2\nvalidation = 0.2\n";

#[test]
fn a_good_file_has_nothing_to_question() {
    assert_eq!(findings(&good()), [""; 0]);
}

const SESSION: &str = "[model.linear-variational.session]\nshare = 0.4\nseconds = 60";

#[test]
fn each_question_is_asked_where_it_is_due() {
    let rows = "rows = \"users\"";
    let metrics = |list: &str| good() + &format!("\n[evaluation]\nmetrics = [{list}]\n");
    for (experiment, expected) in [
        (good_with("batch = 16", "batch = 16\nselection = \"last\""), "doubtful last-epoch T3 train.selection:21 in 1"),
        (
            good_with("batch = 16", "batch = 16\nmonitor = \"loss\""),
            "doubtful chosen-by-training T14 train.monitor:21 in 1",
        ),
        (TINY.to_owned(), "doubtful tiny-validation T3 split:8 in 1"),
        (
            good_with("batch = 16", "gradient = \"never-cleared\""),
            "wrong gradients-never-cleared T5 train.gradient:20 in 1",
        ),
        (good_with("batch = 16", "order = \"as-given\""), "note rows-in-a-fixed-order T15 train.order:20 in 1"),
        (
            good_with(rows, "rows = \"users\"\nnoise = [{ gaussian = { std = 0.4, draw = \"once\" } }]"),
            "doubtful static-noise T6 input.noise:17 in 1",
        ),
        (
            good_with(rows, "rows = \"users\"\ntarget = \"noisy\"\nnoise = [{ gaussian = { std = 0.4 } }]"),
            "wrong noisy-target T6 input.target:17 in 1",
        ),
        (good() + "\n[objective.full-mse]\n", "doubtful unrated-counts-as-zero T7 objective.full-mse:22 in 1"),
        (
            good_with("[model.autoencoder]\nlayers = [4]", SESSION).replace("batch = 16\n", ""),
            "note times-of-held-out-ratings model.linear-variational.session:12 in 1",
        ),
        (good() + "\n[ratings]\ncast = \"integer\"\n", "wrong integer-cast T4 ratings.cast:23 in 1"),
        (
            good_with("layers = [4]", "layers = [4]\noutput_activation = \"sigmoid\""),
            "wrong ratings-out-of-reach T12 model:12 in 1",
        ),
        (
            good_with(SPLIT, "[split.masked]\ntest = 0.2\nvalidation = 0.2\n"),
            "doubtful reconstruction T8 split.masked:8 in 1",
        ),
        (good_with(SPLIT, "[split.folds]\nfolds = 5\n"), "doubtful one-fold T11 split.folds.fold:8 in 1"),
        (metrics("\"user-rmse\", \"mae\""), "doubtful user-mean-alone T1 evaluation.metrics:23 in 1"),
        (metrics("\"rmse\", \"all-cells-rmse\""), "note errors-of-all-cells T7 evaluation.metrics:23 in 1"),
        (metrics("\"rmse\", \"ndcg@5\""), "doubtful any-rating-counts-as-liked evaluation.relevant_from:22 in 1"),
        (good() + "\n[evaluation]\nclip = false\n", "note unclipped evaluation.clip:23 in 1"),
        (
            good() + "\n[reference]\n\"test.user-mae\" = { value = 0.7, source = \"somebody\" }\n",
            "doubtful reference-not-measured reference.\"test.user-mae\":23 in 1",
        ),
    ] {
        assert_eq!(findings(&experiment), [expected], "{experiment}");
    }
}

#[test]
fn events_are_ranked_and_not_rated() {
    let events = good_with("[model.autoencoder]", "[ratings]\nimplicit = { above = 3 }\n\n[model.autoencoder]");
    let masked = findings(&events);
    assert!(masked[0].starts_with("wrong constant-targets T12 objective.masked-mse:1 in 1"), "{masked:?}");
    let multinomial =
        events.replace("batch = 16", "batch = 16\nmonitor = \"validation.loss\"") + "\n[objective.multinomial]\n";
    assert_eq!(findings(&multinomial)[0], "wrong errors-of-no-ratings T7 evaluation.metrics:1 in 1");
    let ranked =
        multinomial.replace("validation.loss", "validation.ndcg@10") + "\n[evaluation]\nmetrics = [\"ndcg@10\"]\n";
    assert_eq!(findings(&ranked), [""; 0]);
    let closed_form = ranked
        .replace("[model.autoencoder]\nlayers = [4]", "[model.ease]")
        .replace("batch = 16\nmonitor", "selection = \"last\"\nmonitor")
        .replace("\n[objective.multinomial]\n", "");
    assert_eq!(findings(&closed_form), [""; 0]);
}

#[test]
fn a_sweep_is_questioned_where_it_says_so_and_for_how_many_settings() {
    let sweep = |sweep: &str| findings(&(good() + "\n[sweep.grid]\n" + sweep));
    let seeds = |settings: usize| format!("note few-seeds seeds:1 in {settings}");
    assert_eq!(
        sweep("\"train.selection\" = [\"best\", \"last\"]\n"),
        ["doubtful last-epoch T3 train.selection:23 in 1".to_owned(), seeds(2)]
    );
    assert_eq!(
        sweep("\"input.fill\" = [\"zero\", \"user-mean\"]\n\"train.order\" = [\"as-given\"]\n"),
        [seeds(2), "note rows-in-a-fixed-order T15 train.order:24 in 2".to_owned()]
    );
    let cases = good() + "\n[[sweep.cases]]\n\n[[sweep.cases]]\n\"objective\" = { full-mse = {} }\n";
    assert_eq!(
        findings(&cases),
        ["doubtful unrated-counts-as-zero T7 objective.full-mse:25 in 1".to_owned(), seeds(2)]
    );
    let stopped = "\"train.batch\" = [16, 32]\n[sweep.stop.median]\nepochs = 1\n";
    assert_eq!(sweep(stopped), [seeds(2), "note settings-stopped-early T16 sweep.stop:24 in 2".to_owned()]);
    let nothing =
        good_with("validation = 0.2", "validation = 0.0").replace("batch = 16", "batch = 16\nselection = \"last\"");
    let nothing = nothing + "\n[sweep.grid]\n\"train.batch\" = [16, 32]\n";
    assert_eq!(findings(&nothing), ["doubtful nothing-to-choose-by T3 split:8 in 2".to_owned(), seeds(2)]);
    let strong = good() + "\n[[sweep.cases]]\n\n[[sweep.cases]]\n\"split\" = { held-out-users = {} }\n";
    let found = findings(&strong);
    assert!(found.contains(&"doubtful kinds-of-split-mixed T19 split:25 in 1".to_owned()), "{found:?}");
    let three = findings(&(format!("seeds = [1, 2, 3]\n{}", good()) + "\n[sweep.grid]\n\"train.batch\" = [16, 32]\n"));
    assert_eq!(three, [""; 0]);
}

/// MovieLens-1M in miniature, in a folder of its name: ten users, ten films, of which the last has one rating.
fn miniature(experiment: &str) -> tempfile::TempDir {
    let folder = folder_with(experiment);
    let data = folder.path().join("ml-1m");
    fs::create_dir(&data).unwrap();
    let rated = (1..=10).flat_map(|user| (1..=10).map(move |film| (user, film)));
    let rated = rated.filter(|(user, film)| (user + film) % 3 > 0 && (*film < 10 || *user == 1));
    // The last film came last.
    let time = |user: i32, film: i32| 978_300_000 + if film == 10 { 1000 } else { (user * 7 + film * 3) % 10 };
    let line = |(user, film)| format!("{user}::{film}::{}::{}\n", (user * film) % 5 + 1, time(user, film));
    let ratings: String = rated.map(line).collect();
    fs::write(data.join("ratings.dat"), ratings).unwrap();
    let users: String = (1..=10).map(|user| format!("{user}::F::25::1::00000\n")).collect();
    fs::write(data.join("users.dat"), users).unwrap();
    let films: String = (1..=11).map(|film| format!("{film}::Film {film} (2000)::Drama\n")).collect();
    fs::write(data.join("movies.dat"), films).unwrap();
    folder
}

fn of_miniature(split: &str, rest: &str) -> Vec<String> {
    let data = "[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15\n";
    let folder = miniature("");
    let path = folder.path().join("ml-1m");
    let experiment = tiny_with(data, &format!("[data.movielens]\npath = {path:?}\n")).replace(SPLIT, split) + rest;
    fs::write(folder.path().join("tiny.toml"), experiment).unwrap();
    let data = DataCache::beside(&folder.path().join("results"));
    let diagnosis = examine(&folder.path().join("tiny.toml"), &[], Some(data)).unwrap();
    diagnosis.findings.iter().map(|finding| format!("{}: {}", finding.check, finding.says)).collect()
}

#[test]
fn published_numbers_stand_beside_their_own_metric_and_protocol() {
    let reference =
        |name: &str, value: f64| format!("\n[reference]\n\"{name}\" = {{ value = {value}, source = \"a paper\" }}\n");
    let tenth = "[split.random]\ntest = 0.1\nvalidation = 0.1\n";
    let asked = |split: &str, name: &str, value: f64| {
        let mut found = of_miniature(split, &reference(name, value));
        found.retain(|line| line.starts_with("reference"));
        found
    };
    assert_eq!(asked(tenth, "test.rmse", 0.831), [""; 0]);
    assert_eq!(asked(tenth, "test.user-rmse", 0.857), [""; 0]);
    assert_eq!(asked(tenth, "test.rmse", 0.9999), [""; 0], "nobody's");
    assert_eq!(
        asked(tenth, "test.user-rmse", 0.831),
        ["reference-of-another-metric: 0.831 of I-AutoRec is published as rmse, not as user-rmse"]
    );
    assert_eq!(
        asked(SPLIT, "test.rmse", 0.831),
        [
            "reference-of-another-protocol: 0.831 of I-AutoRec was measured on a random tenth of all ratings, this experiment is tested on \
          something else"
        ]
    );
    let both = format!("{}\n[sweep.grid]\n\"input.rows\" = [\"users\", \"items\"]\n", reference("test.rmse", 0.831));
    let found = of_miniature(tenth, &both);
    assert!(
        found.iter().any(|line| line.starts_with("reference-of-one-orientation: one number stands beside")),
        "{found:?}"
    );
}

#[test]
fn the_data_tells_of_cold_ratings_and_of_users_and_items_without_any() {
    let leave_one = "[split.leave-out]\ncount = 1\n";
    let found = of_miniature(leave_one, "\n[ratings]\ncatalogue = \"listed\"\n");
    let has = |start: &str| found.iter().any(|line| line.starts_with(start));
    // The last film is rated by one user, last of all.
    assert!(has("cold-ratings: 1 of 10 test ratings, 10.00 %, are of users or items"), "{found:?}");
    assert!(has("columns-nobody-rated: 2 of 11 items have no training rating"), "{found:?}");
    assert!(!has("later-ratings-predict-earlier-ones"), "{found:?}");
    let settled = of_miniature(leave_one, "\n[evaluation]\ncold = \"global-mean\"\n");
    assert!(!settled.iter().any(|line| line.starts_with("cold-ratings")), "{settled:?}");
    let random = of_miniature("[split.random]\ntest = 0.1\nstratify = \"none\"\n", "");
    for start in ["later-ratings-predict-earlier-ones: ", "users-without-test-ratings: "] {
        assert!(random.iter().any(|line| line.starts_with(start)), "{start} {random:?}");
    }
}

#[test]
fn it_is_printed_for_people_and_for_programs_and_fails_where_asked() {
    let experiment = good_with("batch = 16", "batch = 16\nselection = \"last\"");
    let folder = folder_with(&experiment);
    let ended = hourglass(folder.path(), "doctor tiny.toml");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_says(
        &ended.stdout,
        &[
            "tiny.toml:21:1: doubtful: train.selection = \"last\": the weights of epoch 3 are tested",
            "[last-epoch, T3]",
            "\n  why: ",
            "\n  remedy: set train.selection = \"best\"",
            "tiny.toml: 1 doubtful (one setting)\n",
        ],
    );
    assert_eq!(hourglass(folder.path(), "doctor tiny.toml --strict").code, Some(1));
    let json: serde_json::Value =
        serde_json::from_str(&hourglass(folder.path(), "doctor tiny.toml --json").stdout).unwrap();
    assert_eq!(json["findings"][0]["check"], "last-epoch");
    assert_eq!(json["findings"][0]["place"]["line"], 21);
    assert_eq!(json["without_data"], serde_json::Value::Null);
    let settled = hourglass(folder.path(), "doctor tiny.toml --strict --set train.selection=best");
    assert_eq!((settled.code, settled.stdout.as_str()), (Some(0), "tiny.toml: nothing to question (one setting)\n"));
}

#[test]
fn without_data_the_file_is_looked_at_all_the_same() {
    let data = "[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15\n";
    let folder = folder_with(&tiny_with(data, "[data.movielens]\npath = \"absent\"\n"));
    let ended = hourglass(folder.path(), "doctor tiny.toml");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let said = [
        "the data was not looked at, and some questions not asked: ",
        "absent",
        "[later-ratings-predict-earlier-ones]",
    ];
    assert_says(&ended.stdout, &said);
    let ended = hourglass(folder.path(), "doctor tiny.toml --without-data");
    assert_says(&ended.stdout, &["not asked: --without-data"]);
    let wrong = folder_with("name = 1");
    assert_eq!(hourglass(wrong.path(), "doctor tiny.toml").code, Some(1));
}
