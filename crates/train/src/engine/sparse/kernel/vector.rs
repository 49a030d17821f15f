//! The inner loops, compiled for what the processor can do: AVX-512, AVX2 with fused multiplication and addition (x86-64-v3),
//! or anything. Which one is chosen when the program runs. Each adds in an order of its own, always the same.

use hourglass_models::Activation;

use super::lanes::Single;
#[cfg(target_arch = "x86_64")]
use super::lanes::Sixteen;
use crate::engine::sparse::network::activate::activate;
use crate::engine::sparse::network::draw::draw;
use crate::engine::sparse::network::panels::multiply_panel;
use crate::engine::sparse::network::product::multiply;
use crate::engine::sparse::update::closed_form::{ClosedForm, change_in_closed_form};
use crate::engine::sparse::update::one_by_one::{OneByOne, change_one_by_one};
use crate::engine::sparse::update::rule::Rule;
use crate::engine::sparse::update::step::change;

/// What the processor can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vector(Level);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// A method of [`Vector`] that runs the function of the same name, with these parameters where nothing is known of the processor,
/// by AVX2 and by AVX-512.
macro_rules! compiled {
    (
        <$($portable:tt),*> <$($avx2:tt),*> <$($avx512:tt),*>
        $(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?
    ) => {
        $(#[$doc])*
        pub(crate) fn $name(self, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) $(-> $result)? {
                $name::<$($avx2),*>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            fn avx512($($argument: $type),*) $(-> $result)? {
                $name::<$($avx512),*>($($argument),*)
            }
            match self.0 {
                Level::Portable => $name::<$($portable),*>($($argument),*),
                // SAFETY: no level is made beyond that of `Vector::detect`, where the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { avx512($($argument),*) },
            }
        }
    };
}

type Portable = Single<false>;
#[cfg(target_arch = "x86_64")]
type Fused = Single<true>;

/// A loop that the compiler makes wide instructions of: whether multiplication and addition are fused, and how many lanes a part
/// of a row has.
macro_rules! compiled_for_each_level {
    ($($method:tt)*) => { compiled! { <false, 16> <true, 64> <true, 256> $($method)* } };
}

/// An optimizer's formula.
macro_rules! compiled_for_lanes {
    ($($method:tt)*) => { compiled! { <Portable> <Fused> <Sixteen> $($method)* } };
}

impl Vector {
    /// The most that this processor can do.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Self(if is_x86_feature_detected!("avx512f") { Level::Avx512 } else { Level::Avx2 });
        }
        Self(Level::Portable)
    }

    /// All that this processor can do, beginning with what works anywhere.
    #[cfg(test)]
    pub(crate) fn levels() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let every = [Level::Portable, Level::Avx2, Level::Avx512];
        #[cfg(not(target_arch = "x86_64"))]
        let every = [Level::Portable];
        every.into_iter().filter(|level| *level <= Self::detect().0).map(Self).collect()
    }

    compiled_for_each_level! {
        /// `sums += Σ_e factors[e] · matrix[rows[e]]`, where rows of the matrix begin every `width` numbers and `sums` is as long
        /// as a row or shorter.
        add_rows(sums: &mut [f32], matrix: &[f32], width: usize, rows: &[u32], factors: &[f32])
    }

    compiled_for_each_level! {
        /// `products[e] = vector · matrix[rows[e]]`.
        dot_rows(products: &mut [f32], vector: &[f32], matrix: &[f32], rows: &[u32])
    }

    compiled_for_each_level! {
        /// The first `count` sums of a panel of the last layer for each row of `last` `[rows × width]`, to where the row's sums
        /// begin every `stride` numbers.
        multiply_panel(sums: &mut [f32], stride: usize, count: usize, panel: &[f32], last: &[f32], width: usize)
    }

    compiled_for_each_level! {
        /// `sums += left · right`, of `left` `[rows × inner]` and `right` `[inner × width]`.
        multiply(sums: &mut [f32], left: &[f32], right: &[f32], width: usize)
    }

    compiled_for_each_level! {
        /// Puts in the place of each sum what the activation makes of it, and tells the slope there.
        activate(activation: Activation, sums: &mut [f32], slopes: &mut [f32])
    }

    compiled_for_each_level! {
        /// A row's units in place of its draws, their slopes by the log-variances, the gradient of so much of its divergence, and
        /// twice the divergence of each unit.
        draw(sums: &[f32], units: &mut [f32], slopes: &mut [f32], of_sums: &mut [f32], weight: f32, terms: &mut [f32])
    }

    compiled_for_each_level! {
        /// Sets to 0 what is smaller than this share of `sums[place] + factor · sums[length + place]`.
        drop_rounding(numbers: &mut [f32], share: f32, sums: &[f32], factor: f32)
    }

    compiled_for_lanes! {
        /// Changes weights by the gradient of a step, to which `penalty` times the weight is added.
        change(rule: &Rule, penalty: f32, gradient: &[f32], weights: &mut [f32], kept: [&mut [f32]; 2])
    }

    compiled_for_lanes! {
        /// Changes weights by several steps without a gradient at once.
        change_in_closed_form(steps: &ClosedForm, weights: &mut [f32], kept: [&mut [f32]; 2])
    }

    compiled! {
        <Portable, 128, 64> <Fused, 128, 64> <Sixteen, 8, 4>
        /// Makes the first so many steps of each row, one after the other, with the gradient that is summed up for it, if any. The
        /// rows are of one width, and none makes more steps than the one before it.
        change_one_by_one(rules: &[Rule], rows: &mut [OneByOne<'_>])
    }
}

/// `a b + c`; fused where there is an instruction for it.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

#[inline(always)]
fn add_rows<const FUSED: bool, const LANES: usize>(
    sums: &mut [f32],
    matrix: &[f32],
    width: usize,
    rows: &[u32],
    factors: &[f32],
) {
    let entries = Entries { matrix, width, rows, factors };
    if sums.len() < LINE {
        let start = add_narrow_parts::<FUSED, 4>(sums, 0, &entries);
        add_narrow_parts::<FUSED, 1>(sums, start, &entries);
        return;
    }
    let mut start = 0;
    // At last, a line or more is left, with which what is no whole line can overlap.
    while sums.len() - start >= LANES + LINE {
        add_part::<FUSED, LANES, false>(sums, start, &entries);
        start += LANES;
    }
    let is_whole = (sums.len() - start).is_multiple_of(LINE);
    macro_rules! of_lines {
        ($($lines:literal)*) => {
            match ((sums.len() - start) / LINE, is_whole) {
                $(
                    ($lines, true) if $lines * LINE <= LANES => add_part::<FUSED, { $lines * LINE }, false>(sums, start, &entries),
                    ($lines, false) if $lines * LINE <= LANES => add_part::<FUSED, { $lines * LINE }, true>(sums, start, &entries),
                )*
                _ => unreachable!("less than {LANES} numbers and a line"),
            }
        };
    }
    of_lines!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

/// Some rows of a matrix with their factors.
struct Entries<'a> {
    matrix: &'a [f32],
    width: usize,
    rows: &'a [u32],
    factors: &'a [f32],
}

/// Adds parts of rows, each so many lanes wide; returns where it stopped.
#[inline(always)]
fn add_narrow_parts<const FUSED: bool, const LANES: usize>(
    sums: &mut [f32],
    mut start: usize,
    entries: &Entries<'_>,
) -> usize {
    while start + LANES <= sums.len() {
        add_part::<FUSED, LANES, false>(sums, start, entries);
        start += LANES;
    }
    start
}

/// Adds a part of rows, so many lanes wide, which are kept in registers while all rows are added; where it has a tail, the last line
/// of all too, most of which may be in the part already: the same is computed twice then.
#[inline(always)]
fn add_part<const FUSED: bool, const LANES: usize, const TAIL: bool>(
    sums: &mut [f32],
    start: usize,
    entries: &Entries<'_>,
) {
    let Entries { matrix, width, rows, factors } = *entries;
    let of_tail = if TAIL { sums.len() - LINE } else { 0 };
    let mut lanes: [f32; LANES] = *lanes_of(sums, start);
    let mut tail: [f32; LINE] = if TAIL { *lanes_of(sums, of_tail) } else { [0.0; LINE] };
    for (place, (&row, &factor)) in rows.iter().zip(factors).enumerate() {
        fetch_ahead::<LANES>(matrix, width, start, rows, place);
        let row = row as usize * width;
        add_lanes::<FUSED, LANES>(&mut lanes, factor, lanes_of(matrix, row + start));
        if TAIL {
            add_lanes::<FUSED, LINE>(&mut tail, factor, lanes_of(matrix, row + of_tail));
        }
    }
    sums[start..start + LANES].copy_from_slice(&lanes);
    if TAIL {
        sums[of_tail..of_tail + LINE].copy_from_slice(&tail);
    }
}

#[inline(always)]
fn add_lanes<const FUSED: bool, const LANES: usize>(lanes: &mut [f32; LANES], factor: f32, added: &[f32; LANES]) {
    for lane in 0..LANES {
        lanes[lane] = multiply_add::<FUSED>(factor, added[lane], lanes[lane]);
    }
}

/// So many rows ahead, the first numbers of one are asked for: rows lie in no order that a processor could guess.
pub(crate) const AHEAD: usize = 8;

/// Numbers in a line of the cache.
pub(crate) const LINE: usize = 16;

/// Lines that are asked for; with them, the processor sees where a longer row goes on.
const LINES: usize = 4;

/// Asks for the beginning of a part, so many lanes wide, of the row that comes [`AHEAD`] places after this one.
#[inline(always)]
fn fetch_ahead<const LANES: usize>(matrix: &[f32], width: usize, start: usize, rows: &[u32], place: usize) {
    if let Some(&row) = rows.get(place + AHEAD) {
        let first = matrix.as_ptr().wrapping_add(row as usize * width + start);
        (0..LINES.min(LANES / LINE)).for_each(|line| fetch(first.wrapping_add(line * LINE)));
    }
}

/// Asks for what lies there, on processors that can be asked.
#[inline(always)]
pub(crate) fn fetch(_number: *const f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which reads nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(_number.cast()) };
    }
}

