//! Charts: pure functions from plain data to SVG text, and [`save`], which puts one on disk as SVG and PNG.
//!
//! The font is embedded, so a chart has the same bytes on every machine.

mod axis;
mod canvas;
mod curves;
mod dot_plot;
mod error_by_activity;
mod frame;
mod heat_map;
mod histogram;
#[cfg(test)]
mod legible;
mod long_tail;
mod loss;
mod metric;
mod overlay;
mod parallel;
pub(crate) mod parameter;
mod pictures;
mod predicted;
mod reference;
mod scatter;
mod sweep;
mod theme;
mod weights;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use png::{ColorType, DeflateCompression, Encoder, Filter};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

pub use curves::CurveOptions;
pub use dot_plot::{DotRow, dot_plot};
pub use error_by_activity::{ErrorByActivity, error_by_activity};
pub use heat_map::{HeatMap, heat_map};
pub use histogram::histogram;
pub use long_tail::long_tail;
pub use loss::loss;
pub use metric::metric;
pub use overlay::{OverlayCurve, overlay};
pub use parallel::{Parallel, ParallelLine, parallel};
pub use pictures::{PictureRow, pictures};
pub use predicted::predicted;
pub use reference::Reference;
pub use scatter::{MOST_POINTS, Scatter, scatter};
pub use sweep::{Sweep, SweepPoint, sweep};
pub use weights::weights;

pub(crate) use theme::{BOLD, FONT_FAMILY, REGULAR};

use crate::{ReportError, write_atomically};

/// What a chart says above the plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heading {
    /// What is shown.
    pub title: String,
    /// Of which runs; one line.
    pub subtitle: String,
}

/// Writes `svg` and the PNG rendered from it beside each other as `path.svg` and `path.png`, and returns both paths.
/// When the same SVG is there already, nothing is drawn again.
///
/// # Errors
/// If the disk refuses.
///
/// # Panics
/// If `svg` is not one of this module's charts but something that cannot be rendered.
pub fn save(svg: &str, path: &Path) -> Result<[PathBuf; 2], ReportError> {
    let [vector, pixels] = ["svg", "png"].map(|extension| {
        // Not `with_extension`, which would take `rmse_by_input.fill` for a file of type `fill`.
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{extension}"));
        PathBuf::from(name)
    });
    let unchanged = pixels.exists() && std::fs::read(&vector).is_ok_and(|old| old == svg.as_bytes());
    if !unchanged {
        // The SVG comes last: once it is there, the PNG beside it is known to be of the same chart.
        write_atomically(&pixels, &png(svg))?;
        write_atomically(&vector, svg.as_bytes())?;
    }
    Ok([vector, pixels])
}

/// Renders a chart at [`theme::PIXEL_DENSITY`] pixels per unit.
fn png(svg: &str) -> Vec<u8> {
    static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(theme::REGULAR.to_vec());
        fonts.load_font_data(theme::BOLD.to_vec());
        Arc::new(fonts)
    });
    let options = Options { fontdb: FONTS.clone(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).expect("a chart is valid SVG");
    let size = tree.size();
    let [width, height] = [size.width(), size.height()].map(|side| (side * theme::PIXEL_DENSITY).round() as u32);
    let mut pixmap = Pixmap::new(width, height).expect("a chart has a size");
    let scale = Transform::from_scale(theme::PIXEL_DENSITY, theme::PIXEL_DENSITY);
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    encoded(&pixmap)
}

/// As a file. A chart is opaque and mostly of one colour: without filters and with the lightest compression it is three quarters
/// larger than by the default, with which encoding took longer than all else that draws a chart.
fn encoded(picture: &Pixmap) -> Vec<u8> {
    let colours: Vec<u8> =
        picture.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_filter(Filter::NoFilter);
    encoder.set_deflate_compression(DeflateCompression::Level(1));
    let mut writer = encoder.write_header().expect("memory takes the picture");
    writer.write_image_data(&colours).expect("memory takes the picture");
    writer.finish().expect("memory takes the picture");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_saved_as_svg_and_png_of_twice_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let svg = sweep(&Heading::default(), &Sweep::default());
        let [vector, pixels] = save(&svg, &folder.path().join("charts/rmse_by_input.fill")).unwrap();
        assert!(vector.ends_with("charts/rmse_by_input.fill.svg"));
        assert_eq!(std::fs::read_to_string(&vector).unwrap(), svg);
        let bytes = std::fs::read(&pixels).unwrap();
        assert_eq!(bytes[..4], *b"\x89PNG");
        let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((side(16), side(20)), (1920, 1080));
        assert_eq!(png(&svg), bytes, "the same chart gives the same bytes");
    }

    #[test]
    fn an_unchanged_chart_is_not_drawn_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rmse");
        let svg = sweep(&Heading::default(), &Sweep::default());
        let [_, pixels] = save(&svg, &path).unwrap();
        std::fs::write(&pixels, "mark").unwrap();
        save(&svg, &path).unwrap();
        assert_eq!(std::fs::read(&pixels).unwrap(), b"mark");
        let heading = Heading { title: "other".into(), ..Heading::default() };
        save(&sweep(&heading, &Sweep::default()), &path).unwrap();
        assert_ne!(std::fs::read(&pixels).unwrap(), b"mark");
    }
}
