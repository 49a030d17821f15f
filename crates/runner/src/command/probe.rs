//! `hourglass probe`: how well a linear model tells an attribute from the codes.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail, ensure};
use hourglass_data::analysis::{Filled, principal_components};
use hourglass_report::format::{count, metric};
use hourglass_train::probe::{Config, Report, Target, probe};
use tch::{Kind, Tensor};

use super::print;
use crate::cli::{self, Kind as Wanted};
use crate::trained::{Codes, Trained};

/// An attribute with more different values than this is a number, if it can be one.
const MOST_CATEGORIES: usize = 25;

/// More categories than this are not told apart by a few thousand rows.
const TOO_MANY_CATEGORIES: usize = 100;

/// More components than this take long to find, and add little.
const MOST_COMPONENTS: usize = 64;

/// Fits a probe on the codes, and one on as many principal components of the ratings, and prints what they reach.
///
/// # Errors
/// When the trial cannot be taken up, or the attribute is not known or cannot be predicted.
pub fn run(arguments: &cli::Probe) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let codes = trained.codes(arguments.part)?;
    let (known, texts) = known_values(&trained, &codes, &arguments.attribute)?;
    let target = target(&texts, arguments)?;
    let config = Config { seed: arguments.seed, ..Config::default() };
    let measured = |features: &Tensor| probe(features, &target, &config).map_err(|reason| anyhow!("{reason}"));
    let of_codes = measured(&code_features(&codes, &known))?;
    let (components, features) = component_features(&trained, &codes, &known, arguments.part)?;
    let of_components = measured(&features)?;
    let rows = count(known.len() as u64);
    let head = format!(
        "{} of {rows} {}s from their ratings, on the {:.0} % that no probe was fitted on\n",
        arguments.attribute,
        trained.row_name(),
        100.0 * config.test,
    );
    let lines = [
        (format!("code, {} units", codes.width), of_codes),
        (format!("{components} principal components of the ratings"), of_components),
    ];
    print(&(head + &table(&lines)))
}

/// The places in `codes` of the rows whose attribute is known, and its values.
fn known_values<'a>(trained: &'a Trained, codes: &Codes, name: &str) -> Result<(Vec<usize>, Vec<&'a str>)> {
    let values = &attribute(trained, name)?.values;
    let all = codes.rows.iter().enumerate().map(|(place, &row)| (place, values[row as usize].as_str()));
    Ok(all.filter(|(_, value)| !value.is_empty()).unzip())
}

/// An attribute of the rows.
///
/// # Errors
/// When there is none of this name; the error lists those that there are.
pub(super) fn attribute<'a>(trained: &'a Trained, name: &str) -> Result<&'a hourglass_data::Attribute> {
    let known = &trained.rows().attributes;
    known.iter().find(|attribute| attribute.name == name).ok_or_else(|| {
        let names = known.iter().map(|attribute| attribute.name.as_str()).collect::<Vec<_>>().join(", ");
        let names = if names.is_empty() { "nothing" } else { &names };
        anyhow!("--attribute {name}: of {}s of this data, {names} is known", trained.row_name())
    })
}

/// What is predicted, as categories or as numbers.
fn target(texts: &[&str], arguments: &cli::Probe) -> Result<Target> {
    let mut categories: BTreeMap<&str, i64> = texts.iter().map(|&text| (text, 0)).collect();
    (0..).zip(categories.values_mut()).for_each(|(number, place)| *place = number);
    let numbers = texts.iter().map(|text| text.parse().ok().filter(|number: &f64| number.is_finite()));
    let numbers: Option<Vec<f64>> = numbers.collect();
    let name = &arguments.attribute;
    ensure!(categories.len() > 1, "--attribute {name}: all rows have the same value; nothing can be told from it");
    match (arguments.kind, numbers) {
        (Wanted::Number, None) => bail!("--kind number: not every {name} is a number; use --kind category"),
        (Wanted::Number, Some(numbers)) => Ok(Target::Number(numbers)),
        (Wanted::Auto, Some(numbers)) if categories.len() > MOST_CATEGORIES => Ok(Target::Number(numbers)),
        _ if categories.len() > TOO_MANY_CATEGORIES => bail!(
            "--attribute {name}: {} different values are too many to tell apart; expected at most {TOO_MANY_CATEGORIES}",
            categories.len()
        ),
        _ => Ok(Target::Category {
            of_row: texts.iter().map(|text| categories[text]).collect(),
            categories: categories.len() as i64,
        }),
    }
}

/// `[rows, units]`, of the chosen places.
fn code_features(codes: &Codes, places: &[usize]) -> Tensor {
    let chosen = places.iter().flat_map(|&place| &codes.values[place * codes.width..][..codes.width]);
    Tensor::from_slice(&chosen.copied().collect::<Vec<f32>>()).view([places.len() as i64, codes.width as i64])
}

/// What needs no network: as many principal components of the same ratings as the code has units, `[rows, components]`.
fn component_features(trained: &Trained, codes: &Codes, places: &[usize], part: cli::Part) -> Result<(usize, Tensor)> {
    let inputs = trained.shown(part)?;
    let rows: Vec<u32> = places.iter().map(|&place| codes.rows[place]).collect();
    let filled = Filled::new(&inputs.ratings, &inputs.fill.row, inputs.fill.column.as_deref()).select(&rows);
    let components = principal_components(&filled, codes.width.min(MOST_COMPONENTS)).scores;
    let features = components.iter().map(|scores| Tensor::from_slice(scores)).collect::<Vec<_>>();
    ensure!(!features.is_empty(), "all rows have the same ratings; no probe can tell them apart");
    Ok((features.len(), Tensor::stack(&features, 1).to_kind(Kind::Float)))
}

fn table(lines: &[(String, Report); 2]) -> String {
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, report): &(String, Report)| match *report {
        Report::Category { accuracy, .. } => format!("{name:<width$}  accuracy {}\n", metric(Some(accuracy))),
        Report::Number { r2, rmse, .. } => {
            format!("{name:<width$}  R² {}  RMSE {}\n", metric(Some(r2)), metric(Some(rmse)))
        }
    };
    let nothing = match lines[0].1 {
        Report::Category { majority, .. } => {
            format!("{:<width$}  accuracy {}\n", "the most frequent value", metric(Some(majority)))
        }
        Report::Number { mean_rmse, .. } => {
            let mean = "the mean";
            format!("{mean:<width$}  R² {}  RMSE {}\n", metric(Some(0.0)), metric(Some(mean_rmse)))
        }
    };
    lines.iter().map(line).chain([nothing]).collect()
}
