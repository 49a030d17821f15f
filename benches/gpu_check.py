"""Whether a GPU gives what the CPU gives, and how fast: `python gpu_check.py [--binary PATH] [--second cuda]`.

For a machine with a GPU, a Python that has PyTorch 2.11 (whose libraries the program runs on), and a built `hourglass-torch`;
without cargo. The same small experiments are trained on both devices, and every number of their last epoch and of their test is
compared. Where MovieLens-1M is, the deep autoencoder is trained too, and timed against plain PyTorch (`torch/deepae.py`).
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent

# In single precision; a device sums in another order.
TOLERANCE = 1e-4

COMMON = """
seeds = [1]

[data.synthetic]
users = 600
items = 150
ratings_per_user = 30

[split.random]
test = 0.1
validation = 0.1
"""

TRAIN = """
[train]
epochs = 10
batch = 64
monitor = "validation.loss"
"""

EXPERIMENTS = {
    "autorec": '[model.autoencoder]\nlayers = [50]\n[input]\nrows = "items"\nfill = "user-mean"\n[penalty.l2]\nweight = 1e-4',
    "deep": (
        '[model.autoencoder]\nlayers = [64, 16, 64]\nactivation = "selu"\ndropout = 0.5\nnormalisation = "layer"\n'
        '[input]\nrows = "users"\nfill = "item-mean"\nnoise = [{ dropout = { rate = 0.2 } }]'
    ),
    "static-noise": (
        '[model.autoencoder]\nlayers = [32]\ntied_weights = true\n'
        '[input]\nrows = "users"\nnoise = [{ gaussian = { std = 0.4, on = "all", draw = "once" } }]'
    ),
    "k-sparse": '[model.autoencoder]\nlayers = [64]\nk_sparse = 8\n[input]\nrows = "users"\n[penalty.contractive]\nweight = 0.01',
    "cdae": '[model.cdae]\nlayers = [32]\n[input]\nrows = "users"\n[objective.full-mse]',
    "sparse-fc": '[model.sparse-fc]\nlayers = [32]\n[input]\nrows = "items"',
    "rbm": '[ratings]\ncast = "integer"\n[model.rbm]\nhidden = 32\n[input]\nrows = "users"\n[objective.cross-entropy]',
    "mult-vae": (
        '[ratings]\nimplicit = { above = 3.5 }\n[model.variational]\nlayers = [64, 16, 64]\n'
        '[input]\nrows = "users"\nscale = "unit-norm"\nnoise = [{ dropout = { rate = 0.5 } }]\n[objective.multinomial]'
    ),
}

DEEP = """
name = "deep-ml-1m"
seeds = [1]

[data.movielens]
path = "{folder}"

[split.random]
test = 0.1
validation = 0.1
stratify = "user"

[model.autoencoder]
layers = [256, 512, 256]
activation = "selu"
output_activation = "selu"
dropout = 0.8

[input]
rows = "users"

[penalty.l2]
weight = 0.001

[train]
epochs = {epochs}
batch = 256
optimizer = {{ adam = {{ lr = 1e-4, epsilon = 1e-7 }} }}
selection = "last"
precision = "{precision}"

