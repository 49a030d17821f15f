//! Prepared data in a file: a safetensors file, so that other programs can read it too.
//!
//! The file is named after everything that it comes from: the content of the source's files, the settings, and the version
//! of this program. So a changed file is another name, and what is stale is never looked at. What is cut off or damaged does
//! not match the checksum in its header.

use crate::array::Array;
use crate::{Attribute, Catalogue, Counts, Csr, Dataset, Error, HeldOut, IdMap, RatingsConfig, Scale, SourceConfig};
use crate::{Split, SplitConfig};
use memmap2::Mmap;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Raised when the same settings and files would give other data than before, or the layout of the file changes.
const VERSION: u32 = 2;

/// The array that holds [`Facts`] as JSON: not in the header, where it would be a text within a text.
const FACTS: &str = "facts";

/// The entry of the header with the checksum of all arrays. One entry, because several come in any order.
const CHECKSUM: &str = "checksum";

/// Where one data set is kept.
pub(crate) struct Cache {
    path: PathBuf,
}

/// What is not a list of numbers.
#[derive(Serialize, Deserialize)]
struct Facts {
    users: Side,
    items: Side,
    scale: Scale,
    counts: Counts,
    noise_floor: Option<f64>,
    fingerprint: String,
    split_fingerprint: String,
}

/// A catalogue as text.
#[derive(Serialize, Deserialize)]
struct Side {
    ids: IdMap,
    attributes: Vec<(String, Vec<String>)>,
}

impl Cache {
    /// Where these settings, with the present content of their files, are kept.
    pub(crate) fn new(
        folder: &Path,
        source: &SourceConfig,
        ratings: &RatingsConfig,
        split: &SplitConfig,
    ) -> Result<Self, Error> {
        let mut name = Xxh3::new();
        let settings = serde_json::to_string(&(source, ratings, split)).expect("settings can be written");
        name.write(settings.as_bytes());
        name.write_u32(VERSION);
        name.write(env!("CARGO_PKG_VERSION").as_bytes());
        for path in source.files()?.iter().chain(&split.files()) {
            let content = open(path).map_err(|reason| Error::Unreadable { path: path.clone(), reason })?;
            name.write_usize(content.len());
            name.write(&content);
        }
        Ok(Self { path: folder.join(format!("{:032x}.safetensors", name.digest128())) })
    }

    /// What is kept, if it is there and whole.
    pub(crate) fn load(&self) -> Option<Dataset> {
        let map = Arc::new(open(&self.path).ok()?);
        let dataset = read(&map);
        if dataset.is_none() {
            tracing::warn!("{}: damaged; made anew", self.path.display());
        }
        dataset
    }

    /// Keeps the data. A failure is only told: the data is there without it.
    pub(crate) fn store(&self, dataset: &Dataset) {
        if let Err(reason) = self.write(dataset) {
            tracing::warn!("{}: prepared data cannot be kept: {reason}", self.path.display());
        }
    }

    fn write(&self, dataset: &Dataset) -> io::Result<()> {
        let facts = serde_json::to_vec(&Facts::of(dataset)).map_err(io::Error::other)?;
        let mut tensors = arrays(&dataset.split);
        tensors.insert(FACTS.to_owned(), view(Dtype::U8, &facts));
        let sum = checksum(tensors.iter().map(|(name, view)| (name.as_str(), view.data())));
        #[expect(clippy::disallowed_types, reason = "safetensors takes no other; one entry has no order")]
        let metadata = std::collections::HashMap::from([(CHECKSUM.to_owned(), sum)]);
        let bytes = safetensors::serialize(tensors, &Some(metadata)).map_err(io::Error::other)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Whole or not at all, and two processes do not meet in one file.
        let unfinished = self.path.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, &self.path)
    }
}

/// A file as memory.
fn open(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: the bytes may change under us only if another program writes into the file in place. Files of the cache are
    // renamed into place when they are whole, and never written again; a source's file is only hashed.
    unsafe { Mmap::map(&file) }
}

