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
"#;

/// Eight by eight pixels each.
const IMAGES: &str = "[data.images]\npath = \"images.csv\"\n";

fn write_data(sandbox: &Sandbox) {
    let (mut ratings, mut users, mut images) =
        ("user,item,rating\n".to_owned(), "user,gender\n".to_owned(), String::new());
    for user in 0..40 {
        writeln!(users, "{user},{}", ["F", "M"][user % 2]).unwrap();
        for item in (0..20).filter(|item| (user + item) % 3 > 0) {
            writeln!(ratings, "{user},{item},{}", (user * item) % 5 + 1).unwrap();
        }
        let pixels: Vec<String> = (0..64).map(|pixel| ((pixel * (user % 4 + 1)) % 9).to_string()).collect();
        writeln!(images, "{}", pixels.join(",")).unwrap();
    }
    for (name, text) in [("ratings.csv", ratings), ("users.csv", users), ("images.csv", images)] {
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