[evaluation]
metrics = ["rmse"]
"""


class Trained:
    """What a training has left: the numbers of its last epoch and of its test, and its seconds."""

    def __init__(self, folder, seconds):
        (record,) = folder.glob("*/run.json")
        self.seconds = seconds
        test = json.loads(record.read_text())["outcome"]["finished"]["test"]
        with open(record.parent / "epochs.csv") as rows:
            last = list(csv.DictReader(rows))[-1]
        self.numbers = {name: float(value) for name, value in last.items() if value}
        self.numbers |= {f"test.{name}": value for name, value in test.items()}
        with open(record.parent / "timing.csv") as rows:
            timing = [float(row["seconds"]) for row in csv.DictReader(rows)]
        self.epoch = statistics.median(timing)

    def difference(self, other):
        """The largest one, relative to numbers above 1, and where it is."""
        if self.numbers.keys() != other.numbers.keys():
            return float("inf"), "other columns"
        differences = ((abs(value - other.numbers[name]) / max(1.0, abs(value)), name) for name, value in self.numbers.items())
        largest, name = max(differences)
        return largest, name if largest > 0 else ""


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, Path(folder)
        libraries = Path(torch.__file__).parent / "lib"
        known = os.environ.get("LD_LIBRARY_PATH")
        self.environment = os.environ | {"LD_LIBRARY_PATH": f"{libraries}:{known}" if known else str(libraries)}

    def train(self, name, text, device):
        file = self.folder / f"{name}.toml"
        file.write_text(text)
        results = self.folder / f"{name}-{device.replace(':', '-')}-{len(list(self.folder.iterdir()))}"
        since = time.perf_counter()
        command = [self.binary, "run", file, "--results", results, "--device", device]
        ended = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if ended.returncode != 0:
            raise SystemExit(f"{name} on {device} failed:\n{ended.stdout}{ended.stderr}")
        (experiment,) = (path for path in results.iterdir() if not path.name.startswith("."))
        return Trained(experiment, time.perf_counter() - since)


def compare(program, devices):
    print(f"{'experiment':14} {'numbers':>7} {'largest difference':>30} {'seconds':>8} on both devices")
    failed = []
    for name, text in EXPERIMENTS.items():
        first, second = (program.train(name, f'name = "{name}"\n{COMMON}\n{text}\n{TRAIN}', device) for device in devices)
        difference, where = first.difference(second)
        if not difference <= TOLERANCE:
            failed.append(name)
        verdict = "" if difference <= TOLERANCE else "  TOO LARGE"
        seconds = f"{first.seconds:8.2f} {second.seconds:8.2f}"
        print(f"{name:14} {len(first.numbers):7} {difference:10.1e} {where:>19} {seconds}{verdict}", flush=True)
    return failed


def measure(program, folder, epochs, device):
    print(f"\ndeep autoencoder, MovieLens-1M, {epochs} epochs on {device}: seconds an epoch, with its evaluation (medians)")
    for precision in ["float32"] if device == "cpu" else ["float32", "tf32", "bfloat16"]:
        text = DEEP.format(folder=folder.resolve(), epochs=epochs, precision=precision)
        trained = program.train(f"deep-{precision}", text, device)
        rmse = trained.numbers["test.rmse"]
        print(f"hourglass, {precision:9} {trained.epoch:8.4f}  test rmse {rmse:.4f}, process {trained.seconds:.1f} s", flush=True)
    command = [sys.executable, HERE / "torch/deepae.py", folder, str(epochs), device]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode != 0:
        raise SystemExit(f"torch/deepae.py failed:\n{ended.stderr}")
    told, seconds = ended.stdout.splitlines()
    print(f"pytorch eager, float32 {float(seconds.split()[1]):8.4f}  {told} ({seconds.split()[0]} s of it training)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=os.environ.get("HOURGLASS", "target/debug/hourglass-torch"))
    parser.add_argument("--first", default="cpu")
    parser.add_argument("--second", default="cuda")
    parser.add_argument("--movielens", default=HERE.parent / "datasets/ml-1m", type=Path)
    parser.add_argument("--epochs", default=50, type=int, help="of the deep autoencoder; 0 leaves it out")
    arguments = parser.parse_args()
    binary = Path(arguments.binary).resolve()
    if not binary.is_file():
        raise SystemExit(f"{binary}: no such program; build it with cargo, and name it with --binary or HOURGLASS")
    with tempfile.TemporaryDirectory() as folder:
        program = Program(binary, folder)
        failed = compare(program, [arguments.first, arguments.second])
        if arguments.epochs and (arguments.movielens / "movies.dat").is_file():
            measure(program, arguments.movielens, arguments.epochs, arguments.second)
        else:
            print(f"\nnot measured: the deep autoencoder ({arguments.movielens} is not there, or --epochs 0)")
    if failed:
        raise SystemExit(f"differences above {TOLERANCE}: {', '.join(failed)}")


if __name__ == "__main__":
    main()
