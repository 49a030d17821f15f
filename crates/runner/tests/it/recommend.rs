//! What a finished run recommends: to known users, to somebody new, and why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::Parser;
use hourglass::cli::{Cli, Command, Torch};
use hourglass::recommend::{About, Asked, OwnRating, Recommender};
use hourglass::trained::Trained;
use serde_json::Value;
use tch::Tensor;

use crate::sandbox::{Sandbox, assert_says};

const EXPERIMENT: &str = r#"name = "tiny"

[data.delimited]
path = "DATA/ratings.csv"
columns = { user = "user", item = "item", rating = "rating" }
users = { path = "DATA/users.csv", id = "user", attributes = { gender = "gender" } }
items = { path = "DATA/items.csv", id = "item", attributes = { title = "title" } }

[ratings]
scale = [1, 5]
catalogue = "listed"

[split.random]
test = 0.1
validation = 0.1

[model.autoencoder]
layers = [6]

[input]
rows = "users"

[train]
epochs = 4
batch = 16
optimizer = { adam = { lr = 0.02 } }
"#;

pub(crate) const USERS: usize = 40;
pub(crate) const ITEMS: usize = 24;

/// The last item and the last user are described, but not rated.
pub(crate) fn rated(user: usize, item: usize) -> Option<usize> {
    let is_rated = (user * user * 3 + item * 5 + user * item * item + user * item / 3) % 7 < 3
        && item + 1 < ITEMS
        && user + 1 < USERS;
    is_rated.then_some((user * item + user / 3) % 5 + 1)
}

/// A run of this experiment with pieces replaced.
pub(crate) fn trained(replaced: &[(&str, &str)]) -> Sandbox {
    let experiment = replaced.iter().fold(EXPERIMENT.to_owned(), |text, (piece, other)| {
        assert!(text.contains(piece), "{piece}");
        text.replacen(piece, other, 1)
    });
    let sandbox = Sandbox::new(&experiment.replace("DATA", DATA.to_str().unwrap()));
    sandbox.run_well("");
    sandbox
}

/// Where the data lies, which is the same for all of these runs.
static DATA: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recommend");
    fs::create_dir_all(&folder).unwrap();
    let (mut ratings, mut users, mut items) =
        ("user,item,rating\n".to_owned(), "user,gender\n".to_owned(), "item,title\n".to_owned());
    for user in 0..USERS {
        writeln!(users, "{user},{}", ["F", "M"][user % 2]).unwrap();
        for (item, rating) in (0..ITEMS).filter_map(|item| Some((item, rated(user, item)?))) {
            writeln!(ratings, "{user},i{item},{rating}").unwrap();
        }
    }
    for item in 0..ITEMS {
        writeln!(items, "i{item},\"Part {item}, The ({})\"", 1980 + item).unwrap();
    }
    for (name, text) in [("ratings.csv", ratings), ("users.csv", users), ("items.csv", items)] {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
});

#[track_caller]
fn recommend(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ended = sandbox.hourglass_with(&[&["recommend", "tiny"], arguments].concat());
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
    ended.stdout
}

#[track_caller]
pub(crate) fn as_json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    serde_json::from_str(&recommend(sandbox, &[arguments, &["--format", "json"]].concat())).unwrap()
}

/// `--rate` for each rating of a user.
fn own_ratings(user: usize) -> Vec<String> {
    let own = (0..ITEMS).filter_map(|item| Some(format!("the part {item}={}", rated(user, item)?)));
    own.flat_map(|rating| ["--rate".to_owned(), rating]).collect()
}

