//! From a trial's setting to what training is given: load, split, fit the fill, encode side information.

use anyhow::{Context, Result, anyhow, ensure};
use hourglass_data::{Csr, Interactions, SideInfo, SourceConfig, Split, SplitConfig};
use hourglass_train::inputs::held_out;
use hourglass_train::{Inputs, Task};
use tch::Device;

use crate::spec::Spec;

/// Loaded and split ratings, kept while trials ask for the same.
#[derive(Default)]
pub struct DataCache {
    last: Option<Data>,
}

/// Ratings, and which of them are held out.
pub struct Data {
    source: SourceConfig,
    split_config: SplitConfig,
    /// As loaded.
    pub interactions: Interactions,
    /// Its three parts.
    pub split: Split,
    /// Names the ratings.
    pub fingerprint: String,
    /// Names the parts.
    pub split_fingerprint: String,
}

impl DataCache {
    /// The data of this setting.
    ///
    /// # Errors
    /// When it cannot be read or split.
    pub fn load(&mut self, config: &Spec) -> Result<&Data> {
        let fits = |data: &Data| data.source == config.data && data.split_config == config.split;
        let kept = self.last.take().filter(fits);
        let data = match kept {
            Some(data) => data,
            None => Data::load(config)?,
        };
        Ok(self.last.insert(data))
    }
}

impl Data {
    fn load(config: &Spec) -> Result<Self> {
        let interactions = config.data.load().context("cannot load the data")?;
        let split = config.split.split(&interactions).context("cannot split the data")?;
        let fingerprint = interactions.fingerprint();
        let split_fingerprint = split.fingerprint();
        let (source, split_config) = (config.data.clone(), config.split.clone());
        Ok(Self { source, split_config, interactions, split, fingerprint, split_fingerprint })
    }
}

/// What a training borrows, laid out in rows as the trial asks.
pub struct Prepared {
    inputs: Inputs,
    /// `[rows, columns]`.
    validation: Csr,
}

impl Prepared {
    /// Fits fill and side information on the training part.
    ///
    /// # Errors
    /// When side information is asked for that is not there, or that a row of items cannot have.
    pub fn new(config: &Spec, data: &Data) -> Result<Self> {
        let input = &config.input;
        let users = input.rows == hourglass_data::Axis::Users;
        ensure!(
            users || input.side_info.users.is_empty(),
            "input.side_info.users describes users, but input.rows = \"items\"; use rows = \"users\", or leave it out"
        );
        let fill = input.fill.fit(&data.split.train);
        let side: SideInfo = input.side_info.encode(&data.interactions).map_err(|error| anyhow!("input.{error}"))?;
        Ok(Self {
            inputs: Inputs::new(&data.split.train, fill, &side, input.rows),
            validation: held_out(&data.split.validation, input.rows),
        })
    }

    /// The training of a trial.
    pub fn task<'a>(&'a self, config: &'a Spec, data: &Data, device: Device) -> Task<'a> {
        Task {
            inputs: &self.inputs,
            validation: &self.validation,
            rows: config.input.rows,
            scale: data.interactions.scale,
            model: &config.model,
            noise: &config.input.noise,
            objective: &config.objective,
            train: &config.train,
            evaluation: &config.evaluation,
            seed: u64::from(config.seeds.list()[0]),
            device,
        }
    }
}
