//! A server, and requests byte by byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{Ended, Sandbox, started};

/// For an answer, also on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that serves the run of a sandbox on any free port; it ends with this.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    /// What it printed first.
    pub(crate) line: String,
}

/// What a server said.
#[derive(Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    #[track_caller]
    pub(crate) fn start(sandbox: &Sandbox, arguments: &str) -> Self {
        let mut process = started(&sandbox.path(""), &format!("serve tiny --port 0 {arguments}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut next = || lines.next().and_then(Result::ok).unwrap_or_default();
        let (line, address) = (next(), next());
        let Some(address) = address.strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')) else {
            let mut said = String::new();
            process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("no address, but {address:?}: {said}");
        };
        Self { address: address.parse().unwrap(), process, line }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request, whose lines end in `\n` here, and reads until the server ends the connection.
    #[track_caller]
    pub(crate) fn send(&self, request: &str) -> Reply {
        let mut stream = self.connect();
        // A server that has seen enough may end the connection before it has read everything.
        let _ = stream.write_all(request.replace('\n', "\r\n").as_bytes());
        reply(&mut stream)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path} HTTP/1.1\nHost: {}\nConnection: close\n\n", self.address))
    }

    #[track_caller]
    pub(crate) fn post(&self, body: &str) -> Reply {
        self.send(&format!(
            "POST /api/recommend HTTP/1.1\nHost: {}\nContent-Type: application/json\nContent-Length: {}\nConnection: close\n\n{body}",
            self.address,
            body.len()
        ))
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has.
    pub(crate) fn end(mut self) -> Ended {
        let asked = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let mut stderr = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ended { code: self.process.wait().unwrap().code(), stdout: self.line.clone(), stderr }
    }
}

/// What comes until the connection ends.
#[track_caller]
pub(crate) fn reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    // The connection may be reset where the server did not want to read the rest of a request.
    let ended = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer, but {text:?}: {ended:?}"));
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    Reply { status: status.unwrap(), head: head.to_lowercase(), body: body.to_owned() }
}

impl Reply {
    /// The JSON of a good answer.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.head.contains("content-type: application/json"), "{}", self.head);
        serde_json::from_str(&self.body).unwrap()
    }

    /// Fails unless this was refused so.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, pieces: &[&str]) {
        assert_eq!(self.status, status, "{self:?}");
        let told: Value = serde_json::from_str(&self.body).unwrap();
        let sentence = told["error"].as_str().unwrap();
        pieces.iter().for_each(|piece| assert!(sentence.contains(piece), "no `{piece}` in: {sentence}"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