#[test]
fn somebody_new_gets_what_a_known_user_with_these_ratings_gets() {
    let sandbox = trained(&[]);
    let known = as_json(&sandbox, &["--user", "7", "--top", "5"]);
    let own = own_ratings(7);
    let own: Vec<&str> = own.iter().map(String::as_str).chain(["--top", "5"]).collect();
    let new = as_json(&sandbox, &own);
    assert_eq!(new["users"][0]["items"], known["users"][0]["items"]);
    assert_eq!(known["users"][0]["user"], "7");
    assert_eq!(new["users"][0]["user"], Value::Null);
    let rated_items: Vec<String> =
        (0..ITEMS).filter(|&item| rated(7, item).is_some()).map(|item| format!("i{item}")).collect();
    assert_eq!(known["users"][0]["ratings"], rated_items.len());
    let items = known["users"][0]["items"].as_array().unwrap();
    assert_eq!(items.len(), 5);
    for (place, item) in items.iter().enumerate() {
        let id = item["item"].as_str().unwrap();
        assert!(!rated_items.contains(&id.to_owned()) && id != "i23", "{id} is rated, or nothing is known of it");
        assert_eq!(item["place"], place + 1);
        assert!((1.0..=5.0).contains(&item["score"].as_f64().unwrap()), "{item}");
        assert!(item["reasons"].as_array().unwrap().len() <= 2);
    }
    // A file says the same.
    let lines: String = (0..ITEMS).filter_map(|item| Some(format!("i{item},{}\n", rated(7, item)?))).collect();
    fs::write(sandbox.path("mine.csv"), format!("Item,Rating\n{lines}")).unwrap();
    assert_eq!(as_json(&sandbox, &["--ratings", "mine.csv", "--top", "5"]), new);
    // And everybody at once gets the same bits as each alone.
    let all = as_json(&sandbox, &["--all", "--top", "5", "--reasons", "2"]);
    let all = all["users"].as_array().unwrap();
    assert_eq!(all.len(), USERS - 1, "of the last nothing is known");
    assert_eq!(all[7], known["users"][0]);
}

#[test]
fn lists_are_as_long_as_asked_for_in_each_format() {
    let sandbox = trained(&[]);
    let all = as_json(&sandbox, &["--user", "3", "--top", "100"]);
    let scores: Vec<f64> =
        all["users"][0]["items"].as_array().unwrap().iter().map(|item| item["score"].as_f64().unwrap()).collect();
    assert_eq!(scores.len(), (0..ITEMS - 1).filter(|&item| rated(3, item).is_none()).count());
    assert!(scores.is_sorted_by(|a, b| a >= b));
    let threshold = scores[3].to_string();
    let few = as_json(&sandbox, &["--user", "3", "--threshold", &threshold]);
    assert_eq!(few["users"][0]["items"].as_array().unwrap().len(), 4);
    let rated_too = as_json(&sandbox, &["--user", "3", "--rated-too", "--top", "100"]);
    assert_eq!(rated_too["users"][0]["items"].as_array().unwrap().len(), ITEMS - 1);

    let table = recommend(&sandbox, &["--user", "3", "--user", "12", "--top", "2"]);
    assert_says(
        &table,
        &["tiny · trial ", "predicted ratings, from 1 to 5", "user 3, by ", "user 12, by ", "because of Part "],
    );
    let nothing = recommend(&sandbox, &["--user", "3", "--threshold", "6"]);
    assert_says(&nothing, &["nothing: no item is left"]);
    recommend(&sandbox, &["--all", "--top", "2", "--format", "csv", "--output", "all.csv"]);
    let lines = fs::read_to_string(sandbox.path("all.csv")).unwrap();
    assert_eq!(lines.lines().next(), Some("user,place,item,title,score,reasons"));
    assert_eq!(lines.lines().count(), 1 + 2 * (USERS - 1));
    assert!(lines.contains(",\"Part "), "titles with commas are quoted: {lines}");
}

/// The run as the command line names it.
fn opened(sandbox: &Sandbox) -> Trained {
    let folder = sandbox.trial(0).folder().to_owned();
    let line = ["hourglass", "embed", folder.to_str().unwrap(), "--device", "cpu"];
    let Command::Torch(Torch::Embed(embed)) = Cli::parse_from(line).command else { unreachable!() };
    Trained::open(&embed.trial).unwrap()
}

#[test]
fn reasons_of_a_linear_network_are_products_of_its_weights() {
    let linear = ("layers = [6]", "layers = [6]\nactivation = \"linear\"");
    let fill = ("rows = \"users\"", "rows = \"users\"\nfill = { constant = 2 }");
    let sandbox = trained(&[linear, fill]);
    let run = opened(&sandbox);
    let recommender = Recommender::new(&run).unwrap();
    assert_eq!(recommender.reasons_are(), Some("exact: the model is linear in the ratings"));
    let own = [(2, 5.0), (9, 1.0), (11, 4.0)].map(|(item, rating)| OwnRating { item, rating });
    let asked = Asked { top: 3, threshold: None, raters: 1, rated_too: false, reasons: 9 };
    let found = recommender.for_new_user(&own, &About::default(), &asked).unwrap();
    let weights = |layer: Tensor| Vec::<Vec<f64>>::try_from(layer.detach()).unwrap();
    let encoder = weights(run.model.network().unwrap().encoder().unwrap().weight);
    let decoder = weights(run.model.network().unwrap().decoder().unwrap().weight);
    for one in &found {
        let part = |own: &OwnRating| {
            let product = encoder[own.item as usize].iter().zip(&decoder[one.item as usize]).map(|(a, b)| a * b);
            (own.item, (f64::from(own.rating) - 2.0) * product.sum::<f64>())
        };
        let mut expected: Vec<(u32, f64)> = own.iter().map(part).filter(|(_, part)| *part > 0.0).collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1));
        let items: Vec<u32> = one.reasons.iter().map(|reason| reason.item).collect();
        assert_eq!(items, expected.iter().map(|(item, _)| *item).collect::<Vec<_>>());
        for (reason, (_, part)) in one.reasons.iter().zip(expected) {
            assert!((f64::from(reason.contribution) - part).abs() < 1e-5, "{reason:?}, not {part}");
        }
    }
    assert!(found.iter().any(|one| !one.reasons.is_empty()));
    let plain = trained(&[]);
    assert_eq!(
        Recommender::new(&opened(&plain)).unwrap().reasons_are(),
        Some("by leaving each rating out and scoring again")
    );
}

