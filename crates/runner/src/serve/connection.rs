//! Connections: who is let in, how long they may take, and how they end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context, Result};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::guard::{HEADERS, HEADERS_BYTES};
use super::route::respond;
use super::{Hosts, Scoring};

/// Connections at the same time; others wait until one ends.
const CONNECTIONS: usize = 256;

/// For the head of a request, and between requests.
const HEAD: Duration = Duration::from_secs(10);

/// For a connection, however slowly its requests are sent and their answers are read.
const AGE: Duration = Duration::from_secs(600);

/// For answers that are on their way when a connection is ended.
const GRACE: Duration = Duration::from_secs(5);

/// Bytes of a head that are read before anything is known of it: enough to say what is wrong with it.
const READ: usize = 4 * HEADERS_BYTES;

/// What requests are answered from.
pub(super) struct Server {
    pub(super) hosts: Hosts,
    pub(super) scoring: Scoring,
}

/// Answers requests until `stop` is true, and then the ones that were begun.
///
/// # Errors
/// When the system does not let us listen.
pub fn serve(listener: TcpListener, hosts: Hosts, scoring: Scoring, mut stop: watch::Receiver<bool>) -> Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().context("cannot start the server")?;
    runtime.block_on(async {
        listener.set_nonblocking(true).context("cannot listen")?;
        let listener = tokio::net::TcpListener::from_std(listener).context("cannot listen")?;
        let (server, places) = (Arc::new(Server { hosts, scoring }), Arc::new(Semaphore::new(CONNECTIONS)));
        let accepting = tokio::spawn(accept(listener, server, places.clone(), stop.clone()));
        // Whoever could stop us is gone where this fails, and then we stop, too.
        let _ = stop.wait_for(|stop| *stop).await;
        accepting.abort();
        // Every place is free again when the last connection has ended.
        let _ = timeout(GRACE, places.acquire_many(CONNECTIONS as u32)).await;
        Ok(())
    })
}

async fn accept(
    listener: tokio::net::TcpListener,
    server: Arc<Server>,
    places: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
) {
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, server.clone(), stop.clone(), place));
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Answers the requests of one connection, one after the other.
async fn connection(
    stream: TcpStream,
    server: Arc<Server>,
    mut stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    // An answer is one piece, for which nothing is worth waiting; without this it is only slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { Ok::<_, Infallible>(respond(&server, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_headers(HEADERS).max_buf_size(READ);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut end = pin!(timeout(AGE, stop.wait_for(|stop| *stop)));
    let is_over = poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending => end.as_mut().poll(context).map(|_| false),
    });
    if !is_over.await {
        connection.as_mut().graceful_shutdown();
        // Who has not read the answer by then does not want it.
        let _ = timeout(GRACE, connection).await;
    }
}
