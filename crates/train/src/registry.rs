//! The one list of models.

use std::ops::Deref;

use hourglass_models::{
    Activation, Architecture, Dims, Generator, Model, autoencoder, cdae, cfn, convolutional, groups, multi_source, rbm,
    rec_vae, sparse_fc, variational,
};
use serde::{Deserialize, Serialize};
use tch::Device;

use crate::baseline::{
    Baseline, als, biases, blend, ease, edlae, global_mean, ials, infinite_autoencoder, item_knn, item_mean,
    linear_variational, matrix_factorisation, popularity, slim, slope_one, svd, user_knn, user_mean,
};

/// Which model, as written in an experiment: `[model.autoencoder]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelConfig {
    /// A vector for each user and item, each side solved for in turn.
    Als(als::Config),
    /// Any stack of fully connected layers, narrow or wide in the middle.
    Autoencoder(autoencoder::Config),
    /// The mean of all ratings with damped offsets of users and items.
    Biases(biases::Config),
    /// Finished trials as one, weighted.
    Blend(blend::Config),
    /// One hidden layer, and a vector for each row.
    Cdae(cdae::Config),
    /// Side information in every layer.
    Cfn(cfn::Config),
    /// Convolutions of images, and pooling that remembers places.
    Convolutional(convolutional::Config),
    /// Weights between items, in closed form, none from an item to itself (EASE).
    Ease(ease::Config),
    /// The same with a dropout that is averaged over (EDLAE).
    Edlae(edlae::Config),
    /// The mean of all ratings.
    GlobalMean(global_mean::Config),
    /// One autoencoder for each group of rows.
    Groups(groups::Config),
    /// A vector for each user and item, fitted to all pairs, the unobserved ones with a small weight.
    Ials(ials::Config),
    /// An autoencoder with infinitely wide layers, in closed form (∞-AE).
    InfiniteAutoencoder(infinite_autoencoder::Config),
    /// The user's ratings of similar items.
    ItemKnn(item_knn::Config),
    /// The mean of the item's ratings.
    ItemMean(item_mean::Config),
    /// A linear variational autoencoder with a code as wide as there are items, and with its best encoder.
    LinearVariational(linear_variational::Config),
    /// A vector and an offset for each user and item, by stochastic gradient descent.
    MatrixFactorisation(matrix_factorisation::Config),
    /// Ratings, side information, texts and images, each through layers of its own, to one code.
    MultiSource(multi_source::Config),
    /// How many have rated the item.
    Popularity(popularity::Config),
    /// A restricted Boltzmann machine.
    Rbm(rbm::Config),
    /// A variational autoencoder with a composite prior (RecVAE).
    RecVae(rec_vae::Config),
    /// Few weights between items, none below zero.
    Slim(slim::Config),
    /// How much higher one item is rated than another.
    SlopeOne(slope_one::Config),
    /// An autoencoder whose weights are cut by a kernel of learned places of the units (SparseFC).
    SparseFc(sparse_fc::Config),
    /// The leading singular vectors of the items.
    Svd(svd::Config),
    /// Similar users' ratings of the item.
    UserKnn(user_knn::Config),
    /// The mean of the user's ratings.
    UserMean(user_mean::Config),
    /// A code that is drawn from a normal distribution (VAE, Mult-VAE).
    Variational(variational::Config),
}

/// A model is one or the other.
pub enum Kind<'a> {
    /// Layers, trained in batches.
    Network(&'a (dyn Architecture + 'static)),
    /// What needs no layers.
    Baseline(&'a dyn Baseline),
}

impl ModelConfig {
    /// The configuration as what it is.
    pub fn kind(&self) -> Kind<'_> {
        match self {
            Self::Als(config) => Kind::Baseline(config),
            Self::Autoencoder(config) => Kind::Network(config),
            Self::Biases(config) => Kind::Baseline(config),
            Self::Blend(config) => Kind::Baseline(config),
            Self::Cdae(config) => Kind::Network(config),
            Self::Cfn(config) => Kind::Network(config),
            Self::Convolutional(config) => Kind::Network(config),
            Self::Ease(config) => Kind::Baseline(config),
            Self::Edlae(config) => Kind::Baseline(config),
            Self::GlobalMean(config) => Kind::Baseline(config),
            Self::Groups(config) => Kind::Network(config),
            Self::Ials(config) => Kind::Baseline(config),
            Self::InfiniteAutoencoder(config) => Kind::Baseline(config),
            Self::ItemKnn(config) => Kind::Baseline(config),
            Self::ItemMean(config) => Kind::Baseline(config),
            Self::LinearVariational(config) => Kind::Baseline(config),
            Self::MatrixFactorisation(config) => Kind::Baseline(config),
            Self::MultiSource(config) => Kind::Network(config),
            Self::Popularity(config) => Kind::Baseline(config),
            Self::Rbm(config) => Kind::Network(config),
            Self::RecVae(config) => Kind::Network(config),
            Self::Slim(config) => Kind::Baseline(config),
            Self::SlopeOne(config) => Kind::Baseline(config),
            Self::SparseFc(config) => Kind::Network(config),
            Self::Svd(config) => Kind::Baseline(config),
            Self::UserKnn(config) => Kind::Baseline(config),
            Self::UserMean(config) => Kind::Baseline(config),
            Self::Variational(config) => Kind::Network(config),
        }
    }

    /// The baseline, if it is one.
    pub fn baseline(&self) -> Option<&dyn Baseline> {
        match self.kind() {
            Kind::Network(_) => None,
            Kind::Baseline(baseline) => Some(baseline),
        }
    }

    /// As written in experiments: `ease`.
    pub fn name(&self) -> String {
        let text = serde_json::to_value(self).expect("a configuration that was read can be written");
        let name = text.as_object().and_then(|table| table.keys().next().cloned());
        name.expect("a model is a table with its name")
    }

    /// How many numbers are learned, without building anything.
    pub fn parameter_count(&self, dims: Dims) -> u64 {
        match self.kind() {
            Kind::Network(network) => network.parameter_count(dims),
            Kind::Baseline(baseline) => baseline.size(dims).kept,
        }
    }
}

/// What is asked of layers; a baseline has [none](NoLayers).
impl Deref for ModelConfig {
    type Target = dyn Architecture;

    fn deref(&self) -> &Self::Target {
        match self.kind() {
            Kind::Network(network) => network,
            Kind::Baseline(_) => &NoLayers,
        }
    }
}

/// The architecture of a model that has none.
struct NoLayers;

impl Architecture for NoLayers {
    fn network(&self, _dims: Dims, _generator: &mut Generator, _device: Device) -> Box<dyn Model> {
        unreachable!("a baseline is made by `Learner::start`, which asks what it is")
    }

    fn parameter_count(&self, _dims: Dims) -> u64 {
        0
    }

    fn hidden_widths(&self) -> Vec<i64> {
        Vec::new()
    }

    fn output_activation(&self) -> Activation {
        Activation::Linear
    }

    fn code_activation(&self) -> Activation {
        Activation::Linear
    }
}
