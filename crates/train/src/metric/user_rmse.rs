//! The mean over users of `sqrt((1/nᵤ) Σ error²)`, over the users that have a held-out rating.

use super::Scored;

pub(super) fn user_rmse(scored: Scored<'_>) -> Option<f64> {
    let users = scored.users.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sums = vec![(0.0f64, 0u32); users];
    for (&user, error) in scored.users.iter().zip(scored.errors()) {
        let (sum, count) = &mut sums[user as usize];
        *sum += error * error;
        *count += 1;
    }
    let rated = || sums.iter().filter(|(_, count)| *count > 0);
    let total: f64 = rated().map(|(sum, count)| (sum / f64::from(*count)).sqrt()).sum();
    (users > 0).then(|| total / rated().count() as f64)
}
