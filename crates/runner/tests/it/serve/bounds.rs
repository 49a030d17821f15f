//! Who is refused, and with what.

use std::io::Write;

use super::server::{Server, reply};
use crate::recommend::trained;

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_is_accepted() {
    let server = Server::start(&trained(&[]), "");
    let many = vec![r#"{"item":"i1","rating":3}"#; 1001].join(",");
    let long = "a".repeat(201);
    for (path, status, pieces) in [
        ("/api/films", 404, &["there is nothing at /api/films", "/api/items"][..]),
        ("/../Cargo.toml", 404, &["there is nothing at /../Cargo.toml"]),
        ("/api/items?serach=toy", 400, &["there is no parameter `serach`", "expected search, top", "search"]),
        ("/api/items?search=a&search=b", 400, &["search is given twice"]),
        ("/api/items?top=0", 400, &["top=0: expected a whole number from 1 to 1000"]),
        ("/api/items?top=1001", 400, &["top=1001"]),
        ("/api/items?top=-3", 400, &["top=-3"]),
        ("/api/items?top=many", 400, &["top=many"]),
        (&format!("/api/items?search={long}"), 400, &["search has 201 letters, expected at most 200"]),
        ("/api/similar", 400, &["expected item=ID"]),
        ("/api/similar?item=i99", 400, &["there is no item with the id `i99`"]),
        ("/api/similar?item=i23", 400, &["Part 23, The (2003) [#i23] has no training ratings"]),
        ("/api/similar?item=i3&by=taste", 400, &["by=taste: expected decoder, encoder or codes"]),
        ("/api/similar?item=i3&by=codes", 400, &["codes are of users"]),
        ("/api/recommend", 405, &["/api/recommend takes POST alone"]),
    ] {
        server.get(path).assert_refused(status, pieces);
    }
    for (body, pieces) in [
        ("", &["the body: EOF"][..]),
        ("films", &["the body: expected", "at line 1 column"]),
        ("[]", &["the body is a list, expected an object"]),
        ("5", &["the body: invalid type: integer `5`"]),
        ("{} {}", &["the body: trailing characters"]),
        ("{}", &["expected `ratings`", "or `user`"]),
        (r#"{"ratings": []}"#, &["ratings has 0 entries, expected 1 to 1000"]),
        (&format!("{{\"ratings\": [{many}]}}"), &["ratings has 1001 entries"]),
        (r#"{"ratings": [{"item": "i1", "rating": 3}], "user": "7"}"#, &["both `user` (7) and `ratings`"]),
        (r#"{"ratings": [{"item": "i1", "rating": 6}]}"#, &["ratings[0]: the rating `6`", "a number from 1 to 5"]),
        (r#"{"ratings": [{"item": "i1", "rating": 1e39}]}"#, &["at ratings[0].rating: number out of range"]),
        (r#"{"ratings": [{"item": "i1", "rating": "5"}]}"#, &["at ratings[0].rating: invalid type: string"]),
        (r#"{"ratings": [{"item": 99, "rating": 5}]}"#, &["ratings[0]: there is no item with the id `99`"]),
        (r#"{"ratings": [{"item": true, "rating": 5}]}"#, &["at ratings[0].item: ", "expected an id"]),
        (r#"{"ratings": [{"item": "i1"}]}"#, &["at ratings[0]", "missing field `rating`"]),
        (
            r#"{"ratings": [{"item": "i2", "rating": 3}, {"item": "i99", "rating": 3}]}"#,
            &["ratings[1]: there is no item with the id `i99`"],
        ),
        (
            r#"{"ratings": [{"item": "i2", "rating": 3}, {"item": "i2", "rating": 4}]}"#,
            &["ratings[0] and ratings[1] rate the same item"],
        ),
        ("[[], {}, null]", &["the body is a list, expected an object"]),
        (r#"{"user": 99}"#, &["there is no user `99`"]),
        (r#"{"user": "99"}"#, &["there is no user `99`", "40 users, from 0 to 39"]),
        (r#"{"user": "39"}"#, &["user 39 has no ratings"]),
        (r#"{"user": "7", "about": {"gender": "F"}}"#, &["about is for somebody new"]),
        (
            r#"{"ratings": [{"item": "i1", "rating": 3}], "about": {"gender": "F"}}"#,
            &["gender=F: this run reads nothing but the ratings"],
        ),
        (r#"{"user": "7", "top": 0}"#, &["top is 0, expected 1 to 1000"]),
        (r#"{"user": "7", "top": -1}"#, &["at top: invalid value"]),
        (r#"{"user": "7", "reasons": 101}"#, &["reasons is 101, expected 0 to 100"]),
        (r#"{"user": "7", "wish": 1}"#, &["unknown field `wish`", "expected one of `ratings`"]),
        (r#"{"user": "7", "user": "8"}"#, &["duplicate field `user`"]),
    ] {
        server.post(body).assert_refused(400, pieces);
    }
    assert_eq!(server.get("/api/run").status, 200, "it is still there");
}

#[test]
fn methods_and_types_are_those_of_the_place() {
    let server = Server::start(&trained(&[]), "");
    let host = server.address;
    for (request, status, pieces) in [
        (format!("POST /api/run HTTP/1.1\nHost: {host}\nConnection: close\n\n"), 405, &["takes GET, HEAD alone"][..]),
        (format!("DELETE / HTTP/1.1\nHost: {host}\nConnection: close\n\n"), 405, &["/ takes GET, HEAD alone"]),
        (
            format!("POST /api/recommend HTTP/1.1\nHost: {host}\nConnection: close\nContent-Length: 2\n\n{{}}"),
            415,
            &["Content-Type is missing, expected application/json"],
        ),
        (
            format!(
                "POST /api/recommend HTTP/1.1\nHost: {host}\nContent-Type: text/plain\nConnection: close\nContent-Length: 2\n\n{{}}"
            ),
            415,
            &["Content-Type is text/plain"],
        ),
    ] {
        let told = server.send(&request);
        told.assert_refused(status, pieces);
        assert_eq!(status == 405, told.head.contains("allow: get, head"), "{}", told.head);
    }
    let head = server.send(&format!("HEAD /api/run HTTP/1.1\nHost: {host}\nConnection: close\n\n"));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for path in ["/", "/page.css", "/page.js", "/icon.svg", "/api/run"] {
        let told = server.get(path);
        assert_eq!(told.status, 200, "{path}");
        for piece in
            ["content-security-policy: default-src 'none'", "nosniff", "cross-origin-resource-policy: same-origin"]
        {
            assert!(told.head.contains(piece), "{path}: no `{piece}` in {}", told.head);
        }
    }
}

#[test]
fn pages_of_others_may_not_ask() {
    let server = Server::start(&trained(&[]), "");
    let port = server.address.port();
    for (path, headers, status, pieces) in [
        ("/api/run", format!("Host: 127.0.0.1:{port}"), 200, &[][..]),
        ("/api/run", format!("Host: localhost:{port}"), 200, &[]),
        ("/api/run", format!("Host: LOCALHOST:{port}"), 200, &[]),
        ("/api/run", "Host: [::1]:80".to_owned(), 200, &[]),
        (
            "/api/run",
            format!("Host: evil.example:{port}"),
            403,
            &["under the name `evil.example`", "--host evil.example"],
        ),
        ("/", format!("Host: evil.example:{port}"), 403, &["under the name `evil.example`"]),
        ("/", format!("Host: localhost.evil.example:{port}"), 403, &["localhost.evil.example"]),
        ("/", "Host: 127.0.0.1.evil.example".to_owned(), 403, &["127.0.0.1.evil.example"]),
        ("http://evil.example/", format!("Host: 127.0.0.1:{port}"), 403, &["evil.example"]),
        ("/", "Accept: */*".to_owned(), 400, &["expected one header `Host`"]),
        ("/", format!("Host: localhost:{port}\nHost: localhost:{port}"), 400, &["expected one header `Host`"]),
        ("/api/run", format!("Host: localhost:{port}\nOrigin: http://localhost:{port}"), 200, &[]),
        ("/api/run", format!("Host: localhost:{port}\nOrigin: http://localhost:1"), 403, &["other sites"]),
        ("/api/run", format!("Host: localhost:{port}\nOrigin: https://evil.example"), 403, &["(https://evil.example)"]),
        ("/api/run", format!("Host: localhost:{port}\nOrigin: null"), 403, &["(null)"]),
        ("/api/run", format!("Host: localhost:{port}\nSec-Fetch-Site: same-origin"), 200, &[]),
        ("/api/run", format!("Host: localhost:{port}\nSec-Fetch-Site: none"), 200, &[]),
        ("/api/run", format!("Host: localhost:{port}\nSec-Fetch-Site: cross-site"), 403, &["(cross-site)"]),
        ("/api/run", format!("Host: localhost:{port}\nSec-Fetch-Site: same-site"), 403, &["(same-site)"]),
        // A link to the page is no request of a script.
        ("/", format!("Host: localhost:{port}\nSec-Fetch-Site: cross-site"), 200, &[]),
    ] {
        let told = server.send(&format!("GET {path} HTTP/1.1\n{headers}\nConnection: close\n\n"));
        if status == 200 {
            assert_eq!(told.status, 200, "{path} {headers}: {told:?}");
            assert!(!told.head.contains("access-control-allow"), "{}", told.head);
        } else {
            told.assert_refused(status, pieces);
        }
    }
}

#[test]
fn what_is_too_large_is_not_read() {
    let server = Server::start(&trained(&[]), "");
    let host = server.address;
    server.get(&format!("/api/items?search={}", "a".repeat(5000))).assert_refused(414, &["the address has 5", "4096"]);
    let large = format!("GET / HTTP/1.1\nHost: {host}\nConnection: close\nCookie: {}\n\n", "a".repeat(17_000));
    server.send(&large).assert_refused(431, &["the headers have 17", "expected at most 16384"]);
    let huge = format!("GET / HTTP/1.1\nHost: {host}\nConnection: close\nCookie: {}\n\n", "a".repeat(200_000));
    assert_eq!(server.send(&huge).status, 431);
    let many = format!("GET / HTTP/1.1\nHost: {host}\nConnection: close\n{}\n", "A: b\n".repeat(100));
    assert_eq!(server.send(&many).status, 431);

    let head =
        format!("POST /api/recommend HTTP/1.1\nHost: {host}\nContent-Type: application/json\nConnection: close\n");
    let announced = format!("{head}Content-Length: 9000000000\n\n");
    server.send(&announced).assert_refused(413, &["more than 1048576 bytes"]);
    let chunk = format!("10000\n{}\n", " ".repeat(0x10000));
    server
        .send(&format!("{head}Transfer-Encoding: chunked\n\n{}0\n\n", chunk.repeat(17)))
        .assert_refused(413, &["more than"]);
    // The most that is taken is taken.
    let body = format!("{{\"user\": \"7\"{}}}", " ".repeat((1 << 20) - 13));
    assert_eq!(body.len(), 1 << 20);
    assert_eq!(server.post(&body).json(), server.post(r#"{"user": "7"}"#).json());
    for nonsense in
        ["\n", "GET\n\n", "GET / HTTP/9.9\n\n", "\u{16}\u{3}\u{1}\u{2}\n\n", "POST / HTTP/1.1\nContent-Length: -1\n\n"]
    {
        let mut stream = server.connect();
        stream.write_all(nonsense.replace('\n', "\r\n").as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        // Either nothing, or 400.
        let mut said = String::new();
        let _ = std::io::Read::read_to_string(&mut stream, &mut said);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400"), "{nonsense:?}: {said}");
    }
    assert_eq!(server.get("/api/run").status, 200, "it is still there");
}

#[test]
fn who_is_slow_keeps_nobody_waiting() {
    let server = Server::start(&trained(&[]), "");
    let mut heads: Vec<_> = (0..40).map(|_| server.connect()).collect();
    heads.iter_mut().for_each(|stream| stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap());
    let mut body = server.connect();
    let head = format!(
        "POST /api/recommend HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{{",
        server.address
    );
    body.write_all(head.as_bytes()).unwrap();
    assert_eq!(server.get("/api/run").status, 200);
    reply(&mut body).assert_refused(408, &["the body did not come within 10 seconds"]);
    for mut stream in heads {
        let mut said = String::new();
        std::io::Read::read_to_string(&mut stream, &mut said).unwrap();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    }
    assert_eq!(server.get("/api/run").status, 200);
}