#[test]
fn items_that_few_have_rated_are_left_out_where_that_is_asked() {
    for replaced in [&[][..], &[("rows = \"users\"", "rows = \"items\"")]] {
        let sandbox = trained(replaced);
        let run = opened(&sandbox);
        let recommender = Recommender::new(&run).unwrap();
        let fewest = |raters: u32| {
            let asked = Asked { top: 1000, raters, reasons: 0, ..Asked::default() };
            let found = recommender.for_users(&[7], &asked).unwrap().remove(0);
            found.iter().map(|one| recommender.raters[one.item as usize]).min()
        };
        let least = fewest(1).unwrap();
        assert!(fewest(least + 1).unwrap() > least, "{replaced:?}");
    }
}

#[test]
fn what_is_known_besides_ratings_counts() {
    for replaced in [
        &[("rows = \"users\"", "rows = \"users\"\nside_info.users = [\"gender\"]")][..],
        &[
            ("[model.autoencoder]", "[model.groups]"),
            ("rows = \"users\"", "rows = \"users\"\ngroups = { attribute = \"gender\" }"),
        ],
    ] {
        let sandbox = trained(replaced);
        let known = as_json(&sandbox, &["--user", "7"]);
        let own = own_ratings(7);
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let items =
            |about: &str| as_json(&sandbox, &[&own[..], &["--about", about]].concat())["users"][0]["items"].clone();
        assert_eq!(items("gender=M"), known["users"][0]["items"]);
        assert_ne!(items("gender=F"), known["users"][0]["items"]);
        let ended = sandbox.hourglass_with(&[&["recommend", "tiny"], &own[..], &["--about", "age=9"]].concat());
        assert_says(&ended.stderr, &["--about age=9: this run reads gender of users"]);
    }
}

#[test]
fn every_kind_of_network_takes_somebody_new() {
    for replaced in [
        &[("[model.autoencoder]", "[model.cdae]")][..],
        &[("[model.autoencoder]\nlayers = [6]", "[model.variational]\nlayers = [6, 3, 6]")],
        &[("[model.autoencoder]\nlayers = [6]", "[model.sparse-fc]\nlayers = [6, 6]")],
        &[
            ("rows = \"users\"", "rows = \"users\"\ngroups = { clusters = { count = 2 } }"),
            ("[model.autoencoder]", "[model.groups]"),
        ],
        &[("rows = \"users\"", "rows = \"users\"\nrange = [0, 1]\nfill = \"user-mean\"")],
        &[("[train]", "[objective.cross-entropy]\n\n[train]")],
    ] {
        let sandbox = trained(replaced);
        let new = as_json(&sandbox, &["--rate", "part 3=5", "--rate", "part 4 = 1", "--top", "3"]);
        let items = new["users"][0]["items"].as_array().unwrap();
        assert_eq!(items.len(), 3, "{replaced:?}");
        for item in items {
            assert!((1.0..=5.0).contains(&item["score"].as_f64().unwrap()), "{replaced:?}: {item}");
        }
    }
}

