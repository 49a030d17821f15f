//! [Activations](hourglass_models::Activation) and their slopes, on numbers side by side.
//!
//! All come from `exp(x)` and from `exp(x) − 1`, which has all its digits near 0 too: with n the integer nearest to x / ln 2 and r = x − n ln 2,
//!
//! ```text
//! exp(x) − 1 = 2ⁿ (exp(r) − 1) + (2ⁿ − 1),   exp(r) − 1 = r + r²/2! + r³/3! + … + r⁷/7!
//! ```

use hourglass_models::{Activation, LeakyRelu};

use crate::engine::sparse::kernel::vector::multiply_add;

/// What saturated units give, and what comes back through them, is far below any rounding error; its products and squares would
/// be denormal numbers, with which processors compute a hundred times slower.
pub(crate) const VANISHED: f32 = 1e-15;

/// Of SELU: the scale, and the scale times α.
const SELU: [f32; 2] = [1.050_701, 1.758_099_3];

/// 0 for what has vanished; what is no number stays so.
#[inline(always)]
pub(crate) fn unless_vanished(number: f32) -> f32 {
    if number.abs() < VANISHED { 0.0 } else { number }
}

/// Puts in the place of each sum what the activation makes of it, and tells the slope there.
#[inline(always)]
pub(crate) fn activate<const FUSED: bool, const LANES: usize>(
    activation: Activation,
    sums: &mut [f32],
    slopes: &mut [f32],
) {
    match activation {
        Activation::Elu => each(sums, slopes, |x| {
            let [exp, below] = exp_and_exp_m1::<FUSED>(x);
            if x > 0.0 { [x, 1.0] } else { [below, exp] }
        }),
        Activation::LeakyRelu(LeakyRelu { slope }) => {
            let slope = slope.get() as f32;
            each(sums, slopes, |x| if x > 0.0 { [x, 1.0] } else { [slope * x, slope] });
        }
        Activation::Linear => slopes.fill(1.0),
        Activation::Relu => each(sums, slopes, |x| [if x < 0.0 { 0.0 } else { x }, if x > 0.0 { 1.0 } else { 0.0 }]),
        Activation::Selu => each(sums, slopes, |x| {
            let [scale, scaled_alpha] = SELU;
            let [exp, below] = exp_and_exp_m1::<FUSED>(x);
            if x > 0.0 { [scale * x, scale] } else { [scaled_alpha * below, scaled_alpha * exp] }
        }),
        Activation::Sigmoid => each(sums, slopes, |x| {
            let [y, rest] = sigmoid::<FUSED>(x);
            [y, y * rest]
        }),
        Activation::Swish => each(sums, slopes, |x| {
            let [share, rest] = sigmoid::<FUSED>(x);
            [x * share, share * multiply_add::<FUSED>(x, rest, 1.0)]
        }),
        Activation::Tanh => each(sums, slopes, |x| {
            let [exp, less] = exp_and_exp_m1::<FUSED>(2.0 * x);
            let share = 1.0 / (less + 2.0);
            [less * share, 4.0 * exp * share * share]
        }),
    }
}

#[inline(always)]
fn each(sums: &mut [f32], slopes: &mut [f32], of: impl Fn(f32) -> [f32; 2]) {
    for (sum, slope) in sums.iter_mut().zip(slopes) {
        [*sum, *slope] = of(*sum).map(unless_vanished);
    }
}

/// With what it lacks of 1, which has all its digits too.
#[inline(always)]
fn sigmoid<const FUSED: bool>(x: f32) -> [f32; 2] {
    let [exp, _] = exp_and_exp_m1::<FUSED>(-x);
    let y = 1.0 / (1.0 + exp);
    [y, exp * y]
}

/// Saturates far beyond what activations tell from their limits.
#[inline(always)]
pub(crate) fn exp_and_exp_m1<const FUSED: bool>(x: f32) -> [f32; 2] {
    // The lowest bits of this sum are the integer.
    const INTEGERS: f32 = 12_582_912.0;
    // ln 2 in two parts, of which the first is exact in so few digits that its multiples are.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = if x < -80.0 { -80.0 } else { x };
    let x = if x > 80.0 { 80.0 } else { x };
    let shifted = multiply_add::<FUSED>(x, std::f32::consts::LOG2_E, INTEGERS);
    let n = shifted - INTEGERS;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    let r = multiply_add::<FUSED>(-n, LN_2[1], multiply_add::<FUSED>(-n, LN_2[0], x));
    let mut rest = 1.0 / 5040.0;
    for divisor in [720.0, 120.0, 24.0, 6.0, 2.0] {
        rest = multiply_add::<FUSED>(rest, r, 1.0 / divisor);
    }
    let of_r = multiply_add::<FUSED>(r * r, rest, r);
    [power, power - 1.0].map(|rest| multiply_add::<FUSED>(power, of_r, rest))
}

#[cfg(test)]
mod tests {
    use hourglass_models::range::Share;
    use tch::{Kind, Tensor};

    use super::*;
    use crate::engine::sparse::kernel::vector::Vector;

    const ALL: [Activation; 8] = [
        Activation::Elu,
        Activation::LeakyRelu(LeakyRelu { slope: Share::new::<3, 10>() }),
        Activation::Linear,
        Activation::Relu,
        Activation::Selu,
        Activation::Sigmoid,
        Activation::Swish,
        Activation::Tanh,
    ];

    #[test]
    fn every_level_gives_the_values_and_slopes_of_autograd() {
        let places = (-400..=400).map(|place| place as f64 / 20.0).filter(|&x| x != 0.0);
        let small = [1e-3, -1e-3, 1e-6, -1e-6, 79.0, -79.0, 200.0, -200.0];
        let numbers: Vec<f32> = places.chain(small).map(|x| x as f32).collect();
        for (vector, activation) in Vector::levels().into_iter().flat_map(|level| ALL.map(|a| (level, a))) {
            let x = Tensor::from_slice(&numbers).to_kind(Kind::Double).set_requires_grad(true);
            let y = activation.apply(&x);
            let slope = Tensor::run_backward(&[&y.sum(Kind::Double)], &[&x], false, false).remove(0);
            let [expected, expected_slopes] = [&y, &slope].map(|tensor| Vec::<f64>::try_from(tensor).unwrap());
            let (mut found, mut slopes) = (numbers.clone(), vec![0.0; numbers.len()]);
            vector.activate(activation, &mut found, &mut slopes);
            for (place, &x) in numbers.iter().enumerate() {
                // A slope is the difference of two numbers near 1 where a unit is saturated.
                for (found, expected, rounding) in
                    [(found[place], expected[place], 1e-12), (slopes[place], expected_slopes[place], 2e-7)]
                {
                    let off = (f64::from(found) - expected).abs();
                    assert!(
                        off < 4e-7 * expected.abs() + rounding,
                        "{vector:?}, {activation:?} at {x}: {found}, not {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_so() {
        for (vector, activation) in Vector::levels().into_iter().flat_map(|level| ALL.map(|a| (level, a))) {
            let (mut numbers, mut slopes) = ([f32::NAN; 3], [0.0; 3]);
            vector.activate(activation, &mut numbers, &mut slopes);
            assert!(numbers.iter().all(|number| number.is_nan()), "{vector:?}, {activation:?}: {numbers:?}");
        }
    }
}
