//! Drawing into SVG text. The only file that knows plotters; everything above it works in units of a screen pixel.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::element::{Circle, DashedPathElement, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, IntoDrawingArea, RGBColor, SVGBackend};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle, register_font,
    text_anchor::{HPos, Pos, VPos},
};

use super::theme::{self, Colour};

/// plotters has whole coordinates only: a finer grid keeps curves smooth.
const STEPS_PER_UNIT: f64 = 10.0;

/// plotters takes the height of a line for the size of a font.
const LINE_HEIGHT: f64 = 1.24;

/// Where plotters puts the base line of text that hangs from a point, in font sizes below it.
const ASCENT: f64 = 0.76;

/// A line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    pub(super) width: f64,
    /// Length of dashes; `None` is a solid line.
    pub(super) dash: Option<f64>,
}

impl Stroke {
    pub(super) fn solid(colour: Colour, width: f64) -> Stroke {
        Stroke { colour, width, dash: None }
    }
}

/// A point in a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Marker {
    pub(super) shape: Shape,
    pub(super) colour: Colour,
    pub(super) radius: f64,
    /// 0 is invisible, 1 is opaque.
    pub(super) opacity: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// Which end of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) colour: Colour,
    pub(super) bold: bool,
}

impl Type {
    pub(super) const TITLE: Type = Type { size: theme::TITLE, colour: theme::INK, bold: true };
    pub(super) const TEXT: Type = Type { size: theme::TEXT, colour: theme::SOFT_INK, bold: false };
    pub(super) const SMALL: Type = Type { size: theme::SMALL, colour: theme::SOFT_INK, bold: false };

    fn font(self) -> FontDesc<'static> {
        static REGISTERED: Once = Once::new();
        REGISTERED.call_once(|| {
            for (style, bytes) in [(FontStyle::Normal, theme::REGULAR), (FontStyle::Bold, theme::BOLD)] {
                assert!(register_font(theme::FONT_FAMILY, style, bytes).is_ok(), "the embedded font is whole");
            }
        });
        let style = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        FontDesc::new(FontFamily::Name(theme::FONT_FAMILY), self.size * STEPS_PER_UNIT * LINE_HEIGHT, style)
    }

    /// Width of `text`.
    pub(super) fn width(self, text: &str) -> f64 {
        let (width, _) = self.font().box_size(text).expect("the embedded font is registered");
        f64::from(width) / STEPS_PER_UNIT
    }

    /// `text`, with an ellipsis for its middle if it is wider than `width`: names often differ at their ends only.
    pub(super) fn shorten(self, text: &str, width: f64) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let letters: Vec<char> = text.chars().collect();
        let keep = |count: usize| -> String {
            let (head, tail) = (count.div_ceil(2), count / 2);
            let [head, tail] = [&letters[..head], &letters[letters.len() - tail..]].map(String::from_iter);
            format!("{}…{}", head.trim_end(), tail.trim_start())
        };
        (0..letters.len()).rev().map(keep).find(|text| self.width(text) <= width).unwrap_or_default()
    }
}

/// A chart being drawn.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// The SVG text of what `draw` draws.
pub(super) fn svg(draw: impl FnOnce(&Canvas)) -> String {
    svg_of_height(theme::HEIGHT, draw)
}

/// The same on a canvas of another height.
pub(super) fn svg_of_height(height: f64, draw: impl FnOnce(&Canvas)) -> String {
    let size = [theme::WIDTH, height];
    let mut text = String::new();
    let [width, height] = size.map(|side| (side * STEPS_PER_UNIT) as u32);
    {
        let canvas = Canvas { area: SVGBackend::with_string(&mut text, (width, height)).into_drawing_area() };
        canvas.area.fill(&RGBColor(255, 255, 255)).expect("memory takes the drawing");
        draw(&canvas);
        canvas.area.present().expect("memory takes the drawing");
    }
    // The grid is finer than the size, and round joins keep the peaks of a curve in place.
    text.replacen(
        &format!("<svg width=\"{width}\" height=\"{height}\""),
        &format!(
            "<svg width=\"{}\" height=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"",
            size[0], size[1]
        ),
        1,
    )
}

impl<'a> Canvas<'a> {
    /// A line through `points`.
    pub(super) fn line(&self, points: &[(f64, f64)], stroke: Stroke) {
        let points: Vec<_> = points.iter().copied().map(grid).collect();
        let style = ShapeStyle {
            color: opaque(stroke.colour),
            filled: false,
            stroke_width: (stroke.width * STEPS_PER_UNIT).round() as u32,
        };
        match stroke.dash.map(|dash| (dash * STEPS_PER_UNIT) as u32) {
            None => self.put(PathElement::new(points, style)),
            Some(dash) => self.put(DashedPathElement::new(points, dash, dash, style)),
        }
    }

