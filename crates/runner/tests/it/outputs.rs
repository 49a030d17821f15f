//! What a finished trial is good for: its network taken up again, codes, probes, pictures.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::Parser;
use hourglass::cli::{self, Cli, Command, Torch};
use hourglass::trained::Trained;
use hourglass_models::{Batch, Mode, forward};
use hourglass_train::evaluate::{Besides, measure, predict};
use tch::{Kind, Tensor};

use crate::sandbox::{Ended, Sandbox, TINY, assert_says, tiny_with};

/// Images of 2 × 2 pixels: three kinds, of which the label is the second.
fn images(sandbox: &Sandbox) {
    let kinds = ["9,0,0,9,0", "0,9,9,0,1", "9,9,9,0,2"];
    let lines: String = (0..60).map(|line| format!("{}\n", kinds[line % 3])).collect();
    fs::write(sandbox.path("images.csv"), lines).unwrap();
}

fn image_experiment() -> String {
    let data = "[data.images]\npath = \"images.csv\"\nlabels = { column = 5 }\n";
    tiny_with("[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15\n", data)
        .replace(
            "[split.random]\ntest = 0.2\nvalidation = 0.2\n",
            "[split.held-out-users]\ntest = 0.2\nfold_in = 0.7\n",
        )
        .replace("epochs = 3\nbatch = 16", "epochs = 60\nbatch = 8\noptimizer = { adam = { lr = 0.03 } }")
}

/// The trial as the command line would name it, by its folder.
fn argument(folder: &Path) -> cli::Trial {
    let line = ["hourglass", "embed", folder.to_str().unwrap(), "--device", "cpu"];
    let Command::Torch(Torch::Embed(embed)) = Cli::parse_from(line).command else { unreachable!() };
    embed.trial
}

fn opened(sandbox: &Sandbox) -> Trained {
    Trained::open(&argument(sandbox.trial(0).folder())).unwrap()
}

#[track_caller]
fn well(ended: Ended) -> String {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout
}

#[test]
fn a_network_taken_up_again_measures_what_was_recorded() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    let trained = opened(&sandbox);
    let task = trained.task().unwrap();
    let parts = [task.learned(), task.validation, trained.prepared.test()];
    let predicted = predict(&task, &trained.model, &parts);
    let recorded = sandbox.record(0);
    let finished = recorded.outcome.finished().unwrap();
    for (place, recorded) in [&finished.train, &finished.validation, &finished.test].into_iter().enumerate() {
        let metrics = task.evaluation.metrics.list();
        let measured = measure(&task, metrics, parts[place], &predicted[place].values, Besides::default());
        for (metric, value) in metrics.iter().zip(measured) {
            assert_eq!(value, recorded[&metric.to_string()], "{metric} of part {place}");
        }
    }
}

#[test]
fn codes_are_those_of_a_forward_pass_by_hand() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    let said = well(sandbox.hourglass(&format!("embed tiny.toml --to {}", sandbox.path("codes.csv").display())));
    assert_says(&said, &["codes of 60 users, 4 units each", "codes.csv"]);

    let trained = opened(&sandbox);
    let inputs = trained.task().unwrap().inputs;
    let mut x = vec![0_f32; 60 * inputs.ratings.columns()];
    for (row, cells) in x.chunks_mut(inputs.ratings.columns()).enumerate() {
        inputs.write_row(row, cells);
    }
    let x = Tensor::from_slice(&x).view([60, -1]);
    let batch =
        Batch { rows: Tensor::arange(60, (Kind::Int64, tch::Device::Cpu)), side: None, groups: None, text: None };
    let expected = forward(trained.network().unwrap(), &x, &batch, &mut Mode::Evaluate).pass.code;

    let table = fs::read_to_string(sandbox.path("codes.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("user,ratings,code_0,code_1,code_2,code_3"));
    for (row, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[0], trained.data.users.ids.name(row as u32));
        assert_eq!(fields[1], inputs.ratings.row(row).len().to_string());
        for (unit, field) in fields[2..].iter().enumerate() {
            let expected = expected.double_value(&[row as i64, unit as i64]);
            assert!((field.parse::<f64>().unwrap() - expected).abs() < 1e-6, "{field} instead of {expected}");
        }
    }
    assert_eq!(table.lines().count(), 61);
    // Without --to, the table lies beside the trial's own files.
    well(sandbox.hourglass(&format!("embed {} --part test", sandbox.trial(0).folder().display())));
    assert_eq!(fs::read(sandbox.trial(0).folder().join("codes.parquet")).unwrap()[..4], *b"PAR1");
}

