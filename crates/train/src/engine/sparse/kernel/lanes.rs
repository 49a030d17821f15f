//! Numbers that an optimizer's formula is computed for side by side: one after the other, of which the compiler makes as wide
//! instructions as there are, or sixteen by AVX-512.
//!
//! Roots and quotients are Newton's method from a guess. A processor's own take up to fifty cycles for sixteen of each, which is
//! longer than weights take to come from memory; these take a dozen, with AVX-512's guesses a few. They are right to the last
//! digit but one or two of single precision.

use std::ops::{Add, Mul, Sub};

/// Numbers side by side.
pub(crate) trait Lanes: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// How many.
    const COUNT: usize;

    /// The same number in all places.
    fn all(number: f32) -> Self;

    /// Those from `start` on; 0 in place of what is beyond the end.
    fn load(numbers: &[f32], start: usize) -> Self;

    /// Puts them where [`load`](Self::load) has them from.
    fn store(self, numbers: &mut [f32], start: usize);

    /// `self factor + summand`; fused where there is an instruction for it.
    fn multiply_add(self, factor: Self, summand: Self) -> Self;

    /// The roots of numbers that are not negative; of one that is smaller than any normal number, less than 10⁻¹⁸.
    fn root(self) -> Self;

    /// One over numbers that are not negative; finite, where one is 0.
    fn reciprocal(self) -> Self;
}

/// One number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Single<const FUSED: bool>(pub(crate) f32);

impl<const FUSED: bool> Add for Single<FUSED> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl<const FUSED: bool> Sub for Single<FUSED> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl<const FUSED: bool> Mul for Single<FUSED> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl<const FUSED: bool> Lanes for Single<FUSED> {
    const COUNT: usize = 1;

    #[inline(always)]
    fn all(number: f32) -> Self {
        Self(number)
    }

    #[inline(always)]
    fn load(numbers: &[f32], start: usize) -> Self {
        Self(numbers[start])
    }

    #[inline(always)]
    fn store(self, numbers: &mut [f32], start: usize) {
        numbers[start] = self.0;
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, summand: Self) -> Self {
        Self(if FUSED { self.0.mul_add(factor.0, summand.0) } else { self.0 * factor.0 + summand.0 })
    }

    #[inline(always)]
    fn root(self) -> Self {
        // An exponent halved and negated is that of one over the root: off by 3 % at most, and by the square of that after a step.
        let mut inverse = Self(f32::from_bits(0x5f37_59df_u32.wrapping_sub(self.0.to_bits() >> 1)));
        let half = Self(-0.5) * self;
        for _ in 0..3 {
            inverse = inverse * (half * inverse).multiply_add(inverse, Self(1.5));
        }
        self * inverse
    }

    #[inline(always)]
    fn reciprocal(self) -> Self {
        let number = self.0.max(f32::MIN_POSITIVE);
        // Off by 12 % at most, and by the square of that after a step.
        let mut inverse = Self(f32::from_bits(0x7ef3_11c7_u32.wrapping_sub(number.to_bits())));
        for _ in 0..3 {
            inverse = Self(-number).multiply_add(inverse, Self(1.0)).multiply_add(inverse, inverse);
        }
        inverse
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Sixteen;

/// All is unsafe for one reason only, that a processor may lack these instructions; what calls it is compiled for such as have them,
/// and is called where [`Vector`](super::vector::Vector) has seen them. Addresses are those of slices, as far as they are.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::*;
    use std::ops::{Add, Mul, Sub};

    use super::Lanes;

    /// Sixteen numbers, only for functions that are compiled for AVX-512.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Sixteen(__m512);

    impl Add for Sixteen {
        type Output = Self;

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: as the module says.
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }
    }