fn read(map: &Arc<Mmap>) -> Option<Dataset> {
    let (_, metadata) = SafeTensors::read_metadata(map).ok()?;
    let expected = metadata.metadata().as_ref()?.get(CHECKSUM)?;
    let tensors = SafeTensors::deserialize(map).ok()?;
    let mut named: Vec<(String, TensorView<'_>)> = tensors.tensors();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    let sum = checksum(named.iter().map(|(name, view)| (name.as_str(), view.data())));
    if *expected != sum {
        return None;
    }
    let facts: Facts = serde_json::from_slice(tensors.tensor(FACTS).ok()?.data()).ok()?;
    let (users, items) = (facts.users.catalogue(), facts.items.catalogue());
    let width = items.len();
    let part = |name: &str| matrix(map, &tensors, name, width).filter(|matrix| matrix.rows() == users.len());
    let held_out = |name: &str| Some(HeldOut { ratings: part(name)?, fold_in: part(&format!("{name}-fold-in")) });
    let split = Split { train: part("train")?, validation: held_out("validation")?, test: held_out("test")? };
    let Facts { scale, counts, noise_floor, fingerprint, split_fingerprint, .. } = facts;
    Some(Dataset { users, items, split, scale, counts, noise_floor, fingerprint, split_fingerprint })
}

/// The three arrays of each part, by name.
fn arrays(split: &Split) -> BTreeMap<String, TensorView<'_>> {
    let Split { train, validation, test } = split;
    let parts = [
        ("train", Some(train)),
        ("validation", Some(&validation.ratings)),
        ("validation-fold-in", validation.fold_in.as_ref()),
        ("test", Some(&test.ratings)),
        ("test-fold-in", test.fold_in.as_ref()),
    ];
    let there = parts.into_iter().filter_map(|(name, part)| Some((name, part?)));
    there
        .flat_map(|(name, part)| {
            let (starts, columns, values) = part.arrays();
            [
                (format!("{name}.starts"), view(Dtype::U64, starts)),
                (format!("{name}.columns"), view(Dtype::U32, columns)),
                (format!("{name}.values"), view(Dtype::F32, values)),
            ]
        })
        .collect()
}

fn view<T: bytemuck::Pod>(kind: Dtype, numbers: &[T]) -> TensorView<'_> {
    TensorView::new(kind, vec![numbers.len()], bytemuck::cast_slice(numbers)).expect("as many bytes as its shape says")
}

fn matrix(map: &Arc<Mmap>, tensors: &SafeTensors<'_>, name: &str, width: usize) -> Option<Csr> {
    let starts = array(map, tensors, &format!("{name}.starts"))?;
    let columns = array(map, tensors, &format!("{name}.columns"))?;
    Csr::from_arrays(starts, columns, array(map, tensors, &format!("{name}.values"))?, width)
}

fn array<T: bytemuck::Pod>(map: &Arc<Mmap>, tensors: &SafeTensors<'_>, name: &str) -> Option<Array<T>> {
    let data = tensors.tensor(name).ok()?.data().as_ptr_range();
    let base = map.as_ptr() as usize;
    Array::mapped(map, data.start as usize - base..data.end as usize - base)
}

/// Of the arrays, in the order of their names.
fn checksum<'a>(arrays: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut sum = Xxh3::new();
    for (name, bytes) in arrays {
        sum.write(name.as_bytes());
        sum.write(bytes);
    }
    format!("{:032x}", sum.digest128())
}

impl Facts {
    fn of(dataset: &Dataset) -> Self {
        Self {
            users: Side::of(&dataset.users),
            items: Side::of(&dataset.items),
            scale: dataset.scale,
            counts: dataset.counts,
            noise_floor: dataset.noise_floor,
            fingerprint: dataset.fingerprint.clone(),
            split_fingerprint: dataset.split_fingerprint.clone(),
        }
    }
}

impl Side {
    fn of(catalogue: &Catalogue) -> Self {
        let attributes = catalogue.attributes.iter().map(|known| (known.name.clone(), known.values.clone()));
        Self { ids: catalogue.ids.clone(), attributes: attributes.collect() }
    }

    fn catalogue(self) -> Catalogue {
        let attributes = self.attributes.into_iter().map(|(name, values)| Attribute { name, values });
        Catalogue { ids: self.ids, attributes: attributes.collect() }
    }
}