/// The format that Python's `safetensors` reads: the length of a header, the header, the numbers.
#[test]
fn weights_are_plain_safetensors() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    let bytes = fs::read(sandbox.trial(0).weights()).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    assert_eq!(header["encoder.weight"]["dtype"], "F32");
    assert_eq!(header["encoder.weight"]["shape"], serde_json::json!([40, 4]));
    assert_eq!(header["decoder.bias"]["shape"], serde_json::json!([40]));
    let place = |end: usize| header["encoder.weight"]["data_offsets"][end].as_u64().unwrap() as usize;
    let numbers = &bytes[8 + length..][place(0)..place(1)];
    let first = f32::from_le_bytes(numbers[..4].try_into().unwrap());
    let trained = opened(&sandbox);
    assert_eq!(f64::from(first), trained.network().unwrap().encoder().unwrap().weight.double_value(&[0, 0]));
}

#[test]
fn a_trial_that_cannot_be_taken_up_is_named_with_the_remedy() {
    let sandbox = Sandbox::new(&format!("{TINY}[sweep.grid]\n\"model.autoencoder.layers\" = [[2], [4]]\n"));
    let refused = |arguments: &str, pieces: &[&str]| {
        let ended = sandbox.hourglass(arguments);
        assert_eq!(ended.code, Some(1), "{arguments}");
        assert_says(&ended.stderr, pieces);
    };
    refused("embed tiny.toml", &["tiny has no finished trial in results/tiny", "hourglass run tiny.toml"]);
    refused("embed absent.toml", &["cannot read the experiment file absent.toml"]);
    sandbox.run_well("");
    let [first, second] = [0, 1].map(|position| sandbox.id(position));
    refused("embed tiny.toml", &["several finished trials", "--only ID", first, second, "layers = [4]"]);
    refused("embed tiny.toml --only zz", &["--only zz: not one finished trial's id begins so", first]);
    refused("embed results/tiny", &["results/tiny has several finished trials", "--only ID", first, second]);
    refused(&format!("embed tiny.toml --only {first} --to codes.xlsx"), &["codes.xlsx", ".parquet or as .csv"]);

    let folder = format!("results/tiny/{first}");
    let record = sandbox.path(&format!("{folder}/run.json"));
    let text = fs::read_to_string(&record).unwrap();
    let fingerprint = sandbox.record(0).data.fingerprint;
    fs::write(&record, text.replace(&fingerprint, "0123456789abcdef")).unwrap();
    refused(&format!("embed {folder}"), &["the data has changed", "0123456789abcdef then", &fingerprint]);
    fs::write(&record, text).unwrap();
    let weights = sandbox.path(&format!("{folder}/model.safetensors"));
    fs::copy(sandbox.trial(1).weights(), &weights).unwrap();
    refused(&format!("embed {folder}"), &["model.safetensors: `encoder.weight` is [40, 4], the model needs [40, 2]"]);
    fs::remove_file(&weights).unwrap();
    refused(&format!("embed {folder}"), &["model.safetensors", "delete the trial's folder and run it again"]);
}

#[test]
fn an_unfinished_trial_is_not_taken_up() {
    let sandbox = Sandbox::new(&tiny_with("[train]", "[train]\noptimizer = { sgd = { lr = 1e30 } }"));
    assert_eq!(sandbox.run("").code, Some(3));
    let ended = sandbox.hourglass(&format!("embed results/tiny/{}", sandbox.id(0)));
    assert_says(&ended.stderr, &["is failed, not finished", "hourglass run", "trial.toml"]);
}

#[test]
fn a_probe_tells_what_images_show() {
    let sandbox = Sandbox::new(&image_experiment());
    images(&sandbox);
    sandbox.run_well("");
    let said = well(sandbox.hourglass("probe tiny.toml --attribute label"));
    assert_says(
        &said,
        &["label of ", " users from their ratings, on the 20 %", "code, 4 units", "the most frequent value"],
    );
    assert_says(&said, &["accuracy 1.0000"]);
    assert_eq!(well(sandbox.hourglass("probe tiny.toml --attribute label")), said);
    let said = well(sandbox.hourglass("probe tiny.toml --attribute label --kind number --seed 7"));
    assert_says(&said, &["R² ", "RMSE ", "the mean "]);
    let ended = sandbox.hourglass("probe tiny.toml --attribute age");
    assert_says(&ended.stderr, &["--attribute age: of users of this data, label is known"]);
}

