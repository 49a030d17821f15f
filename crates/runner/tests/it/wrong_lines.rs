//! Experiment files with one mistake, and with many: each is told where it is, which key, what was found and what may be meant.

use crate::sandbox::{TINY, folder_with, read, tiny_with};

/// One line of error, which begins with the place and the key and has the other pieces in it.
#[track_caller]
fn check(text: &str, place: &str, pieces: &[&str]) {
    let folder = folder_with(text);
    let error = read(folder.path()).map(|plan| plan.trials.len()).expect_err(text);
    let name = folder.path().join("tiny.toml").display().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with(&format!("{name}:{place}")), "no {place}: {error}");
    for piece in pieces {
        assert!(error.contains(piece), "no `{piece}` in: {error}");
    }
}

#[test]
fn a_misspelt_key_is_told_the_right_one() {
    for (piece, wrong, place, meant) in [
        ("ratings_per_user", "ratings_pre_user", "6:1: data.synthetic.ratings_pre_user: ", "ratings_per_user"),
        ("users = 60", "user = 60", "4:1: data.synthetic.user: ", "users"),
        ("items", "itms", "5:1: data.synthetic.itms: ", "items"),
        ("test = ", "tset = ", "9:1: split.random.tset: ", "test"),
        ("validation", "vaildation", "10:1: split.random.vaildation: ", "validation"),
        ("split.random", "split.randon", "8:8: split.randon: ", "random"),
        ("model.autoencoder", "model.autoencodr", "12:8: model.autoencodr: ", "autoencoder"),
        ("layers", "layer", "13:1: model.autoencoder.layer: ", "layers"),
        ("layers = [4]", "activaton = \"relu\"", "13:1: model.autoencoder.activaton: ", "activation"),
        ("layers = [4]", "tied-weights = true", "13:1: model.autoencoder.tied-weights: ", "tied_weights"),
        ("layers = [4]", "Dropout = 0.5", "13:1: model.autoencoder.Dropout: ", "dropout"),
        ("[input]", "[inputs]", "15:2: inputs: ", "input"),
        ("rows", "row", "16:1: input.row: ", "rows"),
        ("[train]", "[trian]", "18:2: trian: ", "train"),
        ("[train]", "[Train]", "18:2: Train: ", "train"),
        ("batch", "bacth", "20:1: train.bacth: ", "batch"),
        ("batch = 16", "optimiser.adam.lr = 1", "20:1: train.optimiser: ", "optimizer"),
        ("batch = 16", "optimizer.adm.lr = 1", "20:11: train.optimizer.adm: ", "adam"),
        ("batch = 16", "optimizer.adam.l = 1", "20:16: train.optimizer.adam.l: ", "lr"),
        ("batch = 16", "early_stopping = { patinece = 3 }", "20:20: train.early_stopping.patinece: ", "patience"),
        ("batch = 16", "schedule.cosin.lowest = 0.1", "20:10: train.schedule.cosin: ", "cosine"),
        ("[train]", "[penalty]\nl_2 = { weight = 1 }\n[train]", "19:1: penalty.l_2: ", "l2"),
        ("[train]", "[evaluation]\nmetric = [\"rmse\"]\n[train]", "19:1: evaluation.metric: ", "metrics"),
        ("[train]", "[report]\nskip_epoch = 1\n[train]", "19:1: report.skip_epoch: ", "skip_epochs"),
        ("[train]", "[objective.masked_mse]\n[train]", "18:12: objective.masked_mse: ", "masked-mse"),
        ("[train]", "[sweep.gird]\n[train]", "18:8: sweep.gird: ", "grid"),
        ("[train]", "[sweep.random]\ntrial = 3\nvalues = {}\n[train]", "19:1: sweep.random.trial: ", "trials"),
        ("[train]", "[[sweep.block]]\n[train]", "18:9: sweep.block: ", "blocks"),
        ("name", "nane", "1:1: nane: ", "name"),
    ] {
        check(&tiny_with(piece, wrong), place, &["unknown ", &format!("did you mean `{meant}`?")]);
    }
}