#[inline(always)]
pub(crate) fn lanes_of<const LANES: usize>(numbers: &[f32], start: usize) -> &[f32; LANES] {
    numbers[start..start + LANES].first_chunk().expect("so long is the slice")
}

#[inline(always)]
fn dot_rows<const FUSED: bool, const LANES: usize>(products: &mut [f32], vector: &[f32], matrix: &[f32], rows: &[u32]) {
    let width = vector.len();
    let row = |row: u32| &matrix[row as usize * width..][..width];
    if width < 64 {
        for (product, &other) in products.iter_mut().zip(rows) {
            let mut lanes = [0.0; 64];
            lanes.iter_mut().zip(vector).zip(row(other)).for_each(|((lane, left), right)| *lane = left * right);
            *product = sum_of(lanes);
        }
        return;
    }
    // The last part overlaps the one before, and counts as 0 there.
    let parts = (width - 1) / 64;
    let mut last = *lanes_of::<64>(vector, width - 64);
    for (lane, number) in last.iter_mut().enumerate() {
        *number = if lane + width < 64 * (parts + 1) { 0.0 } else { *number };
    }
    for (place, (product, &other)) in products.iter_mut().zip(rows).enumerate() {
        fetch_ahead::<64>(matrix, width, 0, rows, place);
        let (other, mut lanes) = (row(other), [0.0; 64]);
        for start in (0..parts).map(|part| 64 * part) {
            multiply_add_lanes::<FUSED>(lanes_of(vector, start), lanes_of(other, start), &mut lanes);
        }
        multiply_add_lanes::<FUSED>(&last, lanes_of(other, width - 64), &mut lanes);
        *product = sum_of(lanes);
    }
}