#[test]
fn pictures_lie_beside_the_trial_or_where_they_are_asked_for() {
    let sandbox = Sandbox::new(&image_experiment());
    images(&sandbox);
    sandbox.run_well("");
    let cases = [
        ("draw codes tiny.toml --clusters 3", "codes_map", &["Codes: users by cluster", "cluster 3"][..]),
        ("draw ratings tiny.toml --attribute label", "ratings_map", &["Ratings, zero where missing: users by label"]),
        ("draw weights tiny.toml --input 2", "weights", &["Weights of the first layer", "unit of the first layer"]),
        ("draw reconstructions tiny.toml --images 4", "reconstructions", &["from 4 numbers", "not learned from"]),
    ];
    for (arguments, name, pieces) in cases {
        let said = well(sandbox.hourglass(arguments));
        assert_says(&said, &[&format!("{name}.svg"), &format!("{name}.png")]);
        assert_says(&fs::read_to_string(sandbox.trial(0).folder().join(format!("{name}.svg"))).unwrap(), pieces);
        assert!(sandbox.trial(0).folder().join(format!("{name}.png")).exists());
        well(sandbox.hourglass(&format!("{arguments} --to pictures/{name}.png")));
        assert!(sandbox.path(&format!("pictures/{name}.svg")).exists(), "{name}");
    }
    let map = fs::read_to_string(sandbox.trial(0).folder().join("ratings_map.csv")).unwrap();
    assert_eq!(map.lines().next(), Some("user,pc1,pc2,cluster,label"));
    assert!(map.lines().count() > 40, "{map}");
    let ended = sandbox.hourglass("draw weights tiny.toml --input 5");
    assert_says(&ended.stderr, &["--input 5: no column", "1, 2, 3, 4"]);
    let ended = sandbox.hourglass("draw reconstructions tiny.toml --width 3");
    assert_says(&ended.stderr, &["an image of 4 pixels has no lines of 3", "--width N"]);
}

/// The pixels of a drawing by line and column, from white, 0, to black, 1.
fn drawn_pixels(svg: &str) -> Vec<f64> {
    let attribute = |shape: &str, name: &str| -> String {
        let from = shape.split_once(&format!(" {name}=\"")).unwrap().1;
        from.split_once('"').unwrap().0.to_owned()
    };
    let number = |shape: &str, name: &str| attribute(shape, name).parse::<f64>().unwrap();
    let shapes = svg.lines().filter(|line| line.starts_with("<rect ")).map(|shape| {
        let red = f64::from(u8::from_str_radix(&attribute(shape, "fill")[1..3], 16).unwrap());
        (["y", "x", "width", "height"].map(|name| number(shape, name)), red)
    });
    let shapes: Vec<_> = shapes.collect();
    let side = shapes.iter().map(|([.., height], _)| *height).fold(f64::INFINITY, f64::min);
    // Neighbours of the same shade are one shape; the ground of the drawing is none of them.
    let pixels = shapes.iter().filter(|([.., height], _)| *height == side);
    let mut pixels: Vec<_> = pixels
        .flat_map(|&([y, x, width, _], red)| {
            (0..(width / side).round() as usize).map(move |place| ((y, x + place as f64 * side), red))
        })
        .collect();
    pixels.sort_by(|left, right| left.0.partial_cmp(&right.0).unwrap());
    let [darkest, palest] = [f64::min, f64::max].map(|of| pixels.iter().map(|pixel| pixel.1).reduce(of).unwrap());
    pixels.iter().map(|pixel| (palest - pixel.1) / (palest - darkest)).collect()
}

/// What evaluation predicts for a training image of each label, from white, 0, to black, 1.
fn predicted_pixels(trained: &Trained) -> BTreeMap<String, Vec<f64>> {
    let task = trained.task().unwrap();
    let predicted = predict(&task, &trained.model, &[task.learned()]).remove(0).values;
    let labels = &trained.rows().attributes[0].values;
    let images = predicted.chunks(4).zip(task.inputs.ratings.entries().step_by(4));
    let shade = |&number: &f32| f64::from(task.scale.clip(task.rating(number))) / 9.0;
    images.map(|(image, (row, ..))| (labels[row as usize].clone(), image.iter().map(shade).collect())).collect()
}

/// Half a step between shades, and what is lost when they become colours.
const SHADE: f64 = 0.5 / 63.0 + 0.5 / 200.0;

