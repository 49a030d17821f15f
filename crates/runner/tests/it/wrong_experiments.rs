//! What a wrong experiment file or command line is told: the place, the value, what is accepted, what to do.

use std::fs;

use crate::sandbox::{TINY, assert_says, folder_with, hourglass, tiny_with};

/// Runs a wrong experiment: nothing but one line of error, and nothing written.
#[track_caller]
fn check(experiment: &str, arguments: &str, code: i32, pieces: &[&str]) {
    let folder = folder_with(experiment);
    let ended = hourglass(folder.path(), &format!("run tiny.toml --threads 1 {arguments}"));
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    assert_says(&ended.stderr, pieces);
    assert_eq!(ended.stderr.matches("error").count(), 1, "{}", ended.stderr);
    if code == 1 {
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
    assert!(!folder.path().join("results").exists(), "something was written to the results folder");
}

#[test]
fn a_wrong_line_of_the_file() {
    let epochs = "epochs = 3";
    let rows = "rows = \"users\"";
    for (piece, replacement, pieces) in [
        ("epochs", "epcohs", &[":19:1: ", "unknown key `epcohs`", "`batch`", "did you mean `epochs`?"][..]),
        ("name", "nmae", &[":1:1: ", "unknown key `nmae`", "did you mean `name`?"]),
        ("name = \"tiny\"", "", &[":1:1: ", "missing key `name`"]),
        (rows, "", &[":15:1: ", "missing key `rows`"]),
        (rows, "rows = \"user\"", &[":16:8: ", "`user`", "expected `items` or `users`", "mean `users`?"]),
        (rows, "rows = \"users\"\nfill = \"usr-mean\"", &[":17:8: ", "`zero`", "did you mean `user-mean`?"]),
        ("data.synthetic", "data.synthetik", &[":3:7: ", "`synthetik`", "did you mean `synthetic`?"]),
        (epochs, "epochs = \"3\"", &[":19:10: ", "string \"3\"", "expected a whole number of at least 1"]),
        (epochs, "epochs = 0", &[":19:10: ", "`0`", "expected a whole number of at least 1"]),
        (epochs, "epochs = -1", &[":19:10: ", "`-1`", "expected a whole number of at least 1"]),
        (epochs, "epochs = 1.5", &[":19:10: ", "`1.5`", "expected a whole number of at least 1"]),
        (epochs, "epochs = [3]", &[":19:10: ", "a list", "expected a whole number of at least 1"]),
        (epochs, "epochs = 3 4", &[":19:10: ", "string values must be quoted"]),
        (
            epochs,
            "optimizer = \"adam\"",
            &[":19:13: train.optimizer = \"adam\": ", "expected a table with this name, as in { name = {} }"],
        ),
        (epochs, "optimizer.adam.lr = nan", &[":19:21: ", "NaN", "expected a finite number above 0"]),
        (epochs, "optimizer.adam.lr = -1", &[":19:21: ", "-1", "expected a finite number above 0"]),
        (epochs, "optimizer.adam.lr = inf", &[":19:21: ", "inf", "expected a finite number above 0"]),
        (epochs, "alternate.encoder = 70000", &[":19:21: ", "70000", "expected"]),
        ("[train]", "[evaluation]\nrelevant_from = inf\n[train]", &[":19:17: ", "inf", "a finite number"]),
        ("[train]", "[penalty.similarity]\nthreshold = nan\n[train]", &[":19:13: ", "NaN", "a finite number"]),
        (
            "[train]",
            "[[expect]]\nmetric = \"loss\"\nis = { near = [1, -1] }\n[train]",
            &[":20:6: ", "-1", "at least 0"],
        ),
        (
            "[train]",
            "[[expect]]\nmetric = \"loss\"\nis = { near = [1, inf] }\n[train]",
            &[":20:6: ", "inf", "at least 0"],
        ),
        (
            "[train]",
            "[[expect]]\nmetric = \"loss\"\nis = { at-most = nan }\n[train]",
            &[":20:6: ", "NaN", "a finite number"],
        ),
        (epochs, "optimizer.adam.beta1 = 1", &[":19:24: ", "1 is out of range", "not including, 1"]),
        ("users = 60", "users = 0", &[":4:9: ", "`0`", "expected a whole number of at least 1"]),
        ("test = 0.2", "test = 1.5", &[":9:8: ", "at least 0 and below 1", "1.5"]),
        ("test = 0.2", "test = nan", &[":9:8: ", "at least 0 and below 1"]),
        ("layers = [4]", "layers = [4, 2]", &[":13:10: ", "[4, 2] has 2 layers", "expected an odd number"]),
        ("layers = [4]", "layers = 4", &[":13:10: ", "`4`", "expected a list"]),
        ("layers = [4]", "layers = [0]", &[":13:10: ", "a layer of 0 units", "expected 1 to 1000000"]),
        ("\"tiny\"", "\"a/b\"", &[":1:8: ", "`a/b`", "expected up to 100 letters, digits"]),
        ("\"tiny\"", "\"..\"", &[":1:8: ", "`..`", "expected up to 100 letters, digits"]),
        ("\n\n", "\nseeds = [1, 2, 1]\n", &[":2:9: ", "seed 1 is listed twice", "list it once"]),
        ("\n\n", "\nseeds = []\n", &[":2:9: ", "no seed", "for example seeds = [1]"]),
        ("\n\n", "\nseeds = [-1]\n", &[":2:10: ", "`-1`", "expected a whole number of at least 0"]),
        ("\n\n", "\nname = \"other\"\n", &[":2:1: ", "duplicate key"]),
        (
            "[split.random]",
            "[data.movielens]\npath = \"a\"\n[split.random]",
            &[":3:2: ", "expected one choice, found more than one"],
        ),
        ("\n\n", "\nreference = { rmse = { value = nan, source = \"\" } }\n", &[":2:32: ", "expected a finite number"]),
    ] {
        let pieces = [pieces, &["error: tiny.toml:"]].concat();
        check(&tiny_with(piece, replacement), "", 1, &pieces);
    }
}

#[test]
fn a_wrong_sweep() {
    for (line, pieces) in [
        ("\"train.epohcs\" = [1]", &["sweep", "`train.epohcs`", "unknown key", "did you mean `epochs`?"][..]),
        ("\"trian.epochs\" = [1]", &["sweep", "no `trian`", "`objective`", "did you mean `train`?"]),
        ("\"data.movielens.path\" = [\"a\"]", &["sweep", "there is no `data.movielens`", "`data` has `synthetic`"]),
        ("\"model.vae.layers\" = [[4]]", &["sweep", "there is no `model.vae`", "`model` has `autoencoder`"]),
        ("\"penalty.l2.weight\" = [0.1]", &["there is no `penalty.l2` yet", "set `penalty.l2` as a whole"]),
        ("\"train.epochs.x\" = [1]", &["sweep", "`train.epochs` is 3", "set `train.epochs` itself"]),
        ("\"train.epochs\" = []", &["sweep.grid.\"train.epochs\"", "empty list", "at least one value"]),
        (
            "\"train.epochs\" = 7",
            &["tiny.toml:22:18: sweep.grid.\"train.epochs\"", "7; expected a list", "for example [7]"],
        ),
        ("train.epochs = [7]", &["tiny.toml:22:1: sweep.grid.train", "expected a list"]),
        ("\"train.epochs\" = [5, 5]", &["the same trial twice: train.epochs=5 seed=1", "remove the repeated value"]),
        ("\"description\" = [\"a\", \"b\"]", &["the same trial twice", "remove the repeated value"]),
        ("\"train.epochs\" = [5, 0]", &["sweep, where train.epochs = 0", "whole number of at least 1"]),
        (
            "\"train.optimizer.adam.lr\" = [nan]",
            &["sweep", "`train.optimizer.adam.lr`", "NaN", "finite number above 0"],
        ),
        ("\"input.fill\" = [\"usermean\"]", &["sweep, where input.fill", "`usermean`", "did you mean `user-mean`?"]),
    ] {
        check(&format!("{TINY}[sweep.grid]\n{line}\n"), "", 1, pieces);
    }
    let not_listed = format!("{TINY}[sweep.cases]\n\"train.epochs\" = 5\n");
    check(&not_listed, "", 1, &["tiny.toml:21:1: sweep.cases: ", "a table", "expected a list"]);
    let equal_cases = format!("{TINY}[[sweep.cases]]\n[[sweep.cases]]\n\"train.epochs\" = 3\n");
    check(&equal_cases, "", 1, &["the same trial twice: train.epochs=3 seed=1"]);
}

#[test]
fn a_wrong_command_line() {
    for (arguments, code, pieces) in [
        ("--set train.epohcs=1", 1, &["--set train.epohcs=1", "unknown key", "did you mean `epochs`?"][..]),
        ("--set trian.epochs=1", 1, &["--set trian.epochs=1", "no `trian`", "did you mean `train`?"]),
        ("--set train.epochs=0", 1, &["--set train.epochs=0", "whole number of at least 1"]),
        ("--set train.epochs=many", 1, &["--set train.epochs=\"many\"", "whole number of at least 1"]),
        ("--set input.fill=usermean", 1, &["--set", "`usermean`", "did you mean `user-mean`?"]),
        ("--set data.movielens.path=a", 1, &["--set", "there is no `data.movielens`", "`data` has `synthetic`"]),
        ("--set train.epochs", 2, &["`train.epochs` has no `=`", "expected key=value, for example train.epochs=10"]),
        ("--set =3", 2, &["not a dotted path", "expected key=value"]),
        ("--set train..epochs=3", 2, &["`train..epochs` is not a dotted path", "expected key=value"]),
        ("--set train.epochs=[1", 2, &["`[1` is not a TOML value"]),
        ("--device gpu", 2, &["`gpu` is not a device", "expected `auto`, `cpu`, `cuda` or `cuda:N`"]),
        ("--jobs 0", 2, &["--jobs", "1..=1024"]),
        ("--checkpoint-every soon", 2, &["`soon` is not a number of seconds"]),
        ("--only zzz", 1, &["--only zzz", "no trial's id begins so", "this experiment has "]),
    ] {
        check(TINY, arguments, code, pieces);
    }
}

#[test]
fn a_missing_experiment_file() {
    let folder = tempfile::tempdir().unwrap();
    for verb in ["run", "plan", "report", "explain"] {
        let ended = hourglass(folder.path(), &format!("{verb} nowhere.toml"));
        assert_eq!(ended.code, Some(1), "{verb}");
        assert_says(&ended.stderr, &["cannot read the experiment file nowhere.toml", "expected a TOML file"]);
    }
}

#[test]
fn parts_that_do_not_go_together() {
    let rows = "rows = \"users\"";
    let layers = "layers = [4]";
    let train = "epochs = 3";
    let sigmoid = (layers, "layers = [4]\noutput_activation = \"sigmoid\"");
    let objective = |name: &str| format!("[objective.{name}]\n[train]");
    let [bce, logits, multinomial] = ["bce", "bce-with-logits", "multinomial"].map(objective);
    let (noisy, noise) = ("rows = \"users\"\ntarget = \"noisy\"", "noise = [{ gaussian = { std = 1 } }]");
    let noisy_of_noise = format!("{noisy}\n{noise}");
    let noisy_and_short = format!("{noisy_of_noise}\nscale = \"unit-norm\"");
    for (changes, pieces) in [
        (
            vec![("[train]", bce.as_str())],
            &["objective.bce", "output_activation = \"linear\"", "set output_activation = \"sigmoid\""][..],
        ),
        (vec![("[train]", &bce), sigmoid], &["from 0 to 1", "there is a rating of", "set input.range = [0, 1]"]),
        (
            vec![("[train]", &logits), sigmoid],
            &["objective.bce-with-logits", "output_activation = \"sigmoid\"", "set output_activation = \"linear\""],
        ),
        (vec![("[train]", &logits)], &["from 0 to 1", "there is a rating of", "set input.range = [0, 1]"]),
        (vec![("[train]", &multinomial), sigmoid], &["objective.multinomial", "set output_activation = \"linear\""]),
        (
            vec![("[train]", &multinomial), (rows, "rows = \"users\"\nrange = [-1, 1]")],
            &["objective.multinomial expects counts of at least 0", "there is a rating of -", "input.range = [0, 1]"],
        ),
        (
            vec![("[train]", &multinomial), (rows, &noisy_of_noise)],
            &["noisy ratings", "set input.target = \"clean\"", "objective.masked-mse"],
        ),
        (
            vec![("[train]", "[objective.masked-mse]\ncorrupted = 2\n[train]")],
            &["weighs corrupted entries by 2 and others by 1", "nothing is corrupted", "add input.noise"],
        ),
        (vec![(rows, noisy)], &["input.target = \"noisy\"", "there is no noise", "set target = \"clean\""]),
        (
            vec![(rows, &noisy_and_short)],
            &["input.scale = \"unit-norm\"", "set target = \"clean\", or scale = \"none\""],
        ),
        (
            vec![(train, "epochs = 3\nrefeed = 1"), ("[train]", &multinomial)],
            &["train.refeed", "objective.multinomial", "set refeed = 0"],
        ),
        (
            vec![(train, "epochs = 3\nrefeed = 1"), (rows, "rows = \"users\"\nscale = \"unit-norm\"")],
            &["train.refeed", "input.scale = \"unit-norm\"", "refeed = 0"],
        ),
        (
            vec![
                (layers, "layers = [4]\nactivation = \"relu\""),
                ("[train]", "[penalty.kl-sparsity]\nweight = 1\nof = \"code\"\n[train]"),
            ],
            &["penalty.kl-sparsity.of = \"code\"", "the code's activation is \"relu\"", "of = \"sigmoid\""],
        ),
    ] {
        let experiment = changes.iter().fold(TINY.to_owned(), |text, (piece, replacement)| {
            assert!(text.contains(piece), "{piece} is not in the experiment");
            text.replacen(piece, replacement, 1)
        });
        let ended = hourglass(folder_with(&experiment).path(), "plan tiny.toml");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{experiment}\n{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert_says(&ended.stderr, pieces);
    }
}

#[test]
fn a_file_of_ratings_is_taken_for_what_it_is() {
    let folder = folder_with(TINY);
    let ratings = "user_id,item_id,rating\n1,2,3\n".repeat(50);
    let misspelt = TINY.replace("epochs", "epcohs");
    for (name, text, pieces) in [
        ("ratings.csv", ratings.as_str(), ["is no experiment file", "[data.delimited] with path = \"ratings.csv\""]),
        ("tiny.txt", misspelt.as_str(), ["train.epcohs", "did you mean `epochs`?"]),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let ended = hourglass(folder.path(), &format!("run {name}"));
        assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1), "{}", ended.stderr);
        assert_says(&ended.stderr, &pieces);
    }
}
