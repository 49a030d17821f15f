//! Rows of small pictures: originals above what a network makes of them.

use super::Heading;
use super::canvas::{self, Align, Canvas, Type};
use super::frame::draw_heading;
use super::theme::{Colour, GRID, HEIGHT, INK, MARGIN, WIDTH};

/// A row of pictures of the same size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureRow {
    /// What they are.
    pub name: String,
    /// Each with its pixels line by line, from 0 (white) to 1 (black).
    pub pictures: Vec<Vec<f32>>,
}

/// Space between two pictures.
const GAP: f64 = 10.0;
/// Where the first row begins.
const TOP: f64 = 92.0;
/// Shades of grey: neighbours of the same shade are one rectangle.
const SHADES: f32 = 63.0;

/// The chart: rows of pictures below each other, `width` pixels wide each.
pub fn pictures(heading: &Heading, width: usize, rows: &[PictureRow]) -> String {
    let names = rows.iter().map(|row| Type::TEXT.width(&row.name)).fold(0.0, f64::max);
    let left = MARGIN + names + 18.0;
    let across = rows.iter().map(|row| row.pictures.len()).max().unwrap_or(0).max(1) as f64;
    let pixels = rows.iter().flat_map(|row| &row.pictures).map(Vec::len).max().unwrap_or(0);
    let height = pixels.div_ceil(width.max(1));
    let room = (
        ((WIDTH - MARGIN - left - GAP * (across - 1.0)) / across) / width.max(1) as f64,
        ((HEIGHT - MARGIN - TOP - GAP * (rows.len().max(1) - 1) as f64) / rows.len().max(1) as f64)
            / height.max(1) as f64,
    );
    // Whole points of the PNG: no seams between pixels.
    let side = (room.0.min(room.1).min(16.0) * 2.0).floor().max(1.0) / 2.0;
    let bottom = TOP + rows.len() as f64 * (height as f64 * side + GAP) - GAP;
    canvas::svg_of_height((bottom + MARGIN).round(), |canvas| {
        draw_heading(canvas, heading);
        for (line, row) in rows.iter().enumerate() {
            let top = TOP + line as f64 * (height as f64 * side + GAP);
            let middle = top + height as f64 * side / 2.0;
            canvas.text(&row.name, (MARGIN, middle + 4.3), Align::Start, Type::TEXT);
            for (place, picture) in row.pictures.iter().enumerate() {
                let start = left.ceil() + place as f64 * (width as f64 * side + GAP);
                draw(canvas, picture, width, (start, top), side);
            }
        }
    })
}

/// One picture with its upper left corner at a place, and pixels of this side, on a pale ground that shows where it ends.
fn draw(canvas: &Canvas, picture: &[f32], width: usize, (left, top): (f64, f64), side: f64) {
    for (y, line) in picture.chunks(width).enumerate() {
        let top = top + y as f64 * side;
        let shades: Vec<u8> = line.iter().map(|value| (value.clamp(0.0, 1.0) * SHADES).round() as u8).collect();
        let mut x = 0;
        for same in shades.chunk_by(|left, right| left == right) {
            let corner = |x: usize, y: f64| (left + x as f64 * side, y);
            canvas.rectangle(corner(x, top), corner(x + same.len(), top + side), shade(same[0]));
            x += same.len();
        }
    }
}

/// From the colour of the grid to that of titles.
fn shade(level: u8) -> Colour {
    let share = f32::from(level) / SHADES;
    let between = |low: u8, high: u8| (f32::from(low) + share * (f32::from(high) - f32::from(low))).round() as u8;
    (between(GRID.0, INK.0), between(GRID.1, INK.1), between(GRID.2, INK.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_drawn_in_runs_of_a_shade() {
        let row = |name: &str, pictures: Vec<Vec<f32>>| PictureRow { name: name.into(), pictures };
        let rows = [
            row("original", vec![vec![0.0, 0.0, 1.0, 1.0], vec![0.0, 1.0, 0.5, 0.2]]),
            row("reconstruction", vec![vec![-1.0, 0.0, 2.0, f32::NAN], vec![0.0; 4]]),
        ];
        let svg = pictures(&Heading { title: "Digits".into(), subtitle: String::new() }, 2, &rows);
        for text in ["Digits", "original", "reconstruction"] {
            assert!(svg.contains(text), "{text}");
        }
        // 2 and 4 runs above, 1 + 2 and 2 below, and the white ground.
        assert_eq!(svg.matches("<rect").count(), 1 + 6 + 5);
        assert!(svg.contains("#1A1A1A") && svg.contains("#E6E8EB"), "black and the palest shade");
    }

    #[test]
    fn no_pictures_give_a_heading_alone() {
        assert_eq!(pictures(&Heading::default(), 0, &[]).matches("<rect").count(), 1);
    }
}
