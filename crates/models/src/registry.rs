//! The one list of models.

use serde::{Deserialize, Serialize};
use tch::Device;

use crate::{
    Activation, Dims, Generator, Model, Normalisation, OutputRange, autoencoder, cdae, cfn, convolutional, groups, rbm,
    rec_vae, sparse_fc, variational,
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
    /// A restricted Boltzmann machine.
    Rbm(rbm::Config),
    /// A variational autoencoder with a composite prior (RecVAE).
    RecVae(rec_vae::Config),
    /// An autoencoder whose weights are cut by a kernel of learned places of the units (SparseFC).
    SparseFc(sparse_fc::Config),
    /// A code that is drawn from a normal distribution (VAE, Mult-VAE).
    Variational(variational::Config),
}

impl ModelConfig {
    /// Makes the network with fresh weights.
    pub fn build(&self, dims: Dims, generator: &mut Generator, device: Device) -> Box<dyn Model> {
        match self {
            Self::Autoencoder(config) => Box::new(config.build(dims, generator, device)),
            Self::Cdae(config) => Box::new(config.build(dims, generator, device)),
            Self::Cfn(config) => Box::new(config.build(dims, generator, device)),
            Self::Convolutional(config) => Box::new(config.build(dims, generator, device)),
            Self::Groups(config) => Box::new(config.build(dims, generator, device)),
            Self::Rbm(config) => Box::new(config.build(dims, generator, device)),
            Self::RecVae(config) => Box::new(config.build(dims, generator, device)),
            Self::SparseFc(config) => Box::new(config.build(dims, generator, device)),
            Self::Variational(config) => Box::new(config.build(dims, generator, device)),
        }
    }

    /// How many numbers are trained, without building anything.
    pub fn parameter_count(&self, dims: Dims) -> u64 {
        match self {
            Self::Autoencoder(config) => config.parameter_count(dims),
            Self::Cdae(config) => config.parameter_count(dims),
            Self::Cfn(config) => config.parameter_count(dims),
            Self::Convolutional(config) => config.parameter_count(),
            Self::Groups(config) => config.parameter_count(dims),
            Self::Rbm(config) => config.parameter_count(dims),
            Self::RecVae(config) => config.parameter_count(dims),
            Self::SparseFc(config) => config.parameter_count(dims),
            Self::Variational(config) => config.parameter_count(dims),
        }
    }

    /// Whether the network can be built for these sizes.
    ///
    /// # Errors
    /// Names the key, why it does not fit, and what would.
    pub fn check(&self, dims: Dims) -> Result<(), String> {
        if dims.groups > 0 && !matches!(self, Self::Groups(_)) {
            return Err(
                "input.groups is read by [model.groups] alone; use that model, or leave input.groups out".to_owned()
            );
        }
        match self {
            Self::Autoencoder(config) => config.check(dims),
            Self::Cdae(config) => config.check(),
            Self::Cfn(config) => config.check(dims),
            Self::Convolutional(config) => config.check(dims),
            Self::Groups(config) => config.check(dims),
            Self::Rbm(config) => config.check(),
            Self::RecVae(_) | Self::SparseFc(_) => Ok(()),
            Self::Variational(config) => config.check(),
        }
    }

    /// Whether the network has a first and a last layer whose weights are parameters as they are, not computed from others: then
    /// an engine may change these weights a row at a time.
    pub fn has_plain_boundaries(&self) -> bool {
        match self {
            Self::Autoencoder(config) => !config.tied_weights,
            Self::Cdae(_) | Self::Cfn(_) | Self::Variational(_) => true,
            Self::Convolutional(_) | Self::Groups(_) | Self::Rbm(_) | Self::RecVae(_) | Self::SparseFc(_) => false,
        }
    }

    /// What the network itself adds to the objective, by name, as in [`Pass::terms`](crate::Pass::terms).
    pub fn terms(&self) -> Vec<&'static str> {
        match self {
            Self::Autoencoder(_)
            | Self::Cdae(_)
            | Self::Cfn(_)
            | Self::Convolutional(_)
            | Self::Groups(_)
            | Self::Rbm(_) => Vec::new(),
            Self::RecVae(_) | Self::Variational(_) => vec!["kl"],
            Self::SparseFc(_) => vec!["weights", "kernel"],
        }
    }

    /// Whether the network reads, and gives, a cell for each value that a rating can have, not one for the rating.
    pub fn reads_classes(&self) -> bool {
        matches!(self, Self::Rbm(_))
    }

    /// What the network applies to its outputs.
    pub fn output_activation(&self) -> Activation {
        match self {
            Self::Autoencoder(config) | Self::Groups(groups::Config(config)) => config.output_activation,
            Self::Cdae(config) => config.output_activation,
            Self::Cfn(config) => config.output_activation,
            Self::Convolutional(config) => config.output_activation,
            Self::Rbm(_) | Self::RecVae(_) => Activation::Linear,
            Self::SparseFc(config) => config.output_activation,
            Self::Variational(config) => config.output_activation,
        }
    }

    /// The range that outputs are stretched to, where there is one.
    pub fn output_range(&self) -> Option<OutputRange> {
        match self {
            Self::Autoencoder(config) | Self::Groups(groups::Config(config)) => config.output_range,
            Self::Variational(config) => config.output_range,
            _ => None,
        }
    }

    /// Whether training makes what becomes of a row depend on the others of its batch.
    pub fn mixes_rows(&self) -> bool {
        match self {
            Self::Autoencoder(config) | Self::Groups(groups::Config(config)) => {
                config.normalisation == Some(Normalisation::Batch)
            }
            _ => false,
        }
    }

    /// What the network applies to its code.
    pub fn code_activation(&self) -> Activation {
        match self {
            Self::Autoencoder(config) | Self::Groups(groups::Config(config)) => {
                config.code_activation.unwrap_or(config.activation)
            }
            Self::Cdae(config) => config.activation,
            Self::Cfn(config) => config.activation,
            Self::Convolutional(config) => config.activation,
            Self::Rbm(_) => Activation::Sigmoid,
            Self::RecVae(_) | Self::Variational(_) => Activation::Linear,
            Self::SparseFc(config) => config.activation,
        }
    }

    /// The widths of the hidden layers, in order: what a forward pass keeps in memory a row.
    pub fn hidden_widths(&self) -> Vec<i64> {
        match self {
            Self::Autoencoder(config) | Self::Groups(groups::Config(config)) => config.layers.widths().to_vec(),
            Self::Cdae(config) => config.layers.widths().to_vec(),
            Self::Cfn(config) => config.layers.widths().to_vec(),
            Self::Convolutional(config) => config.channels.clone(),
            Self::Rbm(config) => vec![config.hidden],
            Self::RecVae(config) => config.hidden_widths(),
            Self::SparseFc(config) => config.layers.list().to_vec(),
            Self::Variational(config) => config.layers.widths().to_vec(),
        }
    }
}
