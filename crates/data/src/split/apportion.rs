//! Whole numbers in proportion: the method of largest remainders (Hamilton's).

use rand::Rng;
use rand::seq::SliceRandom;
use std::cmp::Reverse;

/// Divides `total` in proportion to `sizes`, never more to one than its `capacities`.
///
/// Each gets its quota rounded down; what is missing goes one by one to the largest remainders, ties at random.
/// `total` must not exceed the sum of the capacities.
pub(super) fn apportion(sizes: &[usize], capacities: &[usize], total: usize, random: &mut impl Rng) -> Vec<usize> {
    let whole = sizes.iter().sum::<usize>().max(1);
    let quotas = sizes.iter().map(|size| size * total / whole);
    let mut counts: Vec<usize> = quotas.zip(capacities).map(|(quota, &capacity)| quota.min(capacity)).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.shuffle(random);
    order.sort_by_key(|&place| Reverse(sizes[place] * total % whole));
    let mut missing = total - counts.iter().sum::<usize>();
    // A second round only where a capacity was in the way.
    while missing > 0 {
        for &place in &order {
            if missing > 0 && counts[place] < capacities[place] {
                counts[place] += 1;
                missing -= 1;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Sizes, capacities, the total, and what each gets.
    type Case = (&'static [usize], &'static [usize], usize, &'static [usize]);

    #[test]
    fn quotas_then_largest_remainders_then_capacities() {
        let cases: [Case; 6] = [
            (&[10, 20, 30], &[9, 19, 29], 6, &[1, 2, 3]),
            (&[19, 11, 10], &[18, 10, 9], 4, &[2, 1, 1]),
            (&[16, 12, 12], &[15, 11, 11], 5, &[2, 2, 1]),
            (&[2, 2, 96], &[1, 1, 95], 90, &[1, 1, 88]),
            (&[2, 2, 2], &[1, 1, 1], 3, &[1, 1, 1]),
            (&[0, 5], &[0, 5], 5, &[0, 5]),
        ];
        for (sizes, capacities, total, expected) in cases {
            let counts = apportion(sizes, capacities, total, &mut Xoshiro256PlusPlus::seed_from_u64(1));
            let sorted = |mut counts: Vec<usize>| {
                counts.sort_unstable();
                counts
            };
            // Equal remainders go either way.
            assert_eq!(sorted(counts), sorted(expected.to_vec()), "{total} over {sizes:?}");
        }
    }

    #[test]
    fn ties_are_broken_at_random() {
        let winner = |seed| {
            let counts = apportion(&[1; 6], &[1; 6], 1, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
            counts.iter().position(|&count| count == 1).unwrap()
        };
        let mut winners: Vec<usize> = (0..100).map(winner).collect();
        winners.sort_unstable();
        winners.dedup();
        assert_eq!(winners, [0, 1, 2, 3, 4, 5]);
    }
}
