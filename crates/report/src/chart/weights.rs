//! What the first layer makes of single inputs.

use super::Heading;
use super::axis::Axis;
use super::canvas::{self, Stroke};
use super::frame::{Frame, Key};
use super::theme::SERIES;

/// The chart: for each named input, its weight at each unit of the first layer, in the order of the units.
pub fn weights(heading: &Heading, inputs: &[(String, Vec<f32>)]) -> String {
    let units = inputs.iter().map(|(_, weights)| weights.len()).max().unwrap_or(0);
    let x = Axis { title: "unit of the first layer".into(), ..Axis::epochs(1..=units) };
    let all = inputs.iter().flat_map(|(_, weights)| weights.iter().copied().map(f64::from));
    let y = Axis::around("weight", all.chain([0.0]), 6.0);
    let stroke = |index: usize| Stroke::solid(SERIES[index % SERIES.len()], 1.4);
    let keys = inputs.iter().enumerate().map(|(index, (name, _))| Key::line(name, stroke(index))).collect();
    canvas::svg(|canvas| {
        let plot = Frame { heading, x, y, keys }.draw(canvas);
        if units == 0 {
            return plot.note(canvas, "no input was chosen");
        }
        for (index, (_, weights)) in inputs.iter().enumerate().rev() {
            let at = |(unit, weight): (usize, &f32)| plot.at((unit + 1) as f64, f64::from(*weight));
            let points: Vec<_> = weights.iter().enumerate().map(at).collect();
            canvas.line(&points, stroke(index));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_a_line() {
        let inputs = [("Heat (1995)".to_owned(), vec![0.1, -0.2, 0.3]), ("Up (2009)".to_owned(), vec![0.0; 3])];
        let svg = weights(&Heading { title: "Weights".into(), subtitle: String::new() }, &inputs);
        for text in ["Heat (1995)", "Up (2009)", "unit of the first layer", "Weights"] {
            assert!(svg.contains(text), "{text}");
        }
        let lines = |svg: &str| svg.matches("<polyline").count();
        let one = weights(&Heading::default(), &inputs[..1]);
        // A line in the plot and one in the legend.
        assert_eq!(lines(&svg) - lines(&one), 2);
        assert!(weights(&Heading::default(), &[]).contains("no input was chosen"));
    }
}