#[test]
fn events_are_made_of_own_ratings_as_of_all_others() {
    let implicit = ("scale = [1, 5]", "scale = [1, 5]\nimplicit = { above = 3.5 }");
    let model = ("[train]", "[objective.multinomial]\n\n[train]\nmonitor = \"validation.loss\"\nselection = \"last\"");
    let sandbox = trained(&[implicit, model]);
    let some = as_json(&sandbox, &["--rate", "part 3=5", "--rate", "part 4=1", "--top", "100"]);
    assert_eq!(some["scores"], "scores of the model, by which items are ranked; they are no ratings");
    let items: BTreeMap<&str, f64> = some["users"][0]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["item"].as_str().unwrap(), item["score"].as_f64().unwrap()))
        .collect();
    assert!(!items.contains_key("i3") && !items.contains_key("i4"), "both are rated");
    let one = as_json(&sandbox, &["--rate", "part 3=5", "--top", "100"]);
    let of_one = one["users"][0]["items"].as_array().unwrap();
    assert!(
        of_one
            .iter()
            .filter(|item| item["item"] != "i4")
            .all(|item| items[item["item"].as_str().unwrap()] == item["score"])
    );
    let ended = sandbox.hourglass_with(&["recommend", "tiny", "--rate", "part 4=1"]);
    assert_says(&ended.stderr, &["none of these 1 ratings counts", "rate something higher"]);
}

#[test]
fn neighbours_vote_by_their_codes() {
    let sandbox = trained(&[]);
    let voted = as_json(&sandbox, &["--user", "7", "--by", "neighbours", "--neighbours", "5", "--top", "100"]);
    let run = opened(&sandbox);
    let recommender = Recommender::new(&run).unwrap();
    // The codes of a forward pass over all ratings, by hand.
    let encoder = run.model.network().unwrap().encoder().unwrap();
    let code = |user: usize| {
        let mut x = vec![0_f32; ITEMS];
        for item in 0..ITEMS {
            let place = run.data.items.ids.index(&format!("i{item}")).unwrap();
            x[place as usize] = rated(user, item).unwrap_or(0) as f32;
        }
        let sums = encoder.encode(&Tensor::from_slice(&x).view([1, -1]));
        Vec::<f32>::try_from(sums.sigmoid().view(-1)).unwrap()
    };
    let cosine = |a: &[f32], b: &[f32]| {
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        product(a, b) / (product(a, a) * product(b, b)).sqrt()
    };
    let own = code(7);
    let mut others: Vec<(f64, usize)> =
        (0..USERS - 1).filter(|&user| user != 7).map(|user| (cosine(&own, &code(user)), user)).collect();
    others.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut votes = BTreeMap::<String, f64>::new();
    for (_, user) in &others[..5] {
        for item in
            (0..ITEMS).filter(|&item| rated(*user, item).is_some_and(|rating| rating >= 4) && rated(7, item).is_none())
        {
            *votes.entry(format!("i{item}")).or_default() += 0.2;
        }
    }
    let items = voted["users"][0]["items"].as_array().unwrap();
    assert_eq!(items.len(), votes.len());
    for item in items {
        assert!((votes[item["item"].as_str().unwrap()] - item["score"].as_f64().unwrap()).abs() < 1e-6, "{item}");
    }
    assert_eq!(recommender.users().len(), USERS - 1);
    let table = recommend(&sandbox, &["--rate", "part 3=5", "--by", "neighbours", "--threshold", "0.1"]);
    assert_says(&table, &["the share of the users with the most similar codes", " %"]);
}

