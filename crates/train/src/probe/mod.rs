//! How much a code knows: a linear probe (Alain and Bengio 2016) predicts an attribute from it.
//!
//! The probe is fitted on a part of the rows and measured on the others, so that what it says is not what it has memorised.
//! Beside it stands what needs no code: the most frequent category, the mean.

mod logistic;
mod ridge;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use tch::{Kind, Tensor};

/// What a probe predicts.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// One of the categories `0..categories`.
    Category {
        /// Of each row.
        of_row: Vec<i64>,
        /// How many there are.
        categories: i64,
    },
    /// A number for each row.
    Number(Vec<f64>),
}

/// How a probe is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Config {
    /// The share of the rows that it is measured on.
    pub test: f64,
    /// The weight of half the squared length of its weights, beside the mean loss of a row.
    pub l2: f64,
    /// Of the choice of rows.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { test: 0.2, l2: 0.01, seed: 42 }
    }
}

/// What a probe reached on rows that it was not fitted on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Report {
    /// Of categories.
    Category {
        /// The share of the rows whose category it found.
        accuracy: f64,
        /// The same for always answering the most frequent category of the rows it was fitted on.
        majority: f64,
    },
    /// Of numbers.
    Number {
        /// 1 − its squared error / that of the mean: 0 knows nothing, 1 everything.
        r2: f64,
        /// The root of its mean squared error.
        rmse: f64,
        /// The same for always answering the mean of the rows it was fitted on.
        mean_rmse: f64,
    },
}

/// Fits a probe on most of the rows of `features` `[rows, features]`, and measures it on the others.
///
/// # Errors
/// When there are too few rows to do both.
pub fn probe(features: &Tensor, target: &Target, config: &Config) -> Result<Report, String> {
    let rows = features.size()[0];
    let tested = (rows as f64 * config.test).round() as usize;
    if tested == 0 || rows as usize - tested < 2 {
        return Err(format!("{rows} rows are too few to fit a probe on some and to measure it on others"));
    }
    let mut order: Vec<i64> = (0..rows).collect();
    order.shuffle(&mut hourglass_models::Generator::seed_from_u64(config.seed));
    let [test, train] = [&order[..tested], &order[tested..]].map(Tensor::from_slice);
    let (fitted_on, asked) = standardised(features, &train, &test);
    Ok(match target {
        Target::Category { of_row, categories } => {
            let of_row = Tensor::from_slice(of_row);
            let [known, truth] = [&train, &test].map(|rows| of_row.index_select(0, rows));
            let found = logistic::fit(&fitted_on, &known, *categories, config.l2).scores(&asked).argmax(1, false);
            let majority = known.bincount::<Tensor>(None, *categories).argmax(0, false);
            let share = |answer: &Tensor| answer.eq_tensor(&truth).mean(Kind::Double).double_value(&[]);
            Report::Category { accuracy: share(&found), majority: share(&majority) }
        }
        Target::Number(of_row) => {
            let of_row = Tensor::from_slice(of_row);
            let [known, truth] = [&train, &test].map(|rows| of_row.index_select(0, rows));
            let found = ridge::fit(&fitted_on, &known, config.l2).scores(&asked).squeeze_dim(1);
            let error = |answer: &Tensor| (answer - &truth).square().mean(Kind::Double).double_value(&[]);
            let (own, of_mean) = (error(&found), error(&known.mean(Kind::Double)));
            Report::Number { r2: 1.0 - own / of_mean, rmse: own.sqrt(), mean_rmse: of_mean.sqrt() }
        }
    })
}

/// Some rows and other rows, scaled so that the columns of the first have mean 0 and variance 1; a column that does not vary
/// becomes 0.
fn standardised(features: &Tensor, first: &Tensor, second: &Tensor) -> (Tensor, Tensor) {
    let features = features.to_kind(Kind::Double);
    let [first, second] = [first, second].map(|rows| features.index_select(0, rows));
    let mean = first.mean_dim(0i64, true, Kind::Double);
    let deviation = first.std_dim(0i64, false, true);
    let varies = deviation.gt_tensor(&(mean.abs().clamp_min(1e-12) * 1e-12)).to_kind(Kind::Double);
    let scale = &varies / deviation.clamp_min(f64::MIN_POSITIVE);
    ((first - &mean) * &scale, (second - &mean) * &scale)
}

/// A linear function of features.
struct Linear {
    /// `[features, outputs]`.
    weight: Tensor,
    /// `[outputs]`.
    bias: Tensor,
}

impl Linear {
    /// From `[rows, features]` to `[rows, outputs]`.
    fn scores(&self, features: &Tensor) -> Tensor {
        self.bias.addmm(features, &self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows 0..n with the features `row mod 3 = 0`, `row mod 3 = 1` and a constant one.
    fn features(rows: i64) -> Tensor {
        let cells: Vec<f32> =
            (0..rows).flat_map(|row| [f32::from(row % 3 == 0), f32::from(row % 3 == 1), 7.0]).collect();
        Tensor::from_slice(&cells).view([rows, 3])
    }

    #[test]
    fn what_the_features_know_is_found_and_what_they_do_not_know_is_not() {
        let config = Config::default();
        let known = Target::Category { of_row: (0..90).map(|row| row % 3).collect(), categories: 3 };
        let Report::Category { accuracy, majority } = probe(&features(90), &known, &config).unwrap() else { panic!() };
        assert!((accuracy - 1.0).abs() < 1e-12 && majority < 0.5, "{accuracy} {majority}");

        let number = Target::Number((0..90).map(|row| f64::from(row % 3 * 10)).collect());
        let free = Config { l2: 0.0, ..config };
        let Report::Number { r2, rmse, mean_rmse } = probe(&features(90), &number, &free).unwrap() else { panic!() };
        assert!((r2 - 1.0).abs() < 1e-9 && rmse < 1e-6 && mean_rmse > 5.0, "{r2} {rmse} {mean_rmse}");

        let nothing = Target::Number((0..90).map(|row| f64::from(row / 3 % 2)).collect());
        let Report::Number { r2, .. } = probe(&features(90), &nothing, &config).unwrap() else { panic!() };
        assert!(r2 < 0.1, "{r2}");
    }

    #[test]
    fn the_same_seed_gives_the_same_report() {
        let target = Target::Number((0..50).map(|row| f64::from(row * row % 17)).collect());
        let report = |seed| probe(&features(50), &target, &Config { seed, ..Config::default() }).unwrap();
        assert_eq!(report(1), report(1));
        assert_ne!(report(1), report(2));
    }

    #[test]
    fn too_few_rows_are_refused() {
        for rows in [0, 1, 2] {
            let error = probe(&features(rows), &Target::Number(vec![1.0; rows as usize]), &Config::default());
            assert_eq!(
                error.unwrap_err(),
                format!("{rows} rows are too few to fit a probe on some and to measure it on others")
            );
        }
    }
}
