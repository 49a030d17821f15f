//! What a table of rows looks like as a whole: its main directions, and the groups that its rows fall into.

mod filled;
mod k_means;
mod principal_components;

pub use filled::Filled;
pub use k_means::{Clusters, k_means};
pub use principal_components::{PrincipalComponents, principal_components};
