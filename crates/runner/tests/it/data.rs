//! Ratings through the whole program: every split in a training, and the verbs of `hourglass data`.

use std::fs;

use crate::sandbox::{Sandbox, TINY, assert_says, hourglass, tiny_with};

const RANDOM: &str = "[split.random]\ntest = 0.2\nvalidation = 0.2\n";

/// MovieLens 1M in a few lines: user 1 has rated item 2 twice.
const RATINGS: &str = "1::1::5::10\n1::2::3::11\n2::1::4::12\n2::2::1::13\n3::2::2::14\n3::1::5::15\n1::2::4::16\n";

fn ratings(sandbox: &Sandbox) {
    let folder = sandbox.path("ratings");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("ratings.dat"), RATINGS).unwrap();
    fs::write(folder.join("movies.dat"), "1::Heat (1995)::Action\n2::Up (2009)::Animation\n9::Rope (1948)::Drama\n")
        .unwrap();
}

#[test]
fn every_split_is_trained_and_tested_on() {
    let splits = [
        ("users", "[split.held-out-users]\ntest = 0.2\nvalidation = 0.2\n"),
        ("users", "[split.masked]\ntest = 0.2\nvalidation = 0.1\n"),
        ("items", "[split.masked]\ntest = 0.2\nvalidation = 0.1\n"),
        ("users", "[split.leave-out]\nby = \"random\"\n"),
        ("items", "[split.folds]\nfolds = 3\nfold = 2\n"),
    ];
    for (rows, split) in splits {
        let experiment = tiny_with(RANDOM, split).replace("rows = \"users\"", &format!("rows = \"{rows}\""));
        let sandbox = Sandbox::new(&experiment);
        sandbox.run_well("");
        let record = sandbox.record(0);
        let finished = record.outcome.finished().expect(split);
        assert!(finished.metric("test.rmse").is_some_and(f64::is_finite), "{split}");
        assert!(finished.metric("validation.rmse").is_some_and(f64::is_finite), "{split}");
        assert_eq!(finished.test_ratings, record.data.test, "{split}");
    }
}

#[test]
fn users_that_are_not_learned_from_cannot_be_columns() {
    let experiment = tiny_with(RANDOM, "[split.held-out-users]\n").replace("rows = \"users\"", "rows = \"items\"");
    let ended = Sandbox::new(&experiment).run("");
    assert_eq!(ended.code, Some(3));
    assert_says(&ended.stderr, &["split holds users out whom the model has not learned from", "use rows = \"users\""]);
}

#[test]
fn folds_are_an_axis_of_a_sweep() {
    let experiment = tiny_with(RANDOM, "[split.folds]\nfolds = 3\n");
    let sandbox = Sandbox::new(&format!("{experiment}[sweep.grid]\n\"split.folds.fold\" = [1, 2, 3]\n"));
    sandbox.run_well("");
    let records = [0, 1, 2].map(|position| sandbox.record(position).data);
    let [first, ..] = &records;
    let all = first.train + first.validation + first.test;
    assert_eq!(records.iter().map(|data| data.test).sum::<u64>(), all);
    assert!(records.iter().all(|data| data.fingerprint == first.fingerprint));
    assert_ne!(records[0].split_fingerprint, records[1].split_fingerprint);
    // Each is prepared once, and kept.
    assert_eq!(fs::read_dir(sandbox.path("results/.prepared")).unwrap().count(), 3);
}

#[test]
fn what_does_not_count_is_recorded() {
    let data = "[data.movielens]\npath = \"ratings\"\n\n[ratings]\nduplicates = \"mean\"\ncatalogue = \"listed\"\n";
    let experiment = tiny_with("[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15\n", data)
        .replace(RANDOM, "[split.leave-out]\nvalidation = 0\n");
    let sandbox = Sandbox::new(&format!("{experiment}selection = \"last\"\n"));
    ratings(&sandbox);
    sandbox.run_well("");
    let record = sandbox.record(0).data;
    assert_eq!(record.left_out, [("duplicates".to_owned(), 1)].into());
    assert_eq!((record.users, record.items, record.train, record.test), (3, 3, 3, 3));
}

