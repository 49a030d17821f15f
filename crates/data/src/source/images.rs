//! Images as ratings: an image is a user, a pixel an item, and every pixel is observed, also where it is 0.
//!
//! Two forms are read, which the first bytes tell apart: IDX, in which the MNIST database comes (LeCun, Cortes and Burges), and
//! lines of numbers between commas, one image a line.

use super::column::Place;
use super::raw::{Description, Names, RatingColumn, Raw, RawFile, RawRating};
use super::text::{self, Layout, Records, TextEncoding};
use crate::{Attribute, Error, Scale};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Where the images are. Files can be compressed by gzip or zstd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The images.
    pub path: PathBuf,
    /// What each image shows, which becomes the attribute `label` of the users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

/// Where labels are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Labels {
    /// In a column of the lines, by its place from 1, which is no pixel.
    Column(NonZeroUsize),
    /// In an IDX file of their own.
    File(PathBuf),
}

/// Images of the same size, one after the other.
struct Images {
    /// `[images × pixels]`
    values: Vec<f32>,
    /// The number of pixels of each.
    pixels: usize,
    /// `[images]`, or empty.
    labels: Vec<String>,
    scale: Option<Scale>,
}

impl Config {
    pub(super) fn load(&self) -> Result<Raw, Error> {
        let mut reader = text::open(&self.path)?;
        let start = reader.fill_buf().map_err(|reason| text::unreadable(&self.path, 1, reason))?;
        let mut images = if start.starts_with(&[0, 0]) { self.idx()? } else { self.lines()? };
        if let Some(Labels::File(path)) = &self.labels {
            images.labels = idx(path, 1)?.1.iter().map(u8::to_string).collect();
        }
        let count = images.values.len() / images.pixels.max(1);
        if !images.labels.is_empty() && images.labels.len() != count {
            return Err(self.wrong(format!("{} labels for {count} images", images.labels.len())));
        }
        Ok(raw(&self.path, images, count))
    }

    /// The files that are read.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let labels = match &self.labels {
            Some(Labels::File(path)) => Some(path.clone()),
            _ => None,
        };
        std::iter::once(self.path.clone()).chain(labels).collect()
    }

    fn idx(&self) -> Result<Images, Error> {
        if let Some(Labels::Column(_)) = self.labels {
            return Err(self.wrong("an IDX file has no columns; labels = { file = … } names another file".to_owned()));
        }
        let (sizes, bytes) = idx(&self.path, 3)?;
        let values = bytes.iter().copied().map(f32::from).collect();
        let scale = Some(Scale { minimum: 0.0, maximum: 255.0 });
        Ok(Images { values, pixels: sizes[1] * sizes[2], labels: Vec::new(), scale })
    }

    fn lines(&self) -> Result<Images, Error> {
        let path = &self.path;
        let layout = Layout {
            separator: ",".to_owned(),
            encoding: TextEncoding::UTF_8,
            header: false,
            quotes: false,
            expected: "numbers between commas".to_owned(),
        };
        let label = match &self.labels {
            Some(Labels::Column(place)) => Some(Place { index: place.get() - 1, name: "label".to_owned() }),
            _ => None,
        };
        let (mut records, _) = Records::open(path, &layout)?;
        let mut images = Images { values: Vec::new(), pixels: 0, labels: Vec::new(), scale: None };
        while let Some((line, record)) = records.next()? {
            let pixels = (0..record.len()).filter(|&index| label.as_ref().is_none_or(|label| label.index != index));
            images.pixels = pixels.clone().count();
            for index in pixels {
                let pixel = Place { index, name: "pixel".to_owned() };
                images.values.push(pixel.number(record, line, path, &layout)? as f32);
            }
            if let Some(label) = &label {
                images.labels.push(label.field(record, line, path, &layout)?.to_owned());
            }
        }
        if images.values.is_empty() { Err(records.empty()) } else { Ok(images) }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Images { path: self.path.clone(), reason }
    }
}

/// The sizes and the bytes of an IDX file with so many dimensions.
fn idx(path: &Path, dimensions: usize) -> Result<(Vec<usize>, Vec<u8>), Error> {
    let wrong = |reason: String| Error::Images { path: path.to_owned(), reason };
    let mut content = Vec::new();
    text::open(path)?.read_to_end(&mut content).map_err(|reason| text::unreadable(path, 1, reason))?;
    let head = 4 + 4 * dimensions;
    let magic = [0, 0, 8, dimensions as u8];
    if content.len() < head || content[..4] != magic {
        return Err(wrong(format!("no IDX file of bytes in {dimensions} dimensions, which starts with {magic:?}")));
    }
    let size = |bytes: &[u8]| bytes.iter().fold(0, |size, &byte| size << 8 | usize::from(byte));
    let sizes: Vec<usize> = content[4..head].chunks(4).map(size).collect();
    let (expected, found) = (sizes.iter().product::<usize>(), content.len() - head);
    if expected != found || found == 0 {
        return Err(wrong(format!("{found} bytes follow the head, which promises {sizes:?} = {expected}")));
    }
    Ok((sizes, content.split_off(head)))
}

fn raw(path: &Path, images: Images, count: usize) -> Raw {
    let pixels = images.pixels;
    let mut file = RawFile::new(path.to_owned(), 0, RatingColumn::Pixels);
    let rating = |(place, value): (usize, f32)| {
        file.push((place / pixels) as u64 + 1);
        RawRating { user: (place / pixels) as u32, item: (place % pixels) as u32, value }
    };
    let ratings = images.values.into_iter().enumerate().map(rating).collect();
    let mut described_users = Description::numbered(count as u32);
    if !images.labels.is_empty() {
        described_users.attributes = vec![Attribute { name: "label".to_owned(), values: images.labels }];
    }
    Raw {
        users: Names::numbered(count as u32),
        items: Names::numbered(pixels as u32),
        ratings,
        files: vec![file],
        scale: images.scale,
        described_users,
        described_items: Description::numbered(pixels as u32),
        ..Raw::default()
    }
}
