//! From a request to its answer.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode, header};
use tokio::time::timeout;

use super::answer::{Body, json};
use super::connection::Server;
use super::question::Question;
use super::refusal::Refusal;
use super::{guard, page};

/// Bytes of what is sent with a request, at most.
const BODY_BYTES: usize = 1 << 20;

/// For all of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is told where there is nothing.
const PLACES: &str = "/, /api/run, /api/items, /api/similar and /api/recommend";

/// Whatever is asked is answered.
pub(super) async fn respond(server: &Server, request: Request<Incoming>) -> Response<Body> {
    answer(server, request).await.unwrap_or_else(|refusal| refusal.response())
}

async fn answer(server: &Server, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    guard::check(&request, &server.hosts)?;
    let path = request.uri().path().to_owned();
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    let query = request.uri().query();
    let question = match path.as_str() {
        "/api/recommend" if request.method() == Method::POST => Question::Recommend(body(request).await?),
        "/api/recommend" => return Err(Refusal::method(&path, "POST")),
        "/api/run" if is_read => return Ok(json(server.scoring.profile())),
        "/api/items" if is_read => Question::items(query)?,
        "/api/similar" if is_read => Question::similar(query)?,
        "/api/run" | "/api/items" | "/api/similar" => return Err(Refusal::method(&path, "GET, HEAD")),
        _ => return file(&path, is_read),
    };
    Ok(json(server.scoring.ask(question).await?))
}

fn file(path: &str, is_read: bool) -> Result<Response<Body>, Refusal> {
    let there_is = format!("there is nothing at {path}; there are {PLACES}");
    let file = page::file(path).ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, there_is))?;
    if is_read { Ok(file) } else { Err(Refusal::method(path, "GET, HEAD")) }
}

/// The JSON that comes with a request.
async fn body(request: Request<Incoming>) -> Result<Bytes, Refusal> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json =
        |text: &str| text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
    if !content_type.is_some_and(is_json) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("Content-Type is {}, expected application/json", content_type.unwrap_or("missing")),
        ));
    }
    let too_large = || {
        let sentence = format!("the body has more than {BODY_BYTES} bytes, which is the most that is taken");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
    };
    if request.body().size_hint().lower() > BODY_BYTES as u64 {
        return Err(too_large());
    }
    let read = timeout(PATIENCE, Limited::new(request.into_body(), BODY_BYTES).collect()).await;
    match read {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err(Refusal::wrong(format!("the body cannot be read: {error}"))),
        Err(_) => {
            let sentence = format!("the body did not come within {} seconds", PATIENCE.as_secs());
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, sentence))
        }
    }
}
