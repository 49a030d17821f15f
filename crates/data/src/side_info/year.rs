//! The year in parentheses at the end of a title, as in `Heat (1995)`, as one column like that of another number.

use super::{Columns, Values, numeric};

pub(super) fn encode(values: &Values<'_>) -> Columns {
    let years: Vec<(u32, f64)> = values.known().filter_map(|(row, title)| Some((row, year(title)?))).collect();
    numeric::standardise(values, &years, format!("{}:year", values.name))
}

/// Four digits; without them the year is not known.
fn year(title: &str) -> Option<f64> {
    let (_, year) = title.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let digits = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    year.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_four_digits_in_parentheses_at_the_end() {
        let cases = [
            ("Heat (1995)", Some(1995.0)),
            ("Shanghai Triad (Yao a yao yao dao waipo qiao) (1995) ", Some(1995.0)),
            ("Heat", None),
            ("(500) Days of Summer", None),
            ("Death Note (2006–2007)", None),
            ("Cosmos (+195)", None),
            ("1995)", None),
        ];
        for (title, expected) in cases {
            assert_eq!(year(title), expected, "{title}");
        }
    }
}
