//! Roots and quotients by Newton's method. Processors take fifty cycles for sixteen of each, which is longer than weights take to
//! come from memory; these take a dozen. They are right to the last digit but one or two of single precision.

use super::vector::multiply_add;

/// The root of a number that is not negative; one that is smaller than any normal number counts as 0.
#[inline(always)]
pub(super) fn root<const FUSED: bool>(number: f32) -> f32 {
    // An exponent halved and negated is that of one over the root: off by 3 % at most, and by the square of that after a step.
    let mut inverse = f32::from_bits(0x5f37_59df_u32.wrapping_sub(number.to_bits() >> 1));
    let half = 0.5 * number;
    for _ in 0..3 {
        inverse *= multiply_add::<FUSED>(-(half * inverse), inverse, 1.5);
    }
    number * inverse
}

/// One over a number that is not negative; finite, where that is 0.
#[inline(always)]
pub(super) fn reciprocal<const FUSED: bool>(number: f32) -> f32 {
    let number = number.max(f32::MIN_POSITIVE);
    // Off by 12 % at most, and by the square of that after a step.
    let mut inverse = f32::from_bits(0x7ef3_11c7_u32.wrapping_sub(number.to_bits()));
    for _ in 0..3 {
        inverse = multiply_add::<FUSED>(multiply_add::<FUSED>(-number, inverse, 1.0), inverse, inverse);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_digits_but_the_last_are_right() {
        // Every exponent that moments and what they are divided by can have, and a thousand fractions of each.
        for number in
            (-120..120).flat_map(|exponent| (0..1000).map(move |part| 2f64.powf(exponent as f64 + part as f64 / 1e3)))
        {
            let single = number as f32;
            for (found, expected) in [
                (root::<true>(single), f64::from(single).sqrt()),
                (root::<false>(single), f64::from(single).sqrt()),
                (reciprocal::<true>(single), 1.0 / f64::from(single)),
                (reciprocal::<false>(single), 1.0 / f64::from(single)),
            ] {
                let off = (f64::from(found) / expected - 1.0).abs();
                assert!(off < 4e-7, "{single}: {found} instead of {expected}");
            }
        }
        assert_eq!([root::<true>(0.0), root::<false>(0.0)], [0.0; 2]);
        assert!([reciprocal::<true>(0.0), reciprocal::<false>(0.0)].iter().all(|inverse| inverse.is_finite()));
    }
}
