//! MLflow's HTTP interface.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Uri;

/// How long a server may take for one request: it answers slowly once it has thousands of runs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server.
pub(super) struct Client {
    agent: Agent,
    address: String,
    token: Option<String>,
}

/// What a server answers.
pub(super) enum Answer {
    Done(Value),
    /// Its `error_code`, and the message with it.
    Refused {
        code: String,
        message: String,
    },
}

impl Client {
    /// The server at `http://…` or `https://…`. `MLFLOW_TRACKING_TOKEN` is sent along, if it is set.
    ///
    /// # Errors
    /// When this is no such address.
    pub(super) fn new(address: &str) -> Result<Self> {
        let uri: Option<Uri> = address.parse().ok();
        let known = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
        if !known {
            return Err(anyhow!(
                "--uri {address}: expected the address of a server, for example http://127.0.0.1:5000"
            ));
        }
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Ok(Self {
            agent: config.into(),
            address: address.trim_end_matches('/').to_owned(),
            token: std::env::var("MLFLOW_TRACKING_TOKEN").ok(),
        })
    }

    /// A request that must go well.
    pub(super) fn post(&self, method: &str, body: &Value) -> Result<Value> {
        match self.try_post(method, body)? {
            Answer::Done(value) => Ok(value),
            Answer::Refused { code, message } => Err(anyhow!("{}: {method}: {code}: {message}", self.address)),
        }
    }

    pub(super) fn try_post(&self, method: &str, body: &Value) -> Result<Answer> {
        let mut request = self.agent.post(format!("{}/api/2.0/mlflow/{method}", self.address));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        self.answer(method, request.send_json(body))
    }

    pub(super) fn get(&self, method: &str, query: &[(&str, &str)]) -> Result<Answer> {
        let request = self.agent.get(format!("{}/api/2.0/mlflow/{method}", self.address));
        let mut request = request.query_pairs(query.iter().copied());
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        self.answer(method, request.call())
    }

    /// Stores a file by way of the server, at `mlflow-artifacts:/…` without its beginning.
    pub(super) fn put_artifact(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let method = "artifacts";
        let mut request = self.agent.put(format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let request = request.header("Content-Type", "application/octet-stream");
        match self.answer(method, request.send(bytes))? {
            Answer::Done(_) => Ok(()),
            Answer::Refused { code, message } => Err(anyhow!("{}: {path}: {code}: {message}", self.address)),
        }
    }

    fn answer(&self, method: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
        let address = &self.address;
        let mut response = response.with_context(|| {
            format!("{address} does not answer; is the server running (mlflow server), and is this its address?")
        })?;
        let status = response.status();
        let text = response.body_mut().with_config().limit(1 << 30).read_to_string();
        let text = text.with_context(|| format!("{address}: {method}: the answer broke off"))?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        // A file that was stored is answered with nothing.
        if status.is_success() && (text.is_empty() || !value.is_null()) {
            return Ok(Answer::Done(value));
        }
        let field = |name: &str| value[name].as_str().map(str::to_owned);
        let beginning = || text.chars().take(200).collect();
        Ok(Answer::Refused {
            code: field("error_code").unwrap_or_else(|| format!("HTTP {}", status.as_u16())),
            message: field("message").unwrap_or_else(beginning),
        })
    }
}
