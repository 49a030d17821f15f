"""Hourglass beside plain PyTorch: `python benches/run.py AUTOREC [NAME ...]`, or `just bench`.

AUTOREC is the built example of that name (crates/train/examples/autorec.rs). Each program is a process of its own, one after the
other, in turns; seconds are medians. Both visit the same rows in the same order from the same weights, and this stops where their
losses differ. PyTorch is whatever this Python imports. Without names, all workloads are run.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch

HERE = pathlib.Path(__file__).parent
MOVIELENS = {"data": {"folder": "datasets/ml-1m"}, "epochs": 4}
WIDE = {"data": {"made-up": {"rows": 30_000, "columns": 40_000, "ratings": 1_333_000}}, "epochs": 3}
LARGE = {"data": {"made-up": {"rows": 100_000, "columns": 300_000, "ratings": 5_555_000}}, "hidden": 64, "epochs": 3}

# Name, workload, runs of each program, epochs of PyTorch (0: not run).
WORKLOADS = [
    ("MovieLens-1M, 500 units", MOVIELENS | {"engine": "sparse"}, 3, 4),
    ("the same, dense engine", MOVIELENS | {"engine": "dense"}, 1, 0),
    ("30,000 x 40,000, 1.2 M ratings, 500 units", WIDE, 1, 1),
    ("the same ratings, 400,000 columns", WIDE | {"data": {"made-up": WIDE["data"]["made-up"] | {"columns": 400_000}}}, 1, 0),
    ("100,000 x 300,000, 5 M ratings, 64 units, batch 4096", LARGE | {"batch": 4096}, 1, 0),
    ("100,000 x 300,000, 5 M ratings, 64 units, batch 8192", LARGE | {"batch": 8192}, 3, 0),
]
INPUTS = [
    ("zero", {}),
    ("3", {"fill": {"constant": 3}}),
    ("global mean", {"fill": "global-mean"}),
    ("user mean", {"fill": "user-mean"}),
    ("item mean", {"fill": "item-mean"}),
    ("bias", {"fill": "bias"}),
    ("zero, Gaussian noise on ratings", {"noise": [{"gaussian": {"std": 0.4}}]}),
    ("zero, dropout of ratings", {"noise": [{"dropout": {"rate": 0.2}}]}),
]


def measured(*command):
    """What a program printed last, after it ran alone; its first epoch is left out of the medians if there are more."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    rest = slice(1, None) if len(found["training"]) > 1 else slice(None)
    return found | {part: statistics.median(found[part][rest]) for part in ("training", "evaluation")}


def median(runs, part):
    return statistics.median(run[part] for run in runs)


def assert_same_losses(ours, theirs):
    for mine, other in zip(ours["losses"], theirs["losses"]):
        assert abs(mine - other) < 2e-3 * other, f"losses differ: {ours['losses']} and {theirs['losses']}"


def workload(autorec, folder, name, config, runs, torch_epochs):
    ours, theirs = [], []
    if torch_epochs:
        subprocess.run([autorec, "export", json.dumps(config), folder / "data.npz"], check=True)
    for _ in range(runs):
        ours.append(measured(autorec, "train", json.dumps(config)))
        if torch_epochs:
            script = [sys.executable, HERE / "torch" / "autorec.py", folder / "data.npz", config.get("batch", 256), torch_epochs]
            theirs.append(measured(*script))
            assert_same_losses(ours[-1], theirs[-1])
    speed = median(ours, "ratings") / median(ours, "training")
    cells = [name, f"{median(ours, 'training'):.3f} s", f"{median(ours, 'evaluation'):.3f} s"]
    cells += [f"{speed / 1e6:.2f} M", f"{median(ours, 'peak') / 2**20:,.0f} MiB"]
    if theirs:
        ratios = [median(theirs, part) / median(ours, part) for part in ("training", "evaluation")]
        cells += [f"{median(theirs, 'training'):.2f} s", f"{median(theirs, 'evaluation'):.2f} s"]
        cells += [f"{median(theirs, 'peak') / 2**20:,.0f} MiB", " / ".join(f"{ratio:.1f}" for ratio in ratios)]
    else:
        cells += ["", "", "", ""]
    print("| " + " | ".join(cells) + " |", flush=True)


def inputs(autorec):
    """Fills and noise, each beside the zero fill of the same minute."""
    for name, config in INPUTS[1:]:
        pairs = [
            [measured(autorec, "train", json.dumps(MOVIELENS | extra))["training"] for extra in ({}, config)] for _ in range(2)
        ]
        zero, other = (statistics.median(column) for column in zip(*pairs))
        print(f"| {name} | {other:.3f} s | {other / zero:.2f} |", flush=True)


def roofline():
    """What this machine does at most, by PyTorch's own product and addition."""
    size, many = 2048, 1 << 26
    matrix, numbers = torch.ones(size, size), torch.zeros(many)

    def fastest(work):
        seconds = []
        for _ in range(5):
            since = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - since)
        return min(seconds)

    flops = 2 * size**3 / fastest(lambda: matrix @ matrix)
    bandwidth = 8 * many / fastest(lambda: numbers.add_(1.0))
    print(f"{torch.get_num_threads()} threads: {flops / 1e9:.0f} GFLOP/s in a product, {bandwidth / 1e9:.1f} GB/s from memory and back")


def main(autorec, names):
    roofline()
    head = ["workload", "epoch", "evaluation", "ratings/s", "peak", "PyTorch: epoch", "evaluation", "peak", "times as fast"]
    chosen = [row for row in WORKLOADS if not names or any(name in row[0] for name in names)]
    if chosen:
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for row in chosen:
            workload(autorec, pathlib.Path(folder), *row)
    if not names or "inputs" in names:
        print("\n| input, MovieLens-1M | epoch | of the zero fill's |\n|---|---|---|", flush=True)
        inputs(autorec)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
