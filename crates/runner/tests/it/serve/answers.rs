//! What the server answers is what the command line says.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::server::Server;
use crate::recommend::{ITEMS, USERS, as_json, rated, trained};
use crate::sandbox::{Sandbox, assert_says};

fn similar(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let ended = sandbox.hourglass_with(&[&["similar", "tiny", "--format", "json"], arguments].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn answers_are_those_of_the_command_line_to_the_last_bit() {
    let sandbox = trained(&[]);
    for threads in [1, 3] {
        let server = Server::start(&sandbox, &format!("--threads {threads}"));
        let two = json!([{"item": "i3", "rating": 5}, {"item": "i4", "rating": 1.5}]);
        let by_two = ["--rate", "#i3=5", "--rate", "#i4=1.5"];
        let cases: [(Value, &[&str]); 6] = [
            (json!({"ratings": two}), &[]),
            (json!({"ratings": two, "top": 3, "reasons": 1}), &["--top", "3", "--reasons", "1"]),
            (json!({"ratings": two, "reasons": 0}), &["--reasons", "0"]),
            (json!({"ratings": two, "top": 100, "rated_too": true}), &["--top", "100", "--rated-too"]),
            (json!({"ratings": two, "top": 100, "threshold": 1.5}), &["--top", "100", "--threshold", "1.5"]),
            (json!({"ratings": two, "about": {}, "threshold": null}), &[]),
        ];
        for (wish, arguments) in cases {
            let told = as_json(&sandbox, &[&by_two, arguments].concat());
            assert!(!told["users"][0]["items"].as_array().unwrap().is_empty(), "{wish}");
            assert_eq!(server.post(&wish.to_string()).json(), told, "{wish}");
        }
        let told = as_json(&sandbox, &["--user", "7", "--top", "5"]);
        assert_eq!(server.post(r#"{"user": "7", "top": 5}"#).json(), told);
        for (query, arguments) in [
            ("item=i3", &["--item", "#i3"][..]),
            ("item=i3&top=3", &["--item", "#i3", "--top", "3"]),
            ("item=i3&by=encoder&raters=12", &["--item", "#i3", "--by", "encoder", "--raters", "12"]),
            ("by=decoder&item=i5&raters=0&top=1000", &["--item", "#i5", "--raters", "0", "--top", "1000"]),
        ] {
            assert_eq!(server.get(&format!("/api/similar?{query}")).json(), similar(&sandbox, arguments), "{query}");
        }
    }
}

#[test]
fn titles_are_found_as_they_are_typed() {
    let server = Server::start(&trained(&[]), "");
    let ids = |query: &str| {
        let found = server.get(&format!("/api/items{query}")).json();
        let items = found["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["item"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("?search=part+7"), ["i7"]);
    assert_eq!(ids("?search=The%20Part%207,%20%281987%29"), ["i7"]);
    assert_eq!(ids("?search=par&top=3").len(), 3);
    assert_eq!(ids("?search=").len(), 0);
    assert_eq!(ids("?search=%22%3Cscript%3E%20&top=2").len(), 0);
    let known = server.get("/api/items?top=1000").json();
    let raters: Vec<u64> =
        known["items"].as_array().unwrap().iter().map(|item| item["raters"].as_u64().unwrap()).collect();
    assert_eq!(raters.len(), ITEMS);
    assert!(raters.is_sorted_by(|a, b| a >= b) && raters[0] > 0 && raters[ITEMS - 1] == 0, "{raters:?}");
    assert_eq!(server.get("/api/items?search=part+7").json()["items"][0]["title"], "Part 7, The (1987)");
}

#[test]
fn a_run_says_what_can_be_asked_of_it() {
    let count = (0..USERS).flat_map(|user| (0..ITEMS).filter_map(move |item| rated(user, item))).count();
    let side = ("rows = \"users\"", "rows = \"users\"\nside_info.users = [\"gender\"]");
    let sandbox = trained(&[side]);
    let server = Server::start(&sandbox, "");
    let run = server.get("/api/run").json();
    assert_eq!(run["run"], json!({"experiment": "tiny", "trial": sandbox.id(0), "seed": 1}));
    assert_says(&server.line, &["tiny · trial ", sandbox.id(0)]);
    assert_eq!(run["line"], server.line);
    assert_eq!((&run["users"], &run["items"], &run["ratings"]), (&json!(USERS), &json!(ITEMS), &json!(count)));
    assert_eq!(run["test"]["rmse"], json!(sandbox.record(0).outcome.finished().unwrap().test["rmse"]));
    assert_eq!((&run["scale"], &run["model"]), (&json!([1.0, 5.0]), &json!("autoencoder")));
    assert_eq!(run["rate"], json!({"number": {"minimum": 1.0, "maximum": 5.0, "step": 1.0}}));
    assert_eq!(run["about"], json!([{"name": "gender", "values": ["F", "M"]}]));
    assert_eq!((&run["no_new_users"], &run["no_similar"]), (&Value::Null, &Value::Null));
    let [women, men] = ["F", "M"].map(|gender| {
        let told = as_json(&sandbox, &["--rate", "#i3=5", "--about", &format!("gender={gender}")]);
        let wish = json!({"ratings": [{"item": "i3", "rating": 5}], "about": {"gender": gender}});
        assert_eq!(server.post(&wish.to_string()).json(), told);
        told
    });
    assert_ne!(women, men);
}

#[test]
fn runs_that_cannot_do_everything_do_the_rest() {
    let items = ("rows = \"users\"", "rows = \"items\"");
    let sandbox = trained(&[items]);
    let server = Server::start(&sandbox, "");
    let why = server.get("/api/run").json()["no_new_users"].as_str().unwrap().to_owned();
    assert_says(&why, &["rows are items", "input.rows = \"users\" takes new users"]);
    server.post(r#"{"ratings": [{"item": "i3", "rating": 5}]}"#).assert_refused(400, &[&why]);
    assert_eq!(server.post(r#"{"user": "7"}"#).json(), as_json(&sandbox, &["--user", "7"]));
    assert_eq!(server.get("/api/similar?item=i3").json(), similar(&sandbox, &["--item", "#i3"]));

    let network = ("[model.autoencoder]\nlayers = [6]", "[model.matrix-factorisation]\nfactors = 4");
    let sandbox = trained(&[network, ("\nbatch = 16\noptimizer = { adam = { lr = 0.02 } }", "")]);
    let server = Server::start(&sandbox, "");
    let run = server.get("/api/run").json();
    assert_says(run["no_similar"].as_str().unwrap(), &["a baseline, which has no layers"]);
    assert_says(run["no_new_users"].as_str().unwrap(), &["a vector for each user", "model.als takes new users"]);
    server.get("/api/similar?item=i3").assert_refused(400, &["a baseline, which has no layers"]);
    assert_eq!(server.get("/api/items?search=part+3").json()["items"][0]["item"], "i3");
    assert_eq!(server.post(r#"{"user": "7"}"#).json(), as_json(&sandbox, &["--user", "7"]));
}

#[test]
fn events_are_liked_rather_than_rated() {
    let implicit = ("scale = [1, 5]", "scale = [1, 5]\nimplicit = { above = 3.5 }");
    let model = ("[train]", "[objective.multinomial]\n\n[train]\nmonitor = \"validation.loss\"\nselection = \"last\"");
    let sandbox = trained(&[implicit, model]);
    let server = Server::start(&sandbox, "");
    let run = server.get("/api/run").json();
    assert_eq!((&run["rate"], &run["scale"]), (&json!({"like": {"rating": 4.0}}), &Value::Null));
    let wish = r#"{"ratings": [{"item": "i3", "rating": 4}, {"item": "i5", "rating": 4}]}"#;
    assert_eq!(server.post(wish).json(), as_json(&sandbox, &["--rate", "#i3=4", "--rate", "#i5=4"]));
}

#[test]
fn it_ends_when_it_is_asked_to() {
    let sandbox = trained(&[]);
    let server = Server::start(&sandbox, "");
    let _idle = server.connect();
    assert_eq!(server.get("/api/run").status, 200);
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_says(&ended.stderr, &["Ctrl-C ends it"]);
    assert!(!ended.stderr.contains("error"), "{}", ended.stderr);
}

#[test]
fn where_nobody_can_listen_the_remedy_is_told() {
    let sandbox = trained(&[]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, pieces) in [
        (&["--port", &port][..], &["--host 127.0.0.1 --port ", &port, "cannot listen there", "--port 0"][..]),
        (&["--host", "no-such-host.invalid"], &["--host no-such-host.invalid", "leave it out for 127.0.0.1"]),
        (&["--only", "ffffffff", "--port", "0"], &["ffffffff"]),
    ] {
        let ended = sandbox.hourglass_with(&[&["serve", "tiny"], arguments].concat());
        assert_eq!(ended.code, Some(1), "{arguments:?}: {}", ended.stdout);
        assert_says(&ended.stderr, pieces);
    }
    let server = Server::start(&sandbox, "--host 0.0.0.0");
    assert_eq!(server.get("/api/run").status, 200);
    assert_says(&server.end().stderr, &["can be reached from other machines", "no password", "leave out --host"]);
}
