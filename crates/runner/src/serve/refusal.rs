//! Why a request is not answered.

use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::answer::{Body, json};

/// A status, and a sentence for whoever asked.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    sentence: String,
    also: Option<(HeaderName, HeaderValue)>,
}

#[derive(Serialize)]
struct Told<'a> {
    error: &'a str,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), also: None }
    }

    /// What was asked is wrong.
    pub(super) fn wrong(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// More is asked than can be answered soon.
    pub(super) fn busy() -> Self {
        let sentence = "too many requests are waiting already; ask again in a second";
        let also = Some((header::RETRY_AFTER, HeaderValue::from_static("1")));
        Self { also, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, sentence) }
    }

    /// Only this can be done here.
    pub(super) fn method(path: &str, allowed: &'static str) -> Self {
        let also = Some((header::ALLOW, HeaderValue::from_static(allowed)));
        Self { also, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("{path} takes {allowed} alone")) }
    }

    /// Our own mistake.
    pub(super) fn failed() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "this request could not be answered; the server's log says why")
    }

    pub(super) fn response(&self) -> Response<Body> {
        let mut response = json(serde_json::to_vec(&Told { error: &self.sentence }).unwrap_or_default());
        *response.status_mut() = self.status;
        if let Some((name, value)) = &self.also {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::wrong(format!("{error:#}"))
    }
}
