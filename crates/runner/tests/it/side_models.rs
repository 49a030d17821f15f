//! Models that know more than ratings, from the file of an experiment to its results.

use std::fmt::Write;
use std::fs;

use hourglass_report::EpochTable;

use crate::sandbox::{Sandbox, TINY, assert_says, tiny_with};

const AUTOENCODER: &str = "[model.autoencoder]\nlayers = [4]\n";
const SYNTHETIC: &str = "[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15\n";

/// Ratings in `ratings.csv`, and what is known of the users in `users.csv`.
const DESCRIBED: &str = r#"[data.delimited]
path = "ratings.csv"
columns = { user = "user", item = "item", rating = "rating" }
users = { path = "users.csv", id = "user", attributes = { gender = "gender" } }
items = { path = "items.csv", id = "item", attributes = { title = "title", genres = "genres" } }
"#;

/// A network of all sources whose rows are items; the last item has no rating.
const SOURCES: &str = r#"[model.multi-source]
ratings = { layers = [4], hide = 0.5 }
side_info = { layers = [2] }
text = { embedding = 4, channels = [4] }
code = 3
decoder = [4]
"#;

/// What its rows are, and what is known of them.
const OF_ITEMS: &str = r#"rows = "items"
side_info.items = [{ multi-hot = { attribute = "genres" } }]
text = { attribute = "title" }
"#;

/// Eight by eight pixels each.
const IMAGES: &str = "[data.images]\npath = \"images.csv\"\n";

fn write_data(sandbox: &Sandbox) {
    let (mut ratings, mut users, mut images) =
        ("user,item,rating\n".to_owned(), "user,gender\n".to_owned(), String::new());
    let mut items = "item,title,genres\n".to_owned();
    for item in 0..21 {
        writeln!(items, "{item},\"{} {}: part {item}\",{}", item % 3, item % 2, ["War|Drama", "Comedy"][item % 2])
            .unwrap();
    }
    for user in 0..40 {
        writeln!(users, "{user},{}", ["F", "M"][user % 2]).unwrap();
        for item in (0..20).filter(|item| (user + item) % 3 > 0) {
            writeln!(ratings, "{user},{item},{}", (user * item) % 5 + 1).unwrap();
        }
        let pixels: Vec<String> = (0..64).map(|pixel| ((pixel * (user % 4 + 1)) % 9).to_string()).collect();
        writeln!(images, "{}", pixels.join(",")).unwrap();
    }
    for (name, text) in [("ratings.csv", ratings), ("users.csv", users), ("items.csv", items), ("images.csv", images)] {
        fs::write(sandbox.path(name), text).unwrap();
    }
}

fn with(data: &str, model: &str, input: &str, rest: &str) -> String {
    let experiment = tiny_with(SYNTHETIC, data).replacen(AUTOENCODER, model, 1);
    experiment.replacen("rows = \"users\"", &format!("rows = \"users\"\n{input}"), 1) + rest
}

#[test]
fn each_trains_from_a_file_to_a_record() {
    let clusters = "groups = { clusters = { count = 3, similarity = \"jaccard\" } }";
    for (experiment, column) in [
        (with(SYNTHETIC, "[model.cdae]\nlayers = [4]\n", "noise = [{ dropout = { rate = 0.5 } }]", ""), "train.rmse"),
        (with(SYNTHETIC, "[model.groups]\nlayers = [4]\n", clusters, ""), "train.rmse"),
        (with(SYNTHETIC, AUTOENCODER, "", "[penalty.similarity]\nthreshold = 3.0\n"), "loss.similarity"),
        (with(DESCRIBED, "[model.cfn]\nlayers = [4]\n", "side_info.users = [\"gender\"]", ""), "train.rmse"),
        (with(DESCRIBED, "[model.groups]\nlayers = [4]\n", "groups = { attribute = \"gender\" }", ""), "train.rmse"),
        (with(DESCRIBED, AUTOENCODER, "", "[ratings]\nusers = { gender = [\"M\"] }\n"), "train.rmse"),
        (with(DESCRIBED, SOURCES, "", "").replacen("rows = \"users\"", OF_ITEMS, 1), "train.rmse"),
        (with(IMAGES, "[model.multi-source]\nimage = { channels = [4, 2] }\n", "", ""), "train.rmse"),
        (with(IMAGES, "[model.convolutional]\nchannels = [4, 2]\n", "", ""), "train.rmse"),
    ] {
        let sandbox = Sandbox::new(&experiment);
        write_data(&sandbox);
        sandbox.run_well("");
        let table = EpochTable::read(&sandbox.trial(0).epochs()).unwrap();
        assert_eq!(table.rows.len(), 3, "{experiment}");
        assert!(fs::read_to_string(sandbox.trial(0).epochs()).unwrap().contains(column), "{experiment}");
        assert!(
            table.rows.iter().flat_map(|row| &row.cells).all(|cell| cell.is_some_and(f64::is_finite)),
            "{experiment}"
        );
    }
}

