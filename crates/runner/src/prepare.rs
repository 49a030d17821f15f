//! From a trial's setting to what training is given: load, split, fit the fill, encode side information.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use hourglass_data::{
    Axis, Catalogue, Csr, Dataset, FittedFill, FittedGroups, HeldOut, RatingsConfig, Scale, SourceConfig, SplitConfig,
    Texts, Times,
};
use hourglass_report::DataRecord;
use hourglass_train::baseline::Baseline;
use hourglass_train::inputs::{self, RowScale, held_out, rescale};
use hourglass_train::{Context as Known, Inputs, Levels, OfMembers, Task};
use tch::Device;

use crate::blend::ByMembers;
use crate::recommend::About;
use crate::spec::{InputConfig, Spec};
use crate::trial_record::data_record;

/// Prepared data: the last one in memory, and all of them in a folder.
pub struct DataCache {
    folder: PathBuf,
    last: Option<(Settings, Dataset)>,
    /// What records say of all that was looked at.
    records: Vec<(Settings, DataRecord)>,
}

/// What a data set comes from.
type Settings = (SourceConfig, RatingsConfig, SplitConfig);

impl DataCache {
    /// Keeps prepared data beside the results.
    pub fn beside(results: &Path) -> Self {
        Self { folder: results.join(".prepared"), last: None, records: Vec::new() }
    }

    /// The data of this setting.
    ///
    /// # Errors
    /// When it cannot be read or split.
    pub fn load(&mut self, config: &Spec) -> Result<&Dataset> {
        let settings = settings(config);
        let kept = self.last.take().filter(|(made_of, _)| *made_of == settings);
        let kept = match kept {
            Some(kept) => kept,
            None => {
                let (data, ratings, split) = &settings;
                let dataset = Dataset::cached(data, ratings, split, &self.folder).context("cannot prepare the data")?;
                (settings, dataset)
            }
        };
        Ok(&self.last.insert(kept).1)
    }

    /// What a record says of the data of this setting. It is looked at once: trials share it, and many of them are asked whether
    /// theirs is still the same.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn record(&mut self, config: &Spec) -> Result<DataRecord> {
        let settings = settings(config);
        if let Some((_, known)) = self.records.iter().find(|(made_of, _)| *made_of == settings) {
            return Ok(known.clone());
        }
        let record = data_record(self.load(config)?);
        self.records.push((settings, record.clone()));
        Ok(record)
    }
}

fn settings(config: &Spec) -> Settings {
    (config.data.clone(), config.ratings.clone(), config.split.clone())
}

/// What a training borrows, laid out in rows as the trial asks.
pub struct Prepared {
    layout: Layout,
    inputs: Inputs,
    validation: Asked,
    test: Asked,
    levels: Levels,
    learned_by_members: Vec<Vec<f32>>,
    weights_of_members: Option<Vec<f32>>,
    /// When ratings were given, where the model reads that.
    times: Option<Times>,
    /// Of each item `[items, width]`, where the model compares items by it.
    items: Option<Csr>,
}

/// Ratings that are asked for `[rows, columns]`, and what is shown when they are, if that is not the training part.
struct Asked {
    shown: Option<Inputs>,
    ratings: Csr,
    /// What members of a blend predict for them.
    by_members: Vec<Vec<f32>>,
}

/// How ratings become rows of network input: fitted on the training part, and the same for whatever is shown later.
struct Layout {
    rows: Axis,
    /// The scale of the data.
    from: Scale,
    /// What it is mapped to, if it is.
    to: Option<Scale>,
    fill: FittedFill,
    scale: RowScale,
    /// Of each row `[rows, width]`.
    side: Csr,
    groups: Option<FittedGroups>,
    /// Of each row.
    texts: Option<Texts>,
}

impl Layout {
    fn shown(&self, ratings: &Csr) -> Inputs {
        let ratings = in_range(ratings, self.from, self.to);
        self.inputs(&ratings, self.fill.shown(&ratings))
    }

    /// Ratings that are in the range already, and their fill.
    fn inputs(&self, ratings: &Csr, fill: FittedFill) -> Inputs {
        let inputs =
            Inputs::new(ratings, fill, &self.side, self.rows).scaled(self.scale).with_texts(self.texts.clone());
        match &self.groups {
            None => inputs,
            Some(groups) => inputs.grouped(groups),
        }
    }

