//! The one list of models.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::{
    Architecture, autoencoder, cdae, cfn, convolutional, groups, multi_source, rbm, rec_vae, sparse_fc, variational,
};

/// Which model, as written in an experiment: `[model.autoencoder]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelConfig {
    /// Any stack of fully connected layers, narrow or wide in the middle.
    Autoencoder(autoencoder::Config),
    /// One hidden layer, and a vector for each row.
    Cdae(cdae::Config),
    /// Side information in every layer.
    Cfn(cfn::Config),
    /// Convolutions of images, and pooling that remembers places.
    Convolutional(convolutional::Config),
    /// One autoencoder for each group of rows.
    Groups(groups::Config),
    /// Ratings, side information, texts and images, each through layers of its own, to one code.
    MultiSource(multi_source::Config),
    /// A restricted Boltzmann machine.
    Rbm(rbm::Config),
    /// A variational autoencoder with a composite prior (RecVAE).
    RecVae(rec_vae::Config),
    /// An autoencoder whose weights are cut by a kernel of learned places of the units (SparseFC).
    SparseFc(sparse_fc::Config),
    /// A code that is drawn from a normal distribution (VAE, Mult-VAE).
    Variational(variational::Config),
}

impl Deref for ModelConfig {
    type Target = dyn Architecture;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Autoencoder(config) => config,
            Self::Cdae(config) => config,
            Self::Cfn(config) => config,
            Self::Convolutional(config) => config,
            Self::Groups(config) => config,
            Self::MultiSource(config) => config,
            Self::Rbm(config) => config,
            Self::RecVae(config) => config,
            Self::SparseFc(config) => config,
            Self::Variational(config) => config,
        }
    }
}