#[inline(always)]
fn sum_of(mut lanes: [f32; 64]) -> f32 {
    for half in [32, 16, 8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0]
}

#[inline(always)]
fn multiply_add_lanes<const FUSED: bool>(left: &[f32; 64], right: &[f32; 64], lanes: &mut [f32; 64]) {
    for lane in 0..64 {
        lanes[lane] = multiply_add::<FUSED>(left[lane], right[lane], lanes[lane]);
    }
}

#[inline(always)]
fn drop_rounding<const FUSED: bool, const LANES: usize>(numbers: &mut [f32], share: f32, sums: &[f32], factor: f32) {
    let (first, second) = sums.split_at(numbers.len());
    for ((number, &first), &second) in numbers.iter_mut().zip(first).zip(second) {
        let smallest = share * multiply_add::<FUSED>(factor, second, first).abs();
        *number = if number.abs() < smallest { 0.0 } else { *number };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sparse::kernel::team::Team;
    use crate::engine::sparse::network::panels::Panels;

    /// Numbers between −1 and 1 without a pattern.
    fn numbers(count: usize, seed: f32) -> Vec<f32> {
        (0..count).map(|place| (place as f32 * 12.9898 + seed).sin()).collect()
    }

    fn assert_close(found: f32, expected: f64, what: &str) {
        assert!(
            (f64::from(found) - expected).abs() < 1e-5 + 1e-6 * expected.abs(),
            "{what}: {found} instead of {expected}"
        );
    }

    #[test]
    fn every_level_drops_what_is_smaller_than_a_share() {
        for level in Vector::levels() {
            let mut kept = [1.0, -1e-7, 1e-7, 0.5, -0.25];
            level.drop_rounding(&mut kept, 1e-6, &[1.0, 1.0, 0.0, 1e6, -1.0, 0.0, 0.0, 1e-3, 0.0, 1.0], 2.0);
            assert_eq!(kept, [1.0, 0.0, 1e-7, 0.0, -0.25], "{level:?}");
        }
    }

    #[test]
    fn every_level_adds_and_multiplies_rows_of_any_width() {
        let (rows, factors) = ([3u32, 0, 4, 3], [0.5f32, -1.0, 2.0, 0.25]);
        for width in [1, 3, 4, 7, 8, 15, 16, 20, 63, 64, 65, 100, 244, 250, 255, 257, 271, 272, 500, 512] {
            let (matrix, vector) = (numbers(5 * width, 1.0), numbers(width, 2.0));
            let row = |row: u32| &matrix[row as usize * width..][..width];
            for level in Vector::levels() {
                let (mut sums, mut products) = (vector.clone(), [0.0; 4]);
                level.add_rows(&mut sums, &matrix, width, &rows, &factors);
                level.dot_rows(&mut products, &vector, &matrix, &rows);
                for place in 0..width {
                    let added =
                        rows.iter().zip(factors).map(|(&r, factor)| f64::from(factor) * f64::from(row(r)[place]));
                    let expected = f64::from(vector[place]) + added.sum::<f64>();
                    assert_close(sums[place], expected, &format!("{level:?}, width {width}, place {place}"));
                }
                for (product, &r) in products.iter().zip(&rows) {
                    let terms = vector.iter().zip(row(r)).map(|(&a, &b)| f64::from(a) * f64::from(b));
                    assert_close(*product, terms.sum(), &format!("{level:?}, width {width}, row {r}"));
                }
            }
        }
    }

    #[test]
    fn every_level_multiplies_panels_a_row_like_any_other() {
        for (columns, width) in [(1, 1), (64, 5), (65, 33), (200, 64), (130, 7)] {
            let (weight, bias) = (numbers(columns * width, 1.0), numbers(columns, 2.0));
            let panels = Panels::of(&weight, &bias, &Team::new());
            for level in Vector::levels() {
                for rows in [1, 5, 6, 13] {
                    let last = numbers(rows * width, 3.0);
                    let mut sums = vec![f32::NAN; rows * columns];
                    panels.multiply(level, &last, 0..columns, &mut sums);
                    for row in 0..rows {
                        let mut alone = vec![f32::NAN; columns];
                        panels.multiply(level, &last[row * width..][..width], 0..columns, &mut alone);
                        assert_eq!(sums[row * columns..][..columns], alone, "{level:?}, row {row} of {rows}");
                        for column in 0..columns {
                            let terms = last[row * width..][..width].iter().zip(&weight[column * width..]);
                            let product: f64 = terms.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                            assert_close(alone[column], product + f64::from(bias[column]), &format!("{level:?}"));
                        }
                    }
                }
            }
        }
    }
}
