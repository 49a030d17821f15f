//! Items that are alike: by the cosine of the angle between their vectors in the network.

use anyhow::{Result, anyhow, bail, ensure};
use clap::ValueEnum;
use hourglass_data::Axis;
use tch::{Device, Kind, Tensor};

use super::Recommender;
use super::neighbours::{normalise, product};

/// Training ratings that an item has at least that is listed, where nothing else is asked for.
pub const RATERS: u32 = 5;

/// Which numbers of an item are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Vectors {
    /// The last layer's weights of each item: items that are predicted alike
    Decoder,
    /// The first layer's weights of each item: items that are read alike
    Encoder,
    /// The codes of items, of a network whose rows are items
    Codes,
}

/// An item that is like another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similar {
    /// Its place in the catalogue.
    pub item: u32,
    /// From −1 to 1.
    pub cosine: f32,
}

/// All items that can be compared.
pub struct ItemVectors {
    /// Which numbers they are.
    pub by: Vectors,
    /// Of length 1 `[items × width]`.
    vectors: Vec<f32>,
    width: usize,
}

impl Vectors {
    /// What they are called in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decoder => "the last layer's weights",
            Self::Encoder => "the first layer's weights",
            Self::Codes => "codes",
        }
    }
}

impl Recommender<'_> {
    /// Which vectors fit the network best.
    ///
    /// # Errors
    /// When the model is a baseline, which has none.
    pub fn fitting_vectors(&self) -> Result<Vectors> {
        let model = self.trained.network()?;
        Ok(match self.task.rows {
            Axis::Items => Vectors::Codes,
            Axis::Users if model.decoder().is_some() => Vectors::Decoder,
            Axis::Users => Vectors::Encoder,
        })
    }

    /// The vectors of all items: those that are asked for, or what fits the network.
    ///
    /// # Errors
    /// When the network has no such vectors.
    pub fn item_vectors(&self, by: Option<Vectors>) -> Result<ItemVectors> {
        let model = self.trained.network()?;
        let by = by.map_or_else(|| self.fitting_vectors(), Ok)?;
        let items = self.raters.len();
        let vectors = match (by, self.task.rows) {
            (Vectors::Codes, Axis::Items) => {
                let rows: Vec<u32> = (0..items as u32).collect();
                self.scorer.codes(&self.shown, &rows).ok_or_else(|| anyhow!("this model has no codes"))?
            }
            (Vectors::Codes, Axis::Users) => bail!(
                "--by codes: this run's codes are of users (input.rows = \"users\"); use --by decoder, or a run with \
                 input.rows = \"items\""
            ),
            (_, Axis::Items) => bail!(
                "--by {}: the weights of this run are those of users (input.rows = \"items\"); use --by codes",
                if by == Vectors::Decoder { "decoder" } else { "encoder" }
            ),
            (Vectors::Decoder, Axis::Users) => of_items(model.decoder().map(|layer| layer.weight), items)?,
            (Vectors::Encoder, Axis::Users) => of_items(model.encoder().map(|layer| layer.weight), items)?,
        };
        let width = vectors.len() / items.max(1);
        let mut vectors = vectors;
        vectors.chunks_mut(width.max(1)).for_each(normalise);
        Ok(ItemVectors { by, vectors, width })
    }

    /// The items most like this one, among those with at least so many training ratings.
    ///
    /// # Errors
    /// When nothing was learned of the item.
    pub fn similar(&self, vectors: &ItemVectors, item: u32, top: usize, raters: u32) -> Result<Vec<Similar>> {
        let items = &self.trained.data.items;
        ensure!(
            self.raters[item as usize] > 0,
            "{} [#{}] has no training ratings, so nothing was learned of it that could be compared",
            items.title(item),
            items.ids.name(item),
        );
        let vector = |item: u32| &vectors.vectors[item as usize * vectors.width..][..vectors.width];
        let others =
            (0..items.len() as u32).filter(|&other| other != item && self.raters[other as usize] >= raters.max(1));
        let mut found: Vec<Similar> =
            others.map(|other| Similar { item: other, cosine: product(vector(item), vector(other)) }).collect();
        let nearer = |a: &Similar, b: &Similar| b.cosine.total_cmp(&a.cosine).then(a.item.cmp(&b.item));
        if top < found.len() {
            found.select_nth_unstable_by(top, nearer);
            found.truncate(top);
        }
        found.sort_by(nearer);
        Ok(found)
    }
}

/// The rows of weights that belong to items; those of several levels or classes of an item are one vector.
fn of_items(weights: Option<Tensor>, items: usize) -> Result<Vec<f32>> {
    let weights = weights.ok_or_else(|| {
        anyhow!("this network has no layer whose weights are each one item's; use a run of [model.autoencoder] or [model.variational]")
    })?;
    let width = weights.size().last().copied().unwrap_or(0);
    let per_item = (weights.size()[0] / items as i64).max(1);
    // Behind the items come columns of side information.
    let of_items = weights.detach().to_device(Device::Cpu).to_kind(Kind::Float).narrow(0, 0, items as i64 * per_item);
    let flat = of_items.contiguous().view([items as i64, per_item * width]).reshape(-1);
    Ok(Vec::try_from(flat)?)
}
