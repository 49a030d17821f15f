//! The command line of the server.

use clap::Args;

use super::Trial;

/// `hourglass serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The network.
    #[command(flatten)]
    pub trial: Trial,
    /// The port to listen on; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// The name or address to listen on; any but the machine's own is reached by others, and there is no password
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// Threads that score; each takes the run up for itself, and with it its memory
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
}
