//! Many at once get what each gets alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;

use super::server::Server;
use crate::recommend::trained;

/// A request on a connection that stays.
fn ask(stream: &mut BufReader<TcpStream>, request: &str) -> (u16, String) {
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let line = line.trim_end().to_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        }
        if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (status, String::from_utf8(body).unwrap())
}

#[test]
fn many_connections_get_the_same_bits_as_one() {
    let server = Server::start(&trained(&[]), "--threads 3");
    let host = server.address;
    let post = |body: String| {
        let length = body.len();
        format!(
            "POST /api/recommend HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let wishes = (0..8).map(|number| {
        post(format!(r#"{{"ratings": [{{"item": "i{number}", "rating": 5}}, {{"item": "i9", "rating": 2}}]}}"#))
    });
    let reads = ["similar?item=i3", "items?search=part", "run"]
        .map(|path| format!("GET /api/{path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    let requests: Vec<String> = wishes.chain(reads).collect();
    let connect = || BufReader::new(server.connect());
    let mut alone = connect();
    let expected: Vec<(u16, String)> = requests.iter().map(|request| ask(&mut alone, request)).collect();
    assert!(expected.iter().all(|(status, body)| *status == 200 && body.len() > 100), "{expected:?}");
    let distinct: std::collections::BTreeSet<_> = expected.iter().collect();
    assert_eq!(distinct.len(), requests.len());
    thread::scope(|scope| {
        for number in 0..64 {
            let (requests, expected, mut stream) = (&requests, &expected, connect());
            scope.spawn(move || {
                for turn in 0..22 {
                    let place = (number + turn) % requests.len();
                    assert_eq!(ask(&mut stream, &requests[place]), expected[place]);
                }
            });
        }
    });
}