    /// Ratings `[rows, items]` that the same user may have given, each row of them.
    fn shown_as(&self, ratings: &Csr, about: &About) -> Inputs {
        let ratings = in_range(ratings, self.from, self.to);
        let rows = ratings.rows();
        let side = about.side_of_rows(rows, self.side.columns());
        let inputs = Inputs::new(&ratings, self.fill.shown(&ratings), &side, self.rows)
            .scaled(self.scale)
            .with_texts(self.texts.as_ref().map(|texts| about.texts_of_rows(rows, texts)))
            .numbered(vec![about.number.map_or(-1, i64::from); rows]);
        match (&self.groups, about.group) {
            (None, _) => inputs,
            (Some(FittedGroups::Fixed { count, .. }), Some(group)) => {
                inputs.grouped(&FittedGroups::Fixed { of_row: vec![group; rows], count: *count })
            }
            (Some(groups), _) => inputs.grouped(groups),
        }
    }

    fn asked(&self, part: &HeldOut) -> Asked {
        Asked {
            shown: part.fold_in.as_ref().map(|fold_in| self.shown(fold_in)),
            ratings: held_out(&in_range(&part.ratings, self.from, self.to), self.rows),
            by_members: Vec::new(),
        }
    }
}

impl Prepared {
    /// Fits fill and side information on the training part.
    ///
    /// # Errors
    /// When side information is asked for that is not there, or that a row of the input cannot have.
    pub fn new(config: &Spec, data: &Dataset) -> Result<Self> {
        let input = &config.input;
        let users = input.rows == Axis::Users;
        ensure!(
            users || input.side_info.users.is_empty(),
            "input.side_info.users describes users, but input.rows = \"items\"; use rows = \"users\", or leave it out"
        );
        ensure!(
            !users || input.side_info.items.is_empty() || config.model.baseline().is_some_and(Baseline::reads_items),
            "input.side_info.items describes items, but input.rows = \"users\"; use rows = \"items\", or leave it out \
             (model.linear-variational.alike compares items by it)"
        );
        let split = &data.split;
        ensure!(
            users || ![&split.validation, &split.test].iter().any(|part| asks_for_new_users(part, &split.train)),
            "split holds users out whom the model has not learned from, but input.rows = \"items\" learns weights for each \
             user; use rows = \"users\", or another split"
        );
        ensure!(
            config.model.baseline().is_none_or(Baseline::folds_in)
                || ![&split.validation, &split.test].iter().any(|part| asks_for_new_users(part, &split.train)),
            "split holds users out whom model.{} has learned nothing of; use a model that folds users in, for example \
             model.als, or another split",
            config.model.name(),
        );
        let train = in_range(&split.train, data.scale, input.range);
        let side = input.side_info.encode(&data.users, &data.items, &split.train);
        let side = side.map_err(|error| anyhow!("input.{error}"))?;
        let (side, items) =
            if users { (side.users.matrix, Some(side.items.matrix)) } else { (side.items.matrix, None) };
        let items = items.filter(|items| items.columns() > 0);
        let times = config.model.baseline().and_then(Baseline::needs_times);
        let times = times.map(|key| Times::load(&config.data, &config.ratings, key)).transpose()?;
        let rows = if users { &data.users } else { &data.items };
        let groups = match &input.groups {
            None => None,
            Some(groups) => Some(groups.fit(rows, &held_out(&train, input.rows))?),
        };
        let texts = texts(input, data, &train)?;
        let fill = input.fill.fit(&train);
        let (from, to, scale) = (data.scale, input.range, input.scale);
        let layout = Layout { rows: input.rows, from, to, fill, scale, side, groups, texts };
        let inputs = layout.inputs(&train, layout.fill.clone());
        let [validation, test] = [&split.validation, &split.test].map(|part| layout.asked(part));
        let levels = Levels::of(&train);
        let (learned_by_members, weights_of_members) = (Vec::new(), None);
        Ok(Self { layout, inputs, validation, test, levels, learned_by_members, weights_of_members, times, items })
    }

    /// The same for a blend, with what its members predict.
    #[must_use]
    pub fn with_members(self, by_members: ByMembers) -> Self {
        let ByMembers { train, validation, test, weights } = by_members;
        Self {
            learned_by_members: train,
            weights_of_members: weights,
            validation: Asked { by_members: validation, ..self.validation },
            test: Asked { by_members: test, ..self.test },
            ..self
        }
    }

    /// These ratings `[users, items]`, on the scale of the data, as the network is shown them in place of the training part.
    pub fn shown(&self, ratings: &Csr) -> Inputs {
        self.layout.shown(ratings)
    }

    /// Ratings `[rows, items]` on the scale of the data, each row as one that the network is shown of the same user.
    pub fn shown_as(&self, ratings: &Csr, about: &About) -> Inputs {
        self.layout.shown_as(ratings, about)
    }