#[test]
fn a_misspelt_name_is_told_the_right_one() {
    for (piece, wrong, place, meant) in [
        ("\"users\"", "\"usres\"", "16:8: input.rows", "users"),
        ("\"users\"", "\"users\"\nfill = \"item_mean\"", "17:8: input.fill", "item-mean"),
        ("\"users\"", "\"users\"\nfill = { constnat = 3 }", "17:10: input.fill.constnat", "constant"),
        ("\"users\"", "\"users\"\nnoise = [{ gausian = { std = 1 } }]", "17:12: input.noise[0].gausian", "gaussian"),
        ("\"users\"", "\"users\"\nscale = \"unit-nrom\"", "17:9: input.scale", "unit-norm"),
        ("layers = [4]", "activation = \"ReLU\"", "13:14: model.autoencoder.activation", "relu"),
        ("layers = [4]", "activation = \"sigmiod\"", "13:14: model.autoencoder.activation", "sigmoid"),
        ("layers = [4]", "normalisation = \"bach\"", "13:17: model.autoencoder.normalisation", "batch"),
        ("batch = 16", "order = \"shufled\"", "20:9: train.order", "shuffled"),
        ("batch = 16", "selection = \"lsat\"", "20:13: train.selection", "last"),
        ("batch = 16", "engine = \"spares\"", "20:10: train.engine", "sparse"),
        ("[train]", "[evaluation]\nmetrics = [\"rsme\"]\n[train]", "19:12: evaluation.metrics[0]", "rmse"),
    ] {
        check(&tiny_with(piece, wrong), place, &[&format!("did you mean `{meant}`?")]);
    }
}

