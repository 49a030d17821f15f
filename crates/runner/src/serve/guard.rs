//! Who may ask: pages of this server and programs, but no page of another site, whose scripts run in browsers on this machine.
//!
//! A browser says in `Host` which name it asked for: a name of somebody else that was made to lead here (DNS rebinding) is refused,
//! while an address cannot lie. In `Origin` and `Sec-Fetch-Site` it says whose page asks.

use std::net::IpAddr;

use hyper::header::{self, HeaderMap, HeaderName};
use hyper::http::uri::Authority;
use hyper::{Request, StatusCode};

use super::refusal::Refusal;

/// Headers of a request, at most.
pub(super) const HEADERS: usize = 64;

/// And their bytes.
pub(super) const HEADERS_BYTES: usize = 16 << 10;

/// Bytes of an address, at most.
const ADDRESS_BYTES: usize = 4 << 10;

/// The names under which this server is asked.
#[derive(Debug, Clone)]
pub struct Hosts {
    name: String,
}

impl Hosts {
    /// The name that was given to listen on, besides `localhost` and all addresses.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_ascii_lowercase() }
    }

    fn has(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let is_address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        is_address || host == "localhost" || host == self.name
    }
}

/// Lets a request pass, of whatever method and for whatever path.
///
/// # Errors
/// When it is too large, asks under a name that is not ours, or for a page that is not ours.
pub(super) fn check<B>(request: &Request<B>, hosts: &Hosts) -> Result<(), Refusal> {
    check_size(request)?;
    let host = asked_host(request)?;
    let asked = request.uri().authority().into_iter().chain([&host]);
    if let Some(other) = asked.map(Authority::host).find(|name| !hosts.has(name)) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!(
                "this server does not answer under the name `{other}`, which another site may have made to lead here; ask for it by its \
                 address or as localhost, or start it with --host {other}"
            ),
        ));
    }
    if request.uri().path().starts_with("/api/") { check_site(request.headers(), &host) } else { Ok(()) }
}

fn check_size<B>(request: &Request<B>) -> Result<(), Refusal> {
    let length = request.uri().to_string().len();
    if length > ADDRESS_BYTES {
        let sentence = format!("the address has {length} bytes, expected at most {ADDRESS_BYTES}");
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, sentence));
    }
    let length: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if length > HEADERS_BYTES {
        let sentence = format!("the headers have {length} bytes, expected at most {HEADERS_BYTES}");
        return Err(Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, sentence));
    }
    Ok(())
}

fn asked_host<B>(request: &Request<B>) -> Result<Authority, Refusal> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    let host = host.filter(|_| second.is_none()).and_then(|host| host.to_str().ok()?.parse().ok());
    host.ok_or_else(|| Refusal::wrong("expected one header `Host` with the name and port of this server"))
}

/// Whether a page that asks is one of this server; programs say nothing of pages.
fn check_site(headers: &HeaderMap, host: &Authority) -> Result<(), Refusal> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = text(header::ORIGIN).filter(|origin| {
        let authority = origin.split_once("://").and_then(|(_, rest)| rest.parse::<Authority>().ok());
        authority.as_ref() != Some(host)
    });
    let site = text(HeaderName::from_static("sec-fetch-site")).filter(|site| !["same-origin", "none"].contains(site));
    match origin.or(site) {
        None => Ok(()),
        Some(other) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!("pages of other sites may not ask this server, and this request comes from one ({other})"),
        )),
    }
}