#[test]
fn reconstructions_show_what_evaluation_predicts_and_look_like_their_originals() {
    let data = Sandbox::new(TINY);
    images(&data);
    let with = |input: &str| {
        image_experiment()
            .replace("images.csv", data.path("images.csv").to_str().unwrap())
            .replace("rows = \"users\"", &format!("rows = \"users\"\n{input}"))
            .replace("epochs = 60", "epochs = 400")
    };
    let in_groups = |groups: &str| with(groups).replace("[model.autoencoder]", "[model.groups]");
    for (name, experiment) in [
        ("as they are", with("")),
        ("from 0 to 1", with("range = [0, 1]")),
        ("from -1 to 1", with("range = [-1, 1]")),
        ("of length 1", with("scale = \"unit-norm\"")),
        ("over means", with("fill = \"item-mean\"")),
        ("probabilities", with("range = [0, 1]\n[objective.bce-with-logits]")),
        ("by label", in_groups("groups = { attribute = \"label\" }")),
        ("by 2 clusters of 3 kinds", in_groups("groups = { clusters = { count = 2 } }")),
        ("by 8 clusters of 3 kinds", in_groups("groups = { clusters = { count = 8 } }")),
        ("by clusters, from -1 to 1", in_groups("groups = { clusters = { count = 3 } }\nrange = [-1, 1]")),
    ] {
        // What is best at pixels that it is not shown may be an epoch at which whole images look like nothing yet.
        for selection in ["best", "last"] {
            let sandbox = Sandbox::new(&format!("{experiment}selection = \"{selection}\"\n"));
            sandbox.run_well("");
            well(sandbox.hourglass("draw reconstructions tiny.toml --images 6"));
            let svg = fs::read_to_string(sandbox.trial(0).folder().join("reconstructions.svg")).unwrap();
            let trained = opened(&sandbox);
            let finished = trained.record.outcome.finished().unwrap();
            assert_says(&svg, &[&format!("epoch {} of 400", finished.selected_epoch)]);
            let pixels = drawn_pixels(&svg);
            assert_eq!(pixels.len(), 2 * 6 * 4, "{name}");
            // Of each image: the pixels of its line of pictures come line by line.
            let image = |row: usize, place: usize| [0, 1, 12, 13].map(|pixel| pixels[row * 24 + place * 2 + pixel]);
            let expected = predicted_pixels(&trained);
            for place in 0..6 {
                let (original, shown) = (image(0, place), image(1, place));
                let label = match original {
                    [1.0, 0.0, 0.0, 1.0] => "0",
                    [0.0, 1.0, 1.0, 0.0] => "1",
                    [1.0, 1.0, 1.0, 0.0] => "2",
                    other => panic!("{name}: {other:?} is none of the images"),
                };
                for (shown, expected) in shown.iter().zip(&expected[label]) {
                    assert!((shown - expected).abs() < SHADE, "{name}, {selection}, {label}: {shown} for {expected}");
                }
                // Each kind is a fifth or more of the training images: a pixel of it is off by no more than this.
                let most = 20_f64.sqrt() * finished.train["rmse"].unwrap() / 9.0 + SHADE;
                assert!(selection == "best" || most < 0.05, "{name}: {most}");
                for (original, shown) in original.iter().zip(shown) {
                    assert!((original - shown).abs() < most, "{name}, {selection}, {label}: {shown} for {original}");
                }
            }
        }
    }
}

#[test]
fn a_network_that_reads_classes_has_a_line_of_weights_for_each_value() {
    let machine = image_experiment()
        .replace("[model.autoencoder]\nlayers = [4]", "[model.rbm]\nhidden = 4\n[objective.contrastive-divergence]")
        .replace("optimizer = { adam = { lr = 0.03 } }", "");
    for input in ["", "range = [0, 1]"] {
        let sandbox = Sandbox::new(&machine.replace("rows = \"users\"", &format!("rows = \"users\"\n{input}")));
        images(&sandbox);
        sandbox.run_well("");
        well(sandbox.hourglass("draw weights tiny.toml --input 2"));
        let svg = fs::read_to_string(sandbox.trial(0).folder().join("weights.svg")).unwrap();
        // The values of the pixels, whatever they are mapped to.
        assert_says(&svg, &["2 = 0", "2 = 9"]);
        assert_eq!(svg.matches("2 = ").count(), 2);
    }
}

#[test]
fn only_images_have_reconstructions_to_look_at() {
    let sandbox = Sandbox::new(TINY);
    sandbox.run_well("");
    let ended = sandbox.hourglass("draw reconstructions tiny.toml");
    assert_eq!(ended.code, Some(1));
    assert_says(&ended.stderr, &["reconstructions are drawn of images", "[data.images]"]);
}