#[test]
fn data_is_inspected_converted_and_named() {
    let sandbox = Sandbox::new(TINY);
    ratings(&sandbox);
    let ended = sandbox.hourglass("data inspect ratings");
    assert_eq!(ended.code, Some(1));
    assert_says(&ended.stderr, &["line 7: user \"1\" has rated item \"2\" in line 2 already", "ratings.duplicates"]);

    fs::write(sandbox.path("last.toml"), "[data.movielens]\npath = \"ratings\"\n[ratings]\nduplicates = \"last\"\n")
        .unwrap();
    let ended = sandbox.hourglass("data inspect last.toml --chart tail");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = [
        "users        3\n",
        "items        2\n",
        "ratings      6, 100 % of all pairs\n",
        "left out     1 duplicates, of 7 read\n",
        "scale        1 to 5, known for this source\n",
        "time         1970-01-01 to 1970-01-01\n",
        "per user     fewest 2, ",
        "of items     title, genres\n",
        "chart        tail.svg, tail.png\n",
    ];
    assert_says(&ended.stdout, &lines);
    assert!(fs::read_to_string(sandbox.path("tail.svg")).unwrap().contains("Ratings per user and per item"));

    let ended = sandbox.hourglass("data convert last.toml --to ratings.parquet");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "6 ratings: ratings.parquet\n"), "{}", ended.stderr);
    let columns = "columns = { user = \"user\", item = \"item\", rating = \"rating\", time = \"time\" }";
    let parquet = format!("[data.parquet]\npath = \"ratings.parquet\"\n{columns}\n[split.random]\n");
    fs::write(sandbox.path("parquet.toml"), parquet).unwrap();
    let named = sandbox.hourglass("data fingerprint parquet.toml");
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    assert_eq!(named.stdout.lines().map(|line| line.len()).collect::<Vec<_>>(), [9 + 16, 9 + 16], "{}", named.stdout);
    assert_eq!(sandbox.hourglass("data fingerprint parquet.toml").stdout, named.stdout);
}

#[test]
fn a_matrix_is_written_and_read() {
    let sandbox = Sandbox::new(TINY);
    fs::write(sandbox.path("list.csv"), "who,what,how\na,x,5\nb,x,3.5\nb,y,1\n").unwrap();
    let columns = "columns = { user = \"who\", item = \"what\", rating = \"how\" }";
    fs::write(sandbox.path("list.toml"), format!("[data.delimited]\npath = \"list.csv\"\n{columns}\n")).unwrap();
    let ended = sandbox.hourglass("data convert list.toml --to wide.csv --rows items");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "3 ratings: wide.csv\n"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(sandbox.path("wide.csv")).unwrap(), ",a,b\nx,5,3.5\ny,,1\n");
    fs::write(sandbox.path("wide.toml"), "[data.wide]\npath = \"wide.csv\"\nrows = \"items\"\n").unwrap();
    let fingerprints = ["list.toml", "wide.toml"].map(|file| sandbox.hourglass(&format!("data fingerprint {file}")));
    assert_eq!(fingerprints[0].stdout, fingerprints[1].stdout, "{}", fingerprints[1].stderr);
    for (arguments, pieces) in [
        ("--to wide.csv.gz", ["wide.csv.gz: a matrix needs --rows items or --rows users", "a .parquet"]),
        ("--to list.parquet --rows users", ["list.parquet: with --rows a matrix is written", ".csv or .csv.gz"]),
        ("--to wide.csv --rows films", ["'films'", "[possible values: items, users]"]),
    ] {
        let ended = sandbox.hourglass(&format!("data convert list.toml {arguments}"));
        assert_ne!(ended.code, Some(0), "{arguments}");
        assert_says(&ended.stderr, &pieces);
    }
}

#[test]
fn wrong_sources_of_data_are_named() {
    let sandbox = Sandbox::new(TINY);
    fs::write(sandbox.path("wrong.toml"), "[data.movielens]\npaht = \"ratings\"\n").unwrap();
    fs::write(sandbox.path("broken.toml"), "[data.movielens\n").unwrap();
    fs::write(sandbox.path("none.toml"), "name = \"x\"\n").unwrap();
    let cases = [
        ("data inspect absent", &["cannot read absent; expected an experiment file, or the folder of"][..]),
        ("data inspect wrong.toml", &["wrong.toml", "data.movielens.paht", "unknown key `paht`"]),
        ("data inspect broken.toml", &["broken.toml:1:16: unclosed table"]),
        ("data inspect none.toml", &["none.toml", "missing", "data"]),
        ("data fetch ml-2m", &["no data set \"ml-2m\" is known", "ml-1m"]),
    ];
    for (arguments, pieces) in cases {
        let ended = hourglass(&sandbox.path(""), arguments);
        assert_eq!(ended.code, Some(1), "{arguments}");
        assert_says(&ended.stderr, pieces);
    }
}