    /// What is known of a row of what the network is shown besides its ratings.
    pub fn about_row(&self, shown: &Inputs, row: u32) -> About {
        About::row(shown, self.layout.groups.as_ref(), row)
    }

    /// The training of a trial.
    ///
    /// # Errors
    /// When parts of the setting do not go together.
    pub fn task<'a>(&'a self, config: &'a Spec, data: &Dataset, device: Device) -> Result<Task<'a>> {
        // The processor computes baselines, wherever networks are.
        let device = if config.model.baseline().is_some() { Device::Cpu } else { device };
        let task = Task {
            inputs: &self.inputs,
            members: OfMembers { learned: &self.learned_by_members, weights: self.weights_of_members.as_deref() },
            context: Known { times: self.times.as_ref(), columns: self.items.as_ref() },
            validation: self.asked(&self.validation),
            rows: config.input.rows,
            scale: data.scale,
            levels: &self.levels,
            range: config.input.range,
            model: &config.model,
            noise: &config.input.noise,
            target: config.input.target,
            objective: &config.objective,
            penalty: &config.penalty,
            train: &config.train,
            evaluation: &config.evaluation,
            seed: u64::from(config.seeds.list()[0]),
            device,
        };
        hourglass_train::check(&task)?;
        Ok(task)
    }

    /// The bytes of the ratings of all parts, and of what was made of them; what the two share counts once.
    pub fn heap_bytes(&self, data: &Dataset) -> u64 {
        let split = &data.split;
        let parts = [&split.validation, &split.test];
        let fold_ins = parts.iter().filter_map(|part| part.fold_in.as_ref());
        let own: Vec<&Csr> =
            [&split.train].into_iter().chain(parts.iter().map(|part| &part.ratings)).chain(fold_ins).collect();
        let shown = [&self.validation, &self.test].map(|asked| asked.shown.as_ref());
        let inputs = [Some(&self.inputs)].into_iter().chain(shown).flatten();
        let laid_out = inputs.flat_map(|inputs| [Some(&inputs.ratings), inputs.side.as_ref()]).flatten();
        let laid_out = laid_out.chain([&self.validation.ratings, &self.test.ratings]);
        let besides = self.times.as_ref().map_or(0, Times::heap_bytes) + self.items.as_ref().map_or(0, Csr::heap_bytes);
        let made = laid_out.filter(|matrix| !own.iter().any(|of_split| of_split.shares_memory(matrix)));
        own.iter().copied().chain(made).map(|matrix| matrix.heap_bytes() as u64).sum::<u64>() + besides as u64
    }

    /// The test ratings: opened once, after every choice is made.
    pub fn test(&self) -> inputs::HeldOut<'_> {
        self.asked(&self.test)
    }

    fn asked<'a>(&'a self, asked: &'a Asked) -> inputs::HeldOut<'a> {
        inputs::HeldOut {
            inputs: asked.shown.as_ref().unwrap_or(&self.inputs),
            ratings: &asked.ratings,
            by_members: &asked.by_members,
        }
    }
}

/// The texts that are asked for, with the vocabulary of this training part `[users, items]`.
fn texts(input: &InputConfig, data: &Dataset, train: &Csr) -> Result<Option<Texts>> {
    let Some(text) = &input.text else { return Ok(None) };
    let (rows, columns) = match input.rows {
        Axis::Users => ((&data.users, "users"), (&data.items, "items")),
        Axis::Items => ((&data.items, "items"), (&data.users, "users")),
    };
    let knows = |catalogue: &Catalogue| catalogue.attributes.iter().any(|known| known.name == text.attribute);
    ensure!(
        knows(rows.0) || !knows(columns.0),
        "input.text.attribute = {:?} is known of {columns}, but input.rows = {rows:?}; use rows = {columns:?}, or name an attribute of \
         {rows}",
        text.attribute,
        rows = rows.1,
        columns = columns.1,
    );
    Ok(Some(text.read(rows.0, &held_out(train, input.rows))?))
}

/// Whether some user is shown who has no training ratings.
fn asks_for_new_users(part: &HeldOut, train: &Csr) -> bool {
    let new = |shown: &Csr| (0..shown.rows()).any(|user| !shown.row(user).is_empty() && train.row(user).is_empty());
    part.fold_in.as_ref().is_some_and(new)
}

/// The same ratings with their scale mapped to a range, if there is one.
fn in_range(ratings: &Csr, scale: Scale, range: Option<Scale>) -> Cow<'_, Csr> {
    let Some(range) = range else { return Cow::Borrowed(ratings) };
    let entries = ratings.entries().map(|(row, column, rating)| (row, column, rescale(rating, scale, range)));
    Cow::Owned(Csr::from_entries(ratings.rows(), ratings.columns(), entries))
}
