//! Codes of which only the largest units stay (Makhzani and Frey 2014).

use tch::Tensor;

/// Keeps the k largest units of each row and sets the others to zero; from and to `[batch, code]`. The gradient flows through
/// those that are kept.
pub fn k_sparse(code: &Tensor, k: u32) -> Tensor {
    let (_, largest) = code.topk(i64::from(k), -1, true, false);
    code * code.detach().zeros_like().scatter_value(-1, &largest, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_stay_and_the_gradient_is_theirs() {
        let rows = |tensor: Tensor| Vec::<Vec<f64>>::try_from(tensor).unwrap();
        let values = [[3.0, -4.0, 1.0, 2.0], [-1.0, -2.0, -3.0, -4.0], [0.5, 0.5, 0.5, 0.6]];
        for (k, expected, gradients) in [
            (1, [[3.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.6]], 3.0),
            (2, [[3.0, 0.0, 0.0, 2.0], [-1.0, -2.0, 0.0, 0.0], [0.5, 0.0, 0.0, 0.6]], 6.0),
            (4, values, 12.0),
        ] {
            let code = Tensor::from_slice2(&values).set_requires_grad(true);
            let kept = k_sparse(&code, k);
            let sum = kept.sum(None);
            let gradient = Tensor::run_backward(&[&sum], &[&code], false, false).remove(0);
            // Which of equal units stays is not said, but there are never more than k.
            let [first, second, third] = rows(kept.detach()).try_into().unwrap();
            assert_eq!([first, second], [expected[0], expected[1]], "k = {k}");
            assert_eq!(third.iter().sum::<f64>(), expected[2].iter().sum::<f64>(), "k = {k}");
            assert_eq!(gradient.sum(None).double_value(&[]), gradients, "k = {k}");
        }
    }
}