#[test]
fn an_item_without_ratings_has_a_code() {
    let listed = "[ratings]\ncatalogue = \"listed\"\n";
    let experiment = with(DESCRIBED, SOURCES, "", listed).replacen("rows = \"users\"", OF_ITEMS, 1);
    let sandbox = Sandbox::new(&experiment);
    write_data(&sandbox);
    sandbox.run_well("");
    let ended = sandbox.hourglass("embed tiny.toml --to codes.csv");
    assert_says(&ended.stdout, &["codes of 21 items, 3 units each"]);
    let codes = fs::read_to_string(sandbox.path("codes.csv")).unwrap();
    let cold = codes.lines().find(|line| line.starts_with("20,")).unwrap();
    let numbers: Vec<f64> = cold.split(',').map(|number| number.parse().unwrap()).collect();
    assert_eq!((numbers.len(), numbers[1]), (5, 0.0), "an id, no ratings, three units: {cold}");
    assert!(numbers[2..].iter().all(|unit| unit.is_finite() && *unit != 0.0), "{cold}");
}

#[test]
fn a_text_that_cannot_be_read_is_refused_when_it_is_planned() {
    let text = |rows: &str, attribute: &str| {
        let input = format!("rows = {rows:?}\ntext = {{ attribute = {attribute:?} }}");
        let experiment = with(DESCRIBED, "[model.multi-source]\ntext = {}\n", "", "");
        experiment.replacen("rows = \"users\"", &input, 1)
    };
    let without = with(DESCRIBED, "[model.multi-source]\ntext = {}\n", "", "");
    let unread = text("items", "title").replacen("[model.multi-source]\ntext = {}\n", AUTOENCODER, 1);
    for (experiment, complaint) in [
        (
            text("users", "title"),
            "input.text.attribute = \"title\" is known of items, but input.rows = \"users\"; use rows = \"items\"",
        ),
        (
            text("items", "titel"),
            "input.text.attribute: unknown attribute \"titel\"; this data set knows genres, title",
        ),
        (
            text("items", "title").replacen("\"title\" }", "\"title\", minimum = 99 }", 1),
            "input.text: no token of the attribute \"title\" is in 99 texts",
        ),
        (without, "model.multi-source.text reads input.text, which is not there"),
        (unread, "input.text is there, but this network does not read it"),
    ] {
        let sandbox = Sandbox::new(&experiment);
        write_data(&sandbox);
        let ended = sandbox.hourglass("plan tiny.toml");
        assert_eq!(ended.code, Some(1), "{experiment}");
        assert_says(&ended.stderr, &[complaint]);
    }
}

#[test]
fn what_does_not_go_together_is_refused_when_it_is_planned() {
    for (experiment, complaint) in [
        (TINY.replacen("autoencoder", "cfn", 1), "input.side_info lists none"),
        (TINY.replacen("autoencoder", "groups", 1), "input.groups names none"),
        (
            with(SYNTHETIC, AUTOENCODER, "groups = { clusters = {} }", ""),
            "input.groups is read by [model.groups] alone",
        ),
        (
            with(SYNTHETIC, AUTOENCODER, "groups = { attribute = \"age\" }", ""),
            "input.groups.attribute: unknown attribute \"age\"; this data set knows no attributes",
        ),
        (with(SYNTHETIC, "[model.convolutional]\n", "", ""), "a row has 40 columns, which is no such image"),
        (format!("{TINY}[ratings]\nusers = {{ age = [\"25\"] }}\n"), "ratings.users: unknown attribute \"age\""),
    ] {
        let ended = Sandbox::new(&experiment).hourglass("plan tiny.toml");
        assert_eq!(ended.code, Some(1), "{experiment}");
        assert_says(&ended.stderr, &[complaint]);
    }
}
