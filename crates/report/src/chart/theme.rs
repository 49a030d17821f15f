//! How charts look: sizes in units of a screen pixel, colours, fonts.

/// Width of a chart.
pub(super) const WIDTH: f64 = 960.0;
/// Height of a chart.
pub(super) const HEIGHT: f64 = 540.0;
/// Pixels of the PNG per unit.
pub(super) const PIXEL_DENSITY: f32 = 2.0;
/// Empty space at the border.
pub(super) const MARGIN: f64 = 24.0;

/// The first is embedded; the others serve a viewer that does not have it.
pub(crate) const FONT_FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";
/// The face of all text but titles.
pub(crate) const REGULAR: &[u8] = include_bytes!("../../assets/Inter-Regular.otf");
/// The face of titles.
pub(crate) const BOLD: &[u8] = include_bytes!("../../assets/Inter-SemiBold.otf");
/// Font size of the title.
pub(super) const TITLE: f64 = 19.0;
/// Font size of subtitle, axis titles and legend.
pub(super) const TEXT: f64 = 13.0;
/// Font size of tick labels.
pub(super) const SMALL: f64 = 12.0;

/// A colour: red, green, blue.
pub(super) type Colour = (u8, u8, u8);

/// Titles.
pub(super) const INK: Colour = (0x1a, 0x1a, 0x1a);
/// All other text.
pub(super) const SOFT_INK: Colour = (0x55, 0x58, 0x5e);
/// Axes and the ticks on them.
pub(super) const AXIS: Colour = (0x8c, 0x90, 0x96);
/// The grid.
pub(super) const GRID: Colour = (0xe6, 0xe8, 0xeb);
/// Reference lines and the line of the selected epoch.
pub(super) const REFERENCE: Colour = (0x6b, 0x6f, 0x76);

/// Okabe and Ito, "Color Universal Design" (2008), without black, which text has, and yellow, too pale on white.
pub(super) const SERIES: [Colour; 6] = [
    (0x00, 0x72, 0xb2),
    (0xd5, 0x5e, 0x00),
    (0x00, 0x9e, 0x73),
    (0xcc, 0x79, 0xa7),
    (0xe6, 0x9f, 0x00),
    (0x56, 0xb4, 0xe9),
];

/// From the worst to the best of what a colour stands for: one hue that darkens steadily, which every eye can order.
const RAMP: [Colour; 6] = [
    (0xe9, 0xf1, 0xf9),
    (0xc6, 0xdb, 0xef),
    (0x8c, 0xbb, 0xdc),
    (0x4a, 0x94, 0xc7),
    (0x1c, 0x6c, 0xad),
    (0x08, 0x3d, 0x77),
];

/// Text on a pale colour of the ramp, whatever the ground of the chart is.
pub(super) const ON_PALE: Colour = (0x11, 0x11, 0x11);
/// Text on a dark one.
pub(super) const ON_DARK: Colour = (0xfd, 0xfd, 0xfd);

/// The colour of the ramp at `share`: 0 is the palest, 1 the darkest.
pub(super) fn ramp(share: f64) -> Colour {
    let place = share.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let below = (place as usize).min(RAMP.len() - 2);
    let between = |low: u8, high: u8| {
        (f64::from(low) + (place - below as f64) * (f64::from(high) - f64::from(low))).round() as u8
    };
    let (low, high) = (RAMP[below], RAMP[below + 1]);
    (between(low.0, high.0), between(low.1, high.1), between(low.2, high.2))
}
