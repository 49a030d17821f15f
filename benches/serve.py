"""How soon a served run answers under a constant load.

    benches/serve.py HOURGLASS LOAD [RUN [ARGUMENT ...]]

HOURGLASS is the built program, LOAD the built example (cargo build --example load). RUN is a finished run, as `hourglass serve` takes
it, with further arguments for it; without one, an autoencoder of 500 units learns for two epochs from datasets/ml-1m, or from made-up
ratings of that size. The server and the load share this machine. Prints a Markdown table for each of three rounds.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 3

MOVIELENS = '[data.movielens]\npath = "{}"\n'
MADE_UP = "[data.synthetic]\nusers = 6040\nitems = 3706\nratings_per_user = 165\n"
REST = """
[split.random]
test = 0.1
validation = 0.1

[model.autoencoder]
layers = [500]

[input]
rows = "users"

[train]
epochs = 2
batch = 256
optimizer = { adam = { lr = 1e-3 } }
"""


def trained(program: str, folder: Path) -> list[str]:
    """Names a run that has just been trained."""
    ratings = Path("datasets/ml-1m")
    data = MOVIELENS.format(ratings.resolve()) if ratings.is_dir() else MADE_UP
    experiment = folder / "load.toml"
    experiment.write_text('name = "load"\n\n' + data + REST)
    results = folder / "results"
    subprocess.run([program, "run", str(experiment), "--results", str(results)], check=True, stdout=subprocess.DEVNULL)
    return ["load", "--results", str(results)]


def main(program: str, load: str, run: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = run or trained(program, Path(folder))
        server = subprocess.Popen([program, "serve", *run, "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            line, address = server.stdout.readline().strip(), server.stdout.readline().strip()
            if not address:
                sys.exit("the server has not started")
            print(line, flush=True)
            for _ in range(ROUNDS):
                print(flush=True)
                subprocess.run([load, address.removeprefix("http://").rstrip("/")], check=True)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
