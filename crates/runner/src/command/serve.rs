//! `hourglass serve`: a run that recommends, as a page for people and an API for programs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use anyhow::{Context, Result, anyhow};
use tokio::sync::watch;

use super::print;
use crate::serve::{Hosts, Scoring, serve as answer};
use crate::{cli, interrupt, places};

/// Answers until Ctrl-C.
///
/// # Errors
/// When nobody can listen there, or the run cannot be taken up.
pub fn serve(arguments: &cli::Serve) -> Result<()> {
    let listener = listen(&arguments.host, arguments.port)?;
    let address = listener.local_addr().context("cannot tell the address that is listened on")?;
    if !address.ip().is_loopback() {
        tracing::warn!(
            "{address} can be reached from other machines, and there is no password: whoever reaches it is told the titles, and what is \
             recommended to any user; leave out --host to be reached from this machine alone"
        );
    }
    let trial = &arguments.trial;
    let folder = places::one_run(trial.run.name(), trial.only.as_deref(), &trial.results.root)?;
    let scoring = Scoring::start(usize::from(arguments.threads), &folder, trial.device.open()?)?;
    let (stop, stopped) = watch::channel(false);
    interrupt::on_first(move || {
        stop.send_replace(true);
    })?;
    print(&format!("{}\nhttp://{}/\n", scoring.line(), reachable(address)))?;
    tracing::info!("Ctrl-C ends it");
    answer(listener, Hosts::new(&arguments.host), scoring, stopped)
}

fn listen(host: &str, port: u16) -> Result<TcpListener> {
    let at = || format!("--host {host} --port {port}");
    let addresses = (host, port).to_socket_addrs().with_context(|| {
        format!(
            "{}: the host is neither an address of this machine nor a name of one; leave it out for 127.0.0.1",
            at()
        )
    })?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    TcpListener::bind(addresses.as_slice()).map_err(|error| {
        anyhow!("{}: cannot listen there: {error}; take another port, or --port 0 for any that is free", at())
    })
}

/// Where a browser on this machine finds it: no address means all of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
