//! `hourglass draw codes` and `hourglass draw ratings`: a map of all rows by their two main directions.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use hourglass_data::analysis::{Clusters, Filled, PrincipalComponents, k_means, principal_components};
use hourglass_data::{TableColumn, write_table};
use hourglass_report::chart::{self, Heading, Scatter};

use super::colours::{Groups, by_attribute, by_cluster};
use crate::cli;
use crate::command::probe::attribute;
use crate::trained::{Trained, rated_rows};

/// What is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// What the network has made of the ratings.
    Codes,
    /// The ratings, with what stands for those that are missing.
    Ratings,
}

/// Draws the map, and writes the places and the clusters of all rows as a table.
///
/// # Errors
/// When the trial cannot be taken up, all rows are the same, or a file cannot be written.
pub(super) fn map(arguments: &cli::DrawMap, of: Of) -> Result<()> {
    let trained = Trained::open(&arguments.trial)?;
    let (rows, matrix) = matrix(&trained, arguments.part, of)?;
    let components = principal_components(&matrix, 2);
    ensure!(components.scores.len() == 2, "the rows lie on a line or a point; a map needs two directions");
    let clusters = k_means(&matrix, arguments.clusters.into(), arguments.seed);
    let values = arguments.attribute.as_ref().map(|name| attribute(&trained, name)).transpose()?;
    let values = values.map(|known| rows.iter().map(|&row| known.values[row as usize].clone()).collect::<Vec<_>>());
    let name = match of {
        Of::Codes => "codes_map",
        Of::Ratings => "ratings_map",
    };
    let stem = super::stem(&trained, name, arguments.to.as_deref());
    let table = PathBuf::from(format!("{}.csv", stem.display()));
    let mut columns = table_of(&trained, &rows, &components, &clusters);
    let groups = match (&arguments.attribute, values) {
        (Some(name), Some(values)) => {
            let groups = by_attribute(name, &values);
            columns.push(TableColumn::Text(name.clone(), values));
            groups
        }
        _ => by_cluster(&clusters.of_row),
    };
    write_table(&table, &columns)?;
    super::save(&picture(&trained, of, &components, groups), &stem, Some(&table))
}

/// The rows that are known, and what is mapped of them.
fn matrix(trained: &Trained, part: cli::Part, of: Of) -> Result<(Vec<u32>, Filled)> {
    match of {
        Of::Codes => {
            let codes = trained.codes(part)?;
            Ok((codes.rows, Filled::dense(&codes.values, codes.width)))
        }
        Of::Ratings => {
            let inputs = trained.shown(part)?;
            let rows = rated_rows(inputs)?;
            let filled = Filled::new(&inputs.ratings, &inputs.fill.row, inputs.fill.column.as_deref());
            Ok((rows.clone(), filled.select(&rows)))
        }
    }
}

fn table_of(
    trained: &Trained,
    rows: &[u32],
    components: &PrincipalComponents,
    clusters: &Clusters,
) -> Vec<TableColumn> {
    let catalogue = trained.rows();
    let ids = rows.iter().map(|&row| catalogue.ids.name(row).to_owned()).collect();
    let scores = |place: usize| components.scores[place].iter().map(|&score| score as f32).collect();
    vec![
        TableColumn::Text(trained.row_name().to_owned(), ids),
        TableColumn::Number("pc1".to_owned(), scores(0)),
        TableColumn::Number("pc2".to_owned(), scores(1)),
        TableColumn::Count("cluster".to_owned(), clusters.of_row.iter().map(|cluster| cluster + 1).collect()),
    ]
}

fn picture(trained: &Trained, of: Of, components: &PrincipalComponents, groups: Groups) -> String {
    let axis = |place: usize| {
        format!("principal component {} ({:.1} % of the variance)", place + 1, 100.0 * components.explained[place])
    };
    let points: Vec<(f64, f64)> =
        components.scores[0].iter().copied().zip(components.scores[1].iter().copied()).collect();
    let what = match of {
        Of::Codes => "Codes".to_owned(),
        Of::Ratings => format!("Ratings, {} where missing", fill_name(trained)),
    };
    let thinned = match points.len() > chart::MOST_POINTS {
        true => format!(" · {} of {} drawn", chart::MOST_POINTS, points.len()),
        false => String::new(),
    };
    let heading = Heading {
        title: format!("{what}: {}s by {}", trained.row_name(), groups.by),
        subtitle: trained.line() + &thinned,
    };
    chart::scatter(&heading, &Scatter { x: axis(0), y: axis(1), points, groups: groups.of_row, names: groups.names })
}

/// `user-mean`, `constant = 3`: the fill as it is written in an experiment.
fn fill_name(trained: &Trained) -> String {
    match toml::Value::try_from(trained.config.input.fill) {
        Ok(toml::Value::String(name)) => name,
        Ok(value) => value.to_string(),
        Err(_) => "the fill".to_owned(),
    }
}
