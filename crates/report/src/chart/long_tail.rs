//! How unevenly ratings are spread: a few items have most of them.

use super::Heading;
use super::axis::{Axis, Tick};
use super::canvas::{self, Stroke};
use super::frame::{Frame, Key};
use super::theme::SERIES;
use crate::format;

/// The chart: each user (or item) at its rank, the one with most ratings first, against its number of ratings, both on
/// logarithmic axes. `sides` are the names and the numbers of ratings of users, of items.
pub fn long_tail(heading: &Heading, sides: &[(&str, Vec<u64>)]) -> String {
    let sorted: Vec<(&str, Vec<u64>)> = sides.iter().map(|(name, counts)| (*name, ranked(counts))).collect();
    let longest = sorted.iter().map(|(_, counts)| counts.len() as u64).max().unwrap_or(1);
    let most = sorted.iter().filter_map(|(_, counts)| counts.first().copied()).max().unwrap_or(1);
    let x = Axis::at_ticks("rank", powers_of_ten(longest));
    let y = Axis::at_ticks("ratings", powers_of_ten(most));
    let stroke = |index: usize| Stroke::solid(SERIES[index % SERIES.len()], 2.0);
    let keys = sorted.iter().enumerate().map(|(index, (name, _))| Key::line(name, stroke(index))).collect();
    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if sorted.iter().all(|(_, counts)| counts.is_empty()) {
            return plot.note(canvas, "no ratings");
        }
        for (index, (_, counts)) in sorted.iter().enumerate() {
            let at = |rank: usize| plot.at(((rank + 1) as f64).log10(), (counts[rank] as f64).log10());
            let points: Vec<_> = drawn_ranks(counts.len()).into_iter().map(at).collect();
            canvas.line(&points, stroke(index));
        }
    })
}

/// The counts above 0, the largest first.
fn ranked(counts: &[u64]) -> Vec<u64> {
    let mut counts: Vec<u64> = counts.iter().copied().filter(|&count| count > 0).collect();
    counts.sort_unstable_by(|left, right| right.cmp(left));
    counts
}

/// A tick at 1, 10, 100, … up to the first that is not below `most`.
fn powers_of_ten(most: u64) -> Vec<Tick> {
    let last = (most.max(2) as f64).log10().ceil() as i32;
    (0..=last).map(|power| Tick { at: f64::from(power), label: format::count(10_u64.pow(power as u32)) }).collect()
}

/// Ranks, from 0, that stand equally far from each other on a logarithmic axis: the eye sees no more of a million.
fn drawn_ranks(count: usize) -> Vec<usize> {
    const PER_DECADE: f64 = 100.0;
    let mut ranks = Vec::new();
    let mut rank = 0;
    while rank < count {
        ranks.push(rank);
        let next = ((rank + 1) as f64 * 10_f64.powf(1.0 / PER_DECADE)).ceil() as usize - 1;
        rank = next.max(rank + 1);
    }
    if ranks.last().is_some_and(|&last| last + 1 < count) {
        ranks.push(count - 1);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_ranks_stand_for_many_and_the_ends_are_among_them() {
        for (count, most) in [(0, 0), (1, 1), (20, 20), (1_000_000, 700)] {
            let ranks = drawn_ranks(count);
            assert!(ranks.len() <= most, "{}", ranks.len());
            assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]));
            assert_eq!(ranks.first().copied(), (count > 0).then_some(0));
            assert_eq!(ranks.last().copied(), count.checked_sub(1));
        }
    }

    #[test]
    fn axes_reach_to_the_next_power_of_ten() {
        let labels = |most| powers_of_ten(most).into_iter().map(|tick| tick.label).collect::<Vec<_>>();
        assert_eq!(labels(1), ["1", "10"]);
        assert_eq!(labels(100), ["1", "10", "100"]);
        assert_eq!(labels(2_314), ["1", "10", "100", "1,000", "10,000"]);
    }

    #[test]
    fn both_sides_are_named_and_no_ratings_are_said() {
        let svg = long_tail(&Heading::default(), &[("users", vec![3, 0, 1]), ("items", vec![2, 2])]);
        assert!(svg.contains("users") && svg.contains("items"));
        assert!(long_tail(&Heading::default(), &[("users", vec![0])]).contains("no ratings"));
    }
}
