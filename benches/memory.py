"""Peak memory of short trainings, as the system measured it, beside what `hourglass plan` says.

    benches/memory.py HOURGLASS FOLDER [NAME ...]

HOURGLASS is the program, FOLDER where prepared data and results go, a NAME one of the cases below (all of them without it). Each
case is a process of its own that trains two epochs; its peak is the kernel's own count (`ru_maxrss`). Needs Python 3.11 and, under
`datasets`, MovieLens-100K and -1M and the digits.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

RANDOM = "[split.random]\ntest = 0.1\nvalidation = 0.1\n"
HELD_OUT = "[ratings]\nimplicit = { above = 3.5 }\n[split.held-out-users]\ntest = 0.1\nvalidation = 0.1\n"
DATA = {
    "small": "[data.synthetic]\nusers = 60\nitems = 40\nratings_per_user = 15\n" + RANDOM,
    "ml-100k": '[data.movielens]\npath = "{root}/ml-100k"\n' + RANDOM,
    "ml-1m": '[data.movielens]\npath = "{root}/ml-1m"\n' + RANDOM,
    "likes-100k": '[data.movielens]\npath = "{root}/ml-100k"\n' + HELD_OUT,
    "likes": '[data.movielens]\npath = "{root}/ml-1m"\n' + HELD_OUT,
    "digits": '[data.images]\npath = "{root}/digits/digits.csv.gz"\nlabels = { column = 65 }\n'
    "[ratings]\nscale = [0, 16]\n[split.held-out-users]\ntest = 0.1\nvalidation = 0.1\nfold_in = 0.9\n",
    "wide": "[data.synthetic]\nusers = 3000\nitems = 30000\nratings_per_user = 60\n" + RANDOM,
    "large": "[data.synthetic]\nusers = 10000\nitems = 30000\nratings_per_user = 120\n" + RANDOM,
}
AUTOREC = "[model.autoencoder]\nlayers = [500]\n"
DEEP = '[model.autoencoder]\nlayers = [256, 512, 256]\nactivation = "selu"\noutput_activation = "selu"\ndropout = 0.8\n'
VAE = "[model.variational]\nlayers = [600, 200, 600]\n"

# Name: data, rows, model and penalties, more of [input], [train] and objective.
CASES = {
    "demonstration": ("small", "users", "[model.autoencoder]\nlayers = [8]\n", "", "", ""),
    "u-autorec ml-100k": ("ml-100k", "users", AUTOREC, "", "", ""),
    "u-autorec ml-1m": ("ml-1m", "users", AUTOREC, "", "", ""),
    "u-autorec ml-1m dense": ("ml-1m", "users", AUTOREC, "", 'engine = "dense"', ""),
    "i-autorec ml-1m": ("ml-1m", "items", AUTOREC, "", "", ""),
    "i-autorec ml-1m dense": ("ml-1m", "items", AUTOREC, "", 'engine = "dense"', ""),
    "deep ml-1m": ("ml-1m", "users", DEEP, 'fill = "user-mean"', "batch = 256", ""),
    "deep ml-1m dense": ("ml-1m", "users", DEEP + "[penalty.l2]\nweight = 0.001\n", "", 'batch = 256\nengine = "dense"', ""),
    "u-autorec wide": ("wide", "users", AUTOREC, "", "", ""),
    "u-autorec wide dense": ("wide", "users", AUTOREC, "", 'engine = "dense"', ""),
    "u-autorec wide, sgd, last": ("wide", "users", AUTOREC, "", 'optimizer = { sgd = {} }\nselection = "last"', ""),
    "u-autorec wide dense, sgd, last": (
        "wide", "users", "[model.autoencoder]\nlayers = [50]\n", "",
        'engine = "dense"\nbatch = 512\noptimizer = { sgd = {} }\nselection = "last"', ""),
    "u-autorec large": ("large", "users", "[model.autoencoder]\nlayers = [200]\n", "", "batch = 512", ""),
    "i-autorec large": ("large", "items", "[model.autoencoder]\nlayers = [200]\n", "", "batch = 512", ""),
    "full-mse ml-1m": ("ml-1m", "users", AUTOREC, "", "batch = 512", "[objective.full-mse]\n"),
    "full-mse wide": ("wide", "users", "[model.autoencoder]\nlayers = [100]\n", "", "batch = 512", "[objective.full-mse]\n"),
    "mult-vae ml-1m": ("likes", "users", VAE, 'scale = "unit-norm"\nnoise = [{ dropout = { rate = 0.5 } }]',
                       'batch = 500\nmonitor = "validation.loss"', "[objective.multinomial]\n"),
    "multinomial wide": ("wide", "users", "[model.autoencoder]\nlayers = [100]\n", "",
                         'batch = 512\nmonitor = "validation.loss"', "[objective.multinomial]\n"),
    "bce wide, all cells": ("wide", "users", '[model.autoencoder]\nlayers = [100]\noutput_activation = "sigmoid"\n',
                            "range = [0, 1]", "batch = 512", '[objective.bce]\non = "all"\n'),
    "bce-with-logits wide, all cells": ("wide", "users", "[model.autoencoder]\nlayers = [100]\n", "range = [0, 1]",
                                        "batch = 512", '[objective.bce-with-logits]\non = "all"\n'),
    "noise on all cells, wide": ("wide", "users", "[model.autoencoder]\nlayers = [100]\n",
                                 'noise = [{ gaussian = { std = 0.4, on = "all" } }]', "batch = 512", ""),
    "rec-vae ml-1m": ("likes", "users", "[model.rec-vae]\nhidden = 600\ncode = 200\n", "",
                      'batch = 500\nmonitor = "validation.loss"', "[objective.multinomial]\n"),
    "rbm ml-1m": ("ml-1m", "users", "[model.rbm]\nhidden = 100\n", "", "batch = 128\noptimizer = { sgd = {} }",
                  "[objective.contrastive-divergence]\n"),
    "cross-entropy ml-1m": ("ml-1m", "users", AUTOREC, "", "", "[objective.cross-entropy]\n"),
    "l-bfgs ml-100k": ("ml-100k", "items", AUTOREC, "",
                       "batch = 2000\norder = \"as-given\"\noptimizer = { lbfgs = { iterations = 20 } }", ""),
    "sparse-fc ml-1m": ("ml-1m", "users", "[model.sparse-fc]\nlayers = [500, 500]\n", "", "batch = 512", ""),
    "contractive ml-1m": ("ml-1m", "users", "[model.autoencoder]\nlayers = [200, 50, 200]\n[penalty.contractive]\nweight = 0.1\n",
                          "", "batch = 512", ""),
    "similarity ml-1m": ("ml-1m", "users", AUTOREC + "[penalty.similarity]\n", "", "batch = 512", ""),
    "groups ml-1m": ("ml-1m", "users", "[model.groups]\nlayers = [200]\n", 'groups = { attribute = "age" }', "batch = 512", ""),
    "tied ml-1m": ("ml-1m", "users", "[model.autoencoder]\nlayers = [500]\ntied_weights = true\n", "", "batch = 512", ""),
    "cdae ml-1m": ("ml-1m", "users", "[model.cdae]\n", "", "batch = 512", ""),
    "cfn ml-1m": ("ml-1m", "users", "[model.cfn]\n", 'side_info.users = ["gender", "age", "occupation"]', "", ""),
    "convolutional digits": ("digits", "users", "[model.convolutional]\nsize = [8, 8]\nchannels = [32, 16]\n", "", "batch = 512", ""),
    "re-feeding ml-1m": ("ml-1m", "users", DEEP, "", "batch = 512\nrefeed = 1", ""),
    "gradient never cleared, average": (
        "ml-1m", "users", AUTOREC, "", 'gradient = "never-cleared"\nselection = { average = { epochs = 2 } }', ""),
    "clipped gradient": ("wide", "users", AUTOREC, "", "clip_gradient = 1.0", ""),
    "stacked ml-1m": ("ml-1m", "users", "[model.autoencoder]\nlayers = [500, 100, 500]\n", "",
                      "batch = 512\npretrain = { stacked = { epochs = 1 } }", ""),
    "rprop ml-1m": ("ml-1m", "users", AUTOREC, "", "batch = 6040\noptimizer = { rprop = {} }", ""),
}


def experiment(name, root):
    data, rows, model, inputs, train, objective = CASES[name]
    slug = re.sub("[^a-z0-9]+", "-", name)
    text = f'name = "{slug}"\n' + DATA[data].replace("{root}", str(root))
    text += model + objective + f'[input]\nrows = "{rows}"\n{inputs}\n'
    return slug, text + f"[train]\nepochs = 2\n{train}\n"


def peak_of(command):
    """The most memory in MiB that a process held, which must end well."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    problem = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}\n{problem}")
    return usage.ru_maxrss / 1024


UNITS = {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024}


def planned(command):
    """What `plan` says: the engine and MiB."""
    found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(found.stderr)
    header, trial = found.stdout.splitlines()[:2]
    engine = trial[header.index("engine"):].split()[0]
    number, unit = trial[header.index("memory"):].split()[:2]
    return engine, float(number) * UNITS[unit]


def main():
    program, folder, names = sys.argv[1], Path(sys.argv[2]), sys.argv[3:] or list(CASES)
    root = Path("datasets").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    print("| training | engine | measured, MiB | planned, MiB | planned / measured |\n|---|---|---|---|---|")
    for name in names:
        slug, text = experiment(name, root)
        file = folder / f"{slug}.toml"
        file.write_text(text)
        common = [str(file), "--results", str(folder / "results"), "--device", "cpu"]
        subprocess.run(["rm", "-rf", str(folder / "results" / slug)], check=True)
        engine, estimate = planned([program, "plan", *common])
        measured = peak_of([program, "run", *common, "--threads", "2"])
        print(f"| {name} | {engine} | {measured:.0f} | {estimate:.0f} | {estimate / measured:.2f} |", flush=True)


if __name__ == "__main__":
    main()