#[test]
fn items_are_similar_by_the_angle_between_their_weights() {
    let sandbox = trained(&[]);
    let similar = |arguments: &[&str]| {
        let ended = sandbox.hourglass_with(&[&["similar", "tiny", "--raters", "1"], arguments].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let run = opened(&sandbox);
    for (by, layer) in
        [("decoder", run.model.network().unwrap().decoder()), ("encoder", run.model.network().unwrap().encoder())]
    {
        let found = similar(&["--item", "The Part 3", "--top", "100", "--by", by, "--format", "json"]);
        let found: Value = serde_json::from_str(&found).unwrap();
        let weights = layer.unwrap().weight.detach();
        let place = |id: &str| i64::from(run.data.items.ids.index(id).unwrap());
        let items = found["items"][0]["similar"].as_array().unwrap();
        assert_eq!(items.len(), ITEMS - 2, "neither itself nor the one without ratings");
        for item in items {
            let [own, other] = ["i3", item["item"].as_str().unwrap()].map(|id| weights.get(place(id)));
            let expected = f64::try_from(own.dot(&other) / (own.norm() * other.norm())).unwrap();
            assert!((item["cosine"].as_f64().unwrap() - expected).abs() < 1e-5, "{item}");
        }
    }
    let table = similar(&["--item", "part 3", "--item", "#i5", "--top", "2"]);
    assert_says(
        &table,
        &["cosine of the last layer's weights", "similar to Part 3, The (1983)", "similar to Part 5, The (1985)"],
    );
    let lines = similar(&["--item", "part 3", "--top", "2", "--format", "csv"]);
    assert_eq!((lines.lines().next(), lines.lines().count()), (Some("item,place,similar,title,cosine"), 3));
}

#[test]
fn a_run_whose_rows_are_items_knows_its_users_and_its_items() {
    let sandbox = trained(&[("rows = \"users\"", "rows = \"items\"")]);
    let one = as_json(&sandbox, &["--user", "7", "--top", "5"]);
    let all = as_json(&sandbox, &["--all", "--top", "5"]);
    assert_eq!(all["users"][7], one["users"][0]);
    assert_eq!(one["users"][0]["items"].as_array().unwrap().len(), 5);
    assert_eq!(one["reasons"], Value::Null, "a user's ratings do not reach the scores of other items");
    let ended = sandbox.hourglass_with(&["similar", "tiny", "--item", "part 3", "--raters", "1"]);
    assert_says(&ended.stdout, &["cosine of codes", "similar to Part 3, The (1983)"]);
    for (arguments, pieces) in [
        (
            &["recommend", "tiny", "--rate", "part 3=5"][..],
            &["rows are items", "input.rows = \"users\"", "hourglass similar"][..],
        ),
        (&["recommend", "tiny", "--user", "7", "--by", "neighbours"], &["codes are of items", "--by scores"]),
        (
            &["similar", "tiny", "--item", "part 3", "--by", "decoder"],
            &["weights of this run are those of users", "--by codes"],
        ),
    ] {
        let ended = sandbox.hourglass_with(arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}");
        assert_says(&ended.stderr, pieces);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_is_accepted() {
    let sandbox = trained(&[]);
    let write = |name: &str, text: &str| fs::write(sandbox.path(name), text).unwrap();
    write("header.csv", "film,stars\nPart 3,5\n");
    write("line.csv", "title,rating\nPart 3,5\npart 4,good\n");
    write("id.csv", "item,rating\ni3,5\ni99,4\n");
    write("twice.csv", "title,rating\npart 3,5\nPart 4,2\nThe Part 3,4\n");
    write("empty.csv", "item,rating\n");
    for (arguments, pieces) in [
        (&["--user", "99"][..], &["there is no user `99`", "40 users, from 0 to 39", "--rate"][..]),
        (&["--user", "39"], &["user 39 has no ratings", "nothing to go by"]),
        (&["--rate", "Part 3"], &["--rate \"Part 3\": expected TITLE=RATING"]),
        (&["--rate", "Part 3=6"], &["--rate \"Part 3=6\"", "the rating `6`, expected a number from 1 to 5"]),
        (&["--rate", "Part 3=high"], &["the rating `high`"]),
        (&["--rate", "Prat 33=5"], &["`Prat 33` is neither a title nor an id", "the nearest are Part"]),
        (&["--rate", "The Part=5"], &["`The Part` may be any of Part", "add the year, or name one by its id, as #i"]),
        (&["--rate", "part 3=5", "--rate", "i3=4"], &["--rate part 3=5 and --rate i3=4 rate the same item"]),
        (&["--ratings", "none.csv"], &["cannot read none.csv"]),
        (&["--ratings", "header.csv"], &["header.csv:1: the columns are film, stars", "`rating`", "`item` or `title`"]),
        (&["--ratings", "line.csv"], &["line.csv:3: the rating `good`"]),
        (&["--ratings", "id.csv"], &["id.csv:3: there is no item with the id `i99`"]),
        (&["--ratings", "twice.csv"], &["twice.csv:2 and twice.csv:4 rate the same item"]),
        (&["--ratings", "empty.csv"], &["empty.csv holds no rating"]),
        (
            &["--rate", "part 3=5", "--about", "gender=F"],
            &["--about gender=F: this run reads nothing but the ratings of users"],
        ),
        (&["--user", "3", "--liked", "4"], &["--liked is for --by neighbours"]),
    ] {
        let ended = sandbox.hourglass_with(&[&["recommend", "tiny"], arguments].concat());
        assert_eq!(ended.code, Some(1), "{arguments:?}: {}", ended.stdout);
        assert_says(&ended.stderr, pieces);
    }
    for (arguments, piece) in [
        (&["recommend", "tiny"][..], "--user <ID>"),
        (&["recommend", "tiny", "--user", "3", "--rate", "part 3=5"], "cannot be used with"),
        (&["similar", "tiny"], "--item <TITLE>"),
    ] {
        let ended = sandbox.hourglass_with(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert_says(&ended.stderr, &[piece]);
    }
    let ended = sandbox.hourglass_with(&["similar", "tiny", "--item", "part 23"]);
    assert_says(&ended.stderr, &["Part 23, The (2003) [#i23] has no training ratings"]);
}
