//! Inverses of symmetric matrices: those of libtorch's LAPACK, a blocked Cholesky factor in double precision.

use tch::Tensor;

use crate::Error;

/// Of a positive definite matrix in double precision `[size, size]`, which is called so.
///
/// # Errors
/// When it is not positive definite.
pub(super) fn inverse(matrix: Tensor, name: &str) -> Result<Tensor, Error> {
    let factor = matrix.f_linalg_cholesky(false).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().next().unwrap_or_default();
        Error::DoesNotFit(format!("{name} cannot be inverted ({reason}); raise the model's l2"))
    })?;
    drop(matrix);
    Ok(factor.cholesky_inverse(false))
}
