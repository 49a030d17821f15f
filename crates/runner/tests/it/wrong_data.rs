//! Data that is missing or wrong: told before anything is written to the results folder.

use std::fs;
use std::path::Path;

use crate::sandbox::{TINY, assert_says, folder_with, hourglass, nothing_but_prepared_data, tiny_with};

const RATINGS: &str = "1::1::3\n1::2::4\n1::3::5\n2::1::3\n2::2::1\n2::3::2\n";

/// [`TINY`], but on ratings in the folder `ratings`.
fn on_ratings() -> String {
    tiny_with("[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15", "[data.movielens]\npath = \"ratings\"")
}

/// Runs on this content of `ratings.dat`, or without the folder.
#[track_caller]
fn check(experiment: &str, ratings: Option<&str>, pieces: &[&str]) {
    let folder = folder_with(experiment);
    if let Some(ratings) = ratings {
        fs::create_dir(folder.path().join("ratings")).unwrap();
        fs::write(folder.path().join("ratings/ratings.dat"), ratings).unwrap();
    }
    for jobs in ["1", "2"] {
        check_run(folder.path(), jobs, 1, pieces);
    }
}

#[track_caller]
fn check_run(folder: &Path, jobs: &str, code: i32, pieces: &[&str]) {
    let ended = hourglass(folder, &format!("run tiny.toml --threads 1 --jobs {jobs}"));
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    assert_says(&ended.stderr, pieces);
    assert_eq!(ended.stderr.matches(pieces[0]).count(), 1, "{}", ended.stderr);
    assert!(nothing_but_prepared_data(&folder.join("results")), "something was written to the results folder");
}

#[test]
fn a_missing_folder_of_ratings() {
    check(&on_ratings(), None, &["/ratings: there is no such folder", "download a MovieLens data set"]);
}

#[test]
fn a_wrong_file_of_ratings() {
    for (line, pieces) in [
        ("3::1::x", &["ratings.dat, line 7, column 3: rating \"x\" is not a number", "expected UserID::MovieID"][..]),
        ("3::1", &["ratings.dat, line 7: the number of fields is 2, not 3", "expected UserID::MovieID"]),
        ("3::1::6", &["ratings.dat, line 7, column 3: rating 6 is outside the scale 1 to 5", "declare the scale"]),
        ("2::3::4", &["ratings.dat, line 7: user \"2\" has rated item \"3\" in line 6 already", "remove one"]),
    ] {
        check(&on_ratings(), Some(&format!("{RATINGS}{line}\n")), pieces);
    }
    check(&on_ratings(), Some(""), &["ratings.dat: holds no data", "expected lines of UserID::MovieID"]);
    let narrow = format!("{}\n[ratings]\nscale = [1, 4]\n", on_ratings());
    check(&narrow, Some(RATINGS), &["ratings.dat, line 3, column 3: rating 5 is outside the scale 1 to 4"]);
}

#[test]
fn a_split_that_leaves_nothing() {
    let one_each =
        on_ratings().replace("test = 0.2\nvalidation = 0.2", "test = 0.6\nvalidation = 0.9\nstratify = \"none\"");
    check(
        &one_each,
        Some("1::1::3\n2::1::3\n"),
        &[
            "split.random: ",
            "test = 0.6, validation = 0.9 ",
            "leaves none of the 2 ratings to train on; hold out fewer",
        ],
    );
    let too_much = tiny_with("test = 0.2", "test = 0.95");
    check(&too_much, None, &["split.random.test = 0.95 asks for", "lower it"]);
}

#[test]
fn side_information_that_is_not_there() {
    let cases = [
        ("users", "users", ["unknown attribute \"age\"", "this data set knows no attributes"]),
        ("items", "items", ["unknown attribute \"age\"", "this data set knows no attributes"]),
        ("items", "users", ["describes users, but input.rows = \"items\"", "use rows = \"users\", or leave it out"]),
        ("users", "items", ["describes items, but input.rows = \"users\"", "use rows = \"items\", or leave it out"]),
    ];
    for (rows, side, [reason, remedy]) in cases {
        let input = format!("rows = {rows:?}\nside_info.{side} = [\"age\"]");
        let reason = format!("input.side_info.{side}{}{reason}", if rows == side { ": " } else { " " });
        let folder = folder_with(&tiny_with("rows = \"users\"", &input));
        ["1", "2"].into_iter().for_each(|jobs| check_run(folder.path(), jobs, 3, &[reason.as_str(), remedy]));
    }
}

#[test]
fn times_that_the_source_does_not_have() {
    let experiment = on_ratings()
        .replace("[model.autoencoder]\nlayers = [4]", "[model.linear-variational.session]\nshare = 0.4\nseconds = 60")
        .replace("[train]\nepochs = 3\nbatch = 16\n", "");
    let folder = folder_with(&experiment);
    fs::create_dir(folder.path().join("ratings")).unwrap();
    fs::write(folder.path().join("ratings/ratings.dat"), RATINGS).unwrap();
    let pieces = ["model.linear-variational.session needs the time of each rating", "leave the setting out"];
    ["1", "2"].into_iter().for_each(|jobs| check_run(folder.path(), jobs, 3, &pieces));
}

#[test]
fn data_that_cannot_be_generated() {
    let noisy = tiny_with("users = 60", "users = 60\nnoise = 1.5");
    check(&noisy, None, &["data.synthetic.noise must be at most 1", "not 1.5"]);
}

#[test]
fn nothing_to_choose_an_epoch_by() {
    let folder = folder_with(&tiny_with("validation = 0.2", "validation = 0.0"));
    let ended = hourglass(folder.path(), "run tiny.toml");
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert_says(
        &ended.stderr,
        &["no validation ratings", "raise split's validation share", "train.selection = \"last\""],
    );
    for way_out in ["train.selection=last", "train.monitor=loss", "train.monitor=train.rmse"] {
        let ended = hourglass(folder.path(), &format!("run tiny.toml --set {way_out}"));
        assert_eq!(ended.code, Some(0), "{way_out}: {}", ended.stderr);
    }
}

#[test]
fn a_gpu_that_is_not_there() {
    let folder = folder_with(TINY);
    let ended = hourglass(folder.path(), "run tiny.toml --device cuda:4096");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_says(&ended.stderr, &["error: no GPU"]);
    // Which of the two depends on what the machine has.
    let remedies = ["install", "this machine has"];
    assert!(remedies.iter().any(|remedy| ended.stderr.contains(remedy)), "{}", ended.stderr);
    assert!(!folder.path().join("results").exists());
}