    /// A point at `(x, y)`.
    pub(super) fn marker(&self, (x, y): (f64, f64), marker: Marker) {
        let style = ShapeStyle { filled: true, ..opaque(marker.colour).mix(marker.opacity).into() };
        let radius = marker.radius;
        let corners = |offsets: &[(f64, f64)]| -> Vec<(i32, i32)> {
            offsets.iter().map(|(right, down)| grid((x + right * radius, y + down * radius))).collect()
        };
        let outline = match marker.shape {
            Shape::Circle => {
                let circle = Circle::new(grid((x, y)), (radius * STEPS_PER_UNIT).round() as i32, style);
                return self.put(circle);
            }
            Shape::Square => corners(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Shape::Triangle => corners(&[(0.0, -1.25), (1.1, 0.8), (-1.1, 0.8)]),
            Shape::Diamond => corners(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
        };
        self.put(Polygon::new(outline, style));
    }

    /// A filled area within `outline`; nothing where that has fewer than three corners. 0 is invisible, 1 is opaque.
    pub(super) fn area(&self, outline: &[(f64, f64)], colour: Colour, opacity: f64) {
        if outline.len() > 2 {
            let style = ShapeStyle { filled: true, ..opaque(colour).mix(opacity).into() };
            self.put(Polygon::new(outline.iter().copied().map(grid).collect::<Vec<_>>(), style));
        }
    }

    /// A filled rectangle between two opposite corners.
    pub(super) fn rectangle(&self, corner: (f64, f64), opposite: (f64, f64), colour: Colour) {
        let style = ShapeStyle { filled: true, ..opaque(colour).into() };
        self.put(Rectangle::new([grid(corner), grid(opposite)], style));
    }

    /// A ground between two opposite corners that lets little of what is behind it through, so that text on it can be read.
    pub(super) fn halo(&self, corner: (f64, f64), opposite: (f64, f64)) {
        let style = ShapeStyle { filled: true, ..RGBColor(255, 255, 255).mix(0.82).into() };
        self.put(Rectangle::new([grid(corner), grid(opposite)], style));
    }

    /// `text` with its base line through `(x, y)`.
    pub(super) fn text(&self, text: &str, (x, y): (f64, f64), align: Align, look: Type) {
        self.put_text(text, (x, y - ASCENT * look.size), align, look, FontTransform::None);
    }

    /// `text` read upwards, with its base line through `(x, y)`.
    pub(super) fn upward_text(&self, text: &str, (x, y): (f64, f64), align: Align, look: Type) {
        self.put_text(text, (x - ASCENT * look.size, y), align, look, FontTransform::Rotate270);
    }

    fn put_text(&self, text: &str, at: (f64, f64), align: Align, look: Type, turn: FontTransform) {
        let horizontal = match align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let colour = opaque(look.colour);
        let style = TextStyle::from(look.font().transform(turn)).color(&colour).pos(Pos::new(horizontal, VPos::Top));
        self.put(Text::new(text.to_owned(), grid(at), style));
    }

    fn put<E>(&self, element: E)
    where
        for<'e> &'e E: PointCollection<'e, (i32, i32)>,
        E: Drawable<SVGBackend<'a>>,
    {
        self.area.draw(&element).expect("memory takes the drawing");
    }
}

fn grid((x, y): (f64, f64)) -> (i32, i32) {
    ((x * STEPS_PER_UNIT).round() as i32, (y * STEPS_PER_UNIT).round() as i32)
}

fn opaque((red, green, blue): Colour) -> RGBAColor {
    RGBColor(red, green, blue).to_rgba()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_loses_its_middle() {
        let width = Type::TEXT.width("model.autoe…encoder.layers");
        assert_eq!(Type::TEXT.shorten("fill", width), "fill");
        let short = Type::TEXT.shorten("model.autoencoder.autoencoder.layers", width);
        assert!(short.starts_with("model.") && short.ends_with(".layers") && short.contains('…'), "{short}");
        assert!(Type::TEXT.width(&short) <= width);
        assert_eq!(Type::TEXT.shorten("fill", 0.0), "");
    }

    #[test]
    fn markup_in_text_is_escaped() {
        let text = svg(|canvas| canvas.text("a < b & c", (10.0, 20.0), Align::Start, Type::TEXT));
        assert!(text.contains("a &lt; b &amp; c"), "{text}");
    }
}
