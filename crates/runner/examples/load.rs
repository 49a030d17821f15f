//! Asks a server at a constant rate, whether it keeps up or not, and tells how long answers took.
//!
//! ```sh
//! load 127.0.0.1:8080 --rate 1000 --seconds 20
//! ```
//!
//! A request is due at its time, and its latency counts from then, also where it could only be sent later: a server that stands still
//! for a second is told all of the requests of that second. Of the requests, 60 % ask for recommendations by five ratings with two
//! reasons, 25 % search what people have typed so far of a title, and 15 % ask for similar items.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::Value;

/// What is measured.
#[derive(Parser)]
struct Arguments {
    /// Where the server listens
    address: SocketAddr,
    /// Requests in a second
    #[arg(long, default_value_t = 1000.0)]
    rate: f64,
    /// For so long
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Connections, which stay
    #[arg(long, default_value_t = 64)]
    connections: usize,
}

/// Requests that take turns, and are different enough that nothing is answered from a cache.
const DIFFERENT: usize = 1000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Recommend,
    Search,
    Similar,
}

struct Prepared {
    kind: Kind,
    bytes: Vec<u8>,
}

/// What became of a request.
struct Outcome {
    kind: Kind,
    seconds: f64,
    is_good: bool,
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let requests = prepared(arguments.address)?;
    let outcomes = fire(&arguments, &requests);
    let errors = outcomes.iter().filter(|outcome| !outcome.is_good).count();
    let last = outcomes.iter().map(|outcome| outcome.seconds).fold(0.0, f64::max);
    println!("| | requests | median | 99th percentile | longest |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, kind) in [
        ("all", None),
        ("recommend", Some(Kind::Recommend)),
        ("search", Some(Kind::Search)),
        ("similar", Some(Kind::Similar)),
    ] {
        let mut seconds: Vec<f64> = outcomes
            .iter()
            .filter(|outcome| kind.is_none_or(|kind| kind == outcome.kind))
            .map(|outcome| outcome.seconds * 1e3)
            .collect();
        seconds.sort_by(f64::total_cmp);
        let at = |share: f64| seconds[((seconds.len() - 1) as f64 * share).round() as usize];
        println!("| {name} | {} | {:.2} ms | {:.2} ms | {:.2} ms |", seconds.len(), at(0.5), at(0.99), at(1.0));
    }
    println!("\n{:.0} requests a second for {} s, {errors} errors", arguments.rate, arguments.seconds);
    ensure!(errors == 0 && last.is_finite(), "{errors} requests were not answered");
    Ok(())
}

/// Requests about the items that are best known.
fn prepared(address: SocketAddr) -> Result<Vec<Prepared>> {
    let mut connection = Connection::open(address)?;
    let body = connection.ask(&get(address, "/api/items?top=1000")).context("the server does not list its items")?;
    let found: Value = serde_json::from_slice(&body)?;
    let items = found["items"].as_array().context("no items")?;
    let text = |place: usize, key: &str| items[place % items.len()][key].as_str().unwrap_or_default().to_owned();
    let request = |number: usize| {
        // Neither the order of items nor that of kinds follows the other.
        let place = number * 37 + number / 7;
        match number * 7 % 20 {
            0..12 => {
                let rating = |own: usize| {
                    format!(r#"{{"item":{:?},"rating":{}}}"#, text(place + own * 61, "item"), 1 + (place + own) % 5)
                };
                let ratings = (0..5).map(rating).collect::<Vec<_>>().join(",");
                let body = format!(r#"{{"ratings":[{ratings}],"reasons":2}}"#);
                let bytes = format!(
                    "POST /api/recommend HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                Prepared { kind: Kind::Recommend, bytes: bytes.into_bytes() }
            }
            12..17 => {
                let title = text(place, "title");
                let typed =
                    title.chars().take(2 + place % 8).filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ');
                let typed = typed.collect::<String>().replace(' ', "+");
                Prepared { kind: Kind::Search, bytes: get(address, &format!("/api/items?search={typed}")) }
            }
            _ => Prepared {
                kind: Kind::Similar,
                bytes: get(address, &format!("/api/similar?item={}", text(place, "item"))),
            },
        }
    };
    Ok((0..DIFFERENT).map(request).collect())
}

fn get(address: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
}

/// All requests, each when it is due or as soon afterwards as a connection is free.
fn fire(arguments: &Arguments, requests: &[Prepared]) -> Vec<Outcome> {
    let count = (arguments.rate * arguments.seconds) as usize;
    let next = AtomicUsize::new(0);
    let begin = Instant::now() + Duration::from_millis(200);
    let work = || {
        let mut connection = None;
        let mut outcomes = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return outcomes;
            }
            let due = begin + Duration::from_secs_f64(number as f64 / arguments.rate);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let Prepared { kind, bytes } = &requests[number % requests.len()];
            let answer = ask(&mut connection, arguments.address, bytes);
            outcomes.push(Outcome { kind: *kind, seconds: due.elapsed().as_secs_f64(), is_good: answer.is_ok() });
            if answer.is_err() {
                connection = None;
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.connections).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    })
}

fn ask(connection: &mut Option<Connection>, address: SocketAddr, request: &[u8]) -> Result<Vec<u8>> {
    let open = match connection.take() {
        Some(open) => open,
        None => Connection::open(address)?,
    };
    connection.insert(open).ask(request)
}

/// A connection that stays.
struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::with_capacity(1 << 16, stream) })
    }

    /// The body of a good answer.
    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        self.stream.get_mut().write_all(request)?;
        let (mut line, mut head, mut length) = (String::new(), String::new(), 0);
        while { self.stream.read_line(&mut line)? } > 2 {
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.trim().parse()?;
            }
            head.push_str(&line);
            line.clear();
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "{head}{}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}