    impl Sub for Sixteen {
        type Output = Self;

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: as the module says.
            Self(unsafe { _mm512_sub_ps(self.0, other.0) })
        }
    }

    impl Mul for Sixteen {
        type Output = Self;

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: as the module says.
            Self(unsafe { _mm512_mul_ps(self.0, other.0) })
        }
    }

    impl Sixteen {
        #[inline(always)]
        fn at_least(self, smallest: f32) -> Self {
            // SAFETY: as the module says.
            Self(unsafe { _mm512_max_ps(self.0, Self::all(smallest).0) })
        }
    }

    /// The first so many places.
    fn first(count: usize) -> __mmask16 {
        ((1u32 << count) - 1) as __mmask16
    }

    impl Lanes for Sixteen {
        const COUNT: usize = 16;

        #[inline(always)]
        fn all(number: f32) -> Self {
            // SAFETY: as the module says.
            Self(unsafe { _mm512_set1_ps(number) })
        }

        #[inline(always)]
        fn load(numbers: &[f32], start: usize) -> Self {
            let numbers = &numbers[start..];
            // SAFETY: as the module says; the first is the address of sixteen numbers, and of the second, only those that there are
            // are read.
            Self(unsafe {
                match numbers.first_chunk::<16>() {
                    Some(all) => _mm512_loadu_ps(all.as_ptr()),
                    None => _mm512_maskz_loadu_ps(first(numbers.len()), numbers.as_ptr()),
                }
            })
        }

        #[inline(always)]
        fn store(self, numbers: &mut [f32], start: usize) {
            let numbers = &mut numbers[start..];
            // SAFETY: as the module says; the first is the address of sixteen numbers, and of the second, only those that there are
            // are written.
            unsafe {
                match numbers.first_chunk_mut::<16>() {
                    Some(all) => _mm512_storeu_ps(all.as_mut_ptr(), self.0),
                    None => _mm512_mask_storeu_ps(numbers.as_mut_ptr(), first(numbers.len()), self.0),
                }
            }
        }

        #[inline(always)]
        fn multiply_add(self, factor: Self, summand: Self) -> Self {
            // SAFETY: as the module says.
            Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, summand.0) })
        }

        #[inline(always)]
        fn root(self) -> Self {
            // Off by 2⁻¹⁴ at most.
            // SAFETY: as the module says.
            let inverse = Self(unsafe { _mm512_rsqrt14_ps(self.at_least(f32::MIN_POSITIVE).0) });
            let root = self * inverse;
            let off = (Self::all(-0.5) * root).multiply_add(inverse, Self::all(0.5));
            root.multiply_add(off, root)
        }

        #[inline(always)]
        fn reciprocal(self) -> Self {
            let number = self.at_least(f32::MIN_POSITIVE);
            // Off by 2⁻¹⁴ at most.
            // SAFETY: as the module says.
            let inverse = Self(unsafe { _mm512_rcp14_ps(number.0) });
            let off = (Self::all(-1.0) * number).multiply_add(inverse, Self::all(1.0));
            inverse.multiply_add(off, inverse)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Roots and quotients of numbers.
    fn both<L: Lanes>(numbers: &[f32]) -> [Vec<f32>; 2] {
        let mut found = [numbers.to_vec(), numbers.to_vec()];
        for start in (0..numbers.len()).step_by(L::COUNT) {
            let numbers = L::load(numbers, start);
            let [roots, inverses] = &mut found;
            numbers.root().store(roots, start);
            numbers.reciprocal().store(inverses, start);
        }
        found
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx2,fma")]
    fn both_by_avx512(numbers: &[f32]) -> [Vec<f32>; 2] {
        both::<Sixteen>(numbers)
    }

    /// By everything that this processor can do.
    fn by_all(numbers: &[f32]) -> Vec<[Vec<f32>; 2]> {
        let mut all = vec![both::<Single<true>>(numbers), both::<Single<false>>(numbers)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has these instructions.
            all.push(unsafe { both_by_avx512(numbers) });
        }
        all
    }

    #[test]
    fn all_digits_but_the_last_are_right() {
        // Every exponent that moments and what they are divided by can have, and a thousand fractions of each; and an end that is
        // no whole sixteen.
        let fractions = (-120..=120).flat_map(|exponent| (0..1001).map(move |part| (exponent, f64::from(part) / 1e3)));
        let numbers: Vec<f32> =
            fractions.map(|(exponent, part)| 2f64.powf(f64::from(exponent) + part) as f32).collect();
        assert_ne!(numbers.len() % 16, 0);
        for [roots, inverses] in by_all(&numbers) {
            for (place, &number) in numbers.iter().enumerate() {
                let [root, inverse] = [f64::from(number).sqrt(), 1.0 / f64::from(number)];
                for (found, expected) in [(roots[place], root), (inverses[place], inverse)] {
                    let off = (f64::from(found) / expected - 1.0).abs();
                    assert!(off < 4e-7, "{number}: {found} instead of {expected}");
                }
            }
        }
    }

    #[test]
    fn the_root_of_nothing_is_nothing_and_one_over_it_finite() {
        for [roots, inverses] in by_all(&[0.0; 3]) {
            assert_eq!(roots, [0.0; 3]);
            assert!(inverses.iter().all(|inverse| inverse.is_finite()));
        }
    }
}
