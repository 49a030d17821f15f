//! Which points of a map have the same colour.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Points in groups.
pub(super) struct Groups {
    /// What makes a group, for the title.
    pub(super) by: String,
    /// The group of each point, if it has one.
    pub(super) of_row: Vec<Option<usize>>,
    /// Of each group.
    pub(super) names: Vec<String>,
}

/// More groups than this are not told apart by eye.
const MOST_GROUPS: usize = 12;

/// Clusters, counted from 1 as in the table.
pub(super) fn by_cluster(clusters: &[u32]) -> Groups {
    let count = clusters.iter().max().map_or(0, |most| most + 1);
    Groups {
        by: "cluster".to_owned(),
        of_row: clusters.iter().map(|&cluster| Some(cluster as usize)).collect(),
        names: (1..=count).map(|cluster| format!("cluster {cluster}")).collect(),
    }
}

/// The values of an attribute where there are few; quarters of the rows where it is a number with many; else its most frequent
/// values.
pub(super) fn by_attribute(name: &str, values: &[String]) -> Groups {
    let mut counts = BTreeMap::<&str, usize>::new();
    values.iter().filter(|value| !value.is_empty()).for_each(|value| *counts.entry(value).or_default() += 1);
    let numbers: Option<Vec<f64>> = counts.keys().map(|value| value.parse().ok()).collect();
    if counts.len() > MOST_GROUPS && numbers.is_some() {
        return by_quarter(name, values);
    }
    let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
    names.sort_by_key(|&(_, count)| Reverse(count));
    names.truncate(MOST_GROUPS);
    let mut names: Vec<&str> = names.into_iter().map(|(name, _)| name).collect();
    match numbers {
        Some(_) => names.sort_by(|left, right| number(left).total_cmp(&number(right))),
        None => names.sort_unstable(),
    }
    Groups {
        by: name.to_owned(),
        of_row: values.iter().map(|value| names.iter().position(|name| name == value)).collect(),
        names: names.into_iter().map(str::to_owned).collect(),
    }
}

fn by_quarter(name: &str, values: &[String]) -> Groups {
    let mut sorted: Vec<f64> = values.iter().map(|value| number(value)).filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let edges = [1, 2, 3].map(|quarter| sorted[sorted.len() * quarter / 4]);
    let quarter = |value: f64| edges.iter().filter(|&&edge| value >= edge).count();
    let [low, middle, high] = edges;
    Groups {
        by: name.to_owned(),
        of_row: values.iter().map(|value| Some(number(value)).filter(|value| !value.is_nan()).map(quarter)).collect(),
        names: vec![
            format!("below {low}"),
            format!("{low} to below {middle}"),
            format!("{middle} to below {high}"),
            format!("from {high}"),
        ],
    }
}

/// Not a number where it is none, as where nothing is known.
fn number(value: &str) -> f64 {
    value.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|&value| value.to_owned()).collect()
    }

    #[test]
    fn values_are_groups_and_the_unknown_has_none() {
        let groups = by_attribute("gender", &texts(&["M", "", "F", "M"]));
        assert_eq!(groups.names, ["F", "M"]);
        assert_eq!(groups.of_row, [Some(1), None, Some(0), Some(1)]);
        assert_eq!(by_attribute("label", &texts(&["10", "9"])).names, ["9", "10"]);
    }

    #[test]
    fn many_numbers_are_quarters_and_of_many_names_the_most_frequent_remain() {
        let numbers: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        let groups = by_attribute("age", &numbers);
        assert_eq!(groups.names, ["below 10", "10 to below 20", "20 to below 30", "from 30"]);
        assert_eq!([0, 9, 10, 39].map(|row| groups.of_row[row]), [Some(0), Some(0), Some(1), Some(3)]);

        let names: Vec<String> = (0..40).map(|number| format!("a{}", number.min(20))).collect();
        let groups = by_attribute("title", &names);
        assert_eq!((groups.names.len(), groups.of_row[39].is_some(), groups.of_row[19]), (MOST_GROUPS, true, None));
    }

    #[test]
    fn clusters_are_counted_from_1() {
        assert_eq!(by_cluster(&[1, 0, 1]).names, ["cluster 1", "cluster 2"]);
    }
}