#[test]
fn a_wrong_sweep_is_told_its_place() {
    for (sweep, place, pieces) in [
        ("[sweep.grid]\n\"train.epochs\" = []", "22:18: sweep.grid.\"train.epochs\" = []: ", &["empty list"][..]),
        ("[sweep.grid]\n\"train.epochs\" = 7", "22:18: sweep.grid.\"train.epochs\"", &["7; expected a list", "[7]"]),
        ("[sweep.grid]\ntrain.epochs = [7]", "22:1: sweep.grid.train", &["in quotation marks: \"train.epochs\""]),
        (
            "[sweep.grid]\n\"train.epochs\" = { intger = { from = 1, to = 2 } }",
            "22:18: sweep.grid.\"train.epochs\"",
            &["`intger` is no range", "`linear`, `log` or `integer`"],
        ),
        (
            "[sweep.grid]\n\"train.epochs\" = { integer = { from = 2, to = 1 } }",
            "22:18: sweep.grid.\"train.epochs\"",
            &["an integer range from 2 to 1", "`to` of at least `from`"],
        ),
        (
            "[sweep.grid]\n\"train.optimizer.adam.lr\" = { log = { from = 0, to = 1, steps = 3 } }",
            "22:29: sweep.grid.\"train.optimizer.adam.lr\"",
            &["a log range from 0", "above 0, or a linear range"],
        ),
        (
            "[sweep.grid]\n\"train.optimizer.adam.lr\" = { log = { from = 0.1, to = 1 } }",
            "22:1: sweep.grid.\"train.optimizer.adam.lr\"",
            &["has no steps", "add steps = 5"],
        ),
        (
            "[sweep.grid]\n\"train.epochs\" = [5, 0]",
            "22:22: sweep.grid.\"train.epochs\"[1]",
            &["where train.epochs = 0"],
        ),
        ("[sweep.grid]\n\"train.epochs\" = [5, \"x\"]", "22:22: sweep.grid.\"train.epochs\"[1]", &["whole number"]),
        ("[sweep.grid]\n\"train.epohcs\" = [1]", "22:19: sweep.grid.\"train.epohcs\"[0]", &["mean `epochs`?"]),
        ("[sweep.grid]\n\"trian.epochs\" = [1]", "22:19: sweep.grid.\"trian.epochs\"[0]", &["mean `train`?"]),
        (
            "[sweep.zip]\n\"train.epochs\" = [1, 2]\n\"train.batch\" = [1]",
            "23:1: sweep.zip.\"train.batch\"",
            &["2 values of `train.epochs` and 1 of `train.batch`", "as many of each"],
        ),
        ("[[sweep.cases]]\n\"train.epochs\" = 0", "22:18: sweep.cases[0].\"train.epochs\"", &["at least 1"]),
        (
            "[[sweep.blocks]]\ngrid = { \"train.epochs\" = [0] }",
            "22:28: sweep.blocks[0].grid.\"train.epochs\"[0]",
            &["at least 1"],
        ),
        (
            "[sweep.random]\ntrials = 3\nvalues = { \"train.epochs\" = [1, 2] }",
            "22:1: sweep.random.trials",
            &["make 2 different points", "lower it"],
        ),
        ("[sweep.random]\ntrials = 0\nvalues = {}", "22:10: sweep.random.trials", &["at least 1"]),
        ("[sweep.random]\ntrials = 2", "21:1: sweep.random: ", &["missing key `values`"]),
        (
            "[sweep]\nwhen = 'train.epochs'",
            "22:8: sweep.when",
            &["column 13: expected a comparison: =, !=, <, <=", "found the end"],
        ),
        ("[sweep]\nexclude = ['a & 3']", "22:11: sweep.exclude", &["`a & 3`, column 3: expected", "found `&`"]),
        ("[sweep]\nexclude = 'train.epochs = 3'", "22:11: sweep.exclude", &["expected a list"]),
        (
            "[sweep]\nwhen = 'train.epohcs = 3'\ngrid = { \"train.epochs\" = [3] }",
            "22:8: sweep.when",
            &["asks for `train.epohcs`", "mean `train.epochs`?"],
        ),
    ] {
        check(&format!("{TINY}{sweep}\n"), place, pieces);
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let text = r#"nmae = "tiny"
seeds = [1, -1]

[data.synthetic]
users = "60"
itms = 40

[split.random]
test = 1.2

[model.autoencoder]
layers = [4, 2]
actvation = "relu"

[input]
fill = "usr-mean"
noise = [{ gausian = { std = 1 } }]

[train]
epcohs = 3
batch = 16.5
optimizer = { adam = { lr = -1, bta1 = 0.9 } }

[sweep.grid]
"train.epochs" = []
"train.batch" = [1]
"#;
    let folder = folder_with(text);
    let error = read(folder.path()).map(|plan| plan.trials.len()).expect_err("it is wrong");
    let name = folder.path().join("tiny.toml").display().to_string();
    let places: Vec<&str> = error
        .lines()
        .skip(1)
        .map(|line| line.strip_prefix(&format!("{name}:")).expect(line).split(": ").next().unwrap())
        .collect();
    let expected = [
        "1:1", "2:13", "5:9", "6:1", "9:8", "12:10", "13:1", "15:1", "16:8", "17:12", "20:1", "21:9", "22:29", "22:33",
        "25:18",
    ];
    assert_eq!(places, expected, "{error}");
    assert!(error.starts_with(&format!("{name} has {} mistakes\n", expected.len())), "{error}");
}

#[test]
fn a_file_that_is_not_toml_is_told_every_line_that_is_wrong() {
    let text = format!("{TINY}[report\nskip_epochs = 1\n[sweep.grid]\nx = [1\n");
    let folder = folder_with(&text);
    let error = read(folder.path()).map(|plan| plan.trials.len()).expect_err("it is wrong");
    assert!(error.contains("tiny.toml:21:"), "{error}");
}
