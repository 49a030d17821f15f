"""How long it takes to run a finished sweep again, which starts nothing.

    python3 benches/rerun.py target/debug/hourglass [TRIALS]

One trial is trained; its record, epochs and weights stand for all others, which differ from it in nothing but their ids. The first
run puts each in its place and draws the charts; then the same command is timed.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = """name = "rerun"
seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
[data.synthetic]
users = 60
items = 40
ratings_per_user = 15
[split.random]
[model.autoencoder]
layers = [4]
[input]
rows = "users"
[train]
epochs = 100
[sweep.grid]
"train.optimizer.adam.lr" = {{ log = {{ from = 1e-5, to = 1, steps = {steps} }} }}
"""


def main(program, trials=1000):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "rerun.toml").write_text(EXPERIMENT.format(steps=trials // 10))

        def hourglass(*arguments):
            return subprocess.run(
                [program, *arguments], cwd=folder, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )

        lines = hourglass("plan", "rerun.toml").stdout.splitlines()
        ids = [line.split()[0] for line in lines[1 : trials + 1]]
        assert len(set(ids)) == trials, len(set(ids))
        hourglass("run", "rerun.toml", "--only", ids[0])
        results = folder / "results" / "rerun"
        for other in ids[1:]:
            shutil.copytree(results / ids[0], results / other)
            record = results / other / "run.json"
            record.write_text(record.read_text().replace(f'"trial": "{ids[0]}"', f'"trial": "{other}"'))
        hourglass("run", "rerun.toml")
        seconds = []
        for _ in range(10):
            start = time.perf_counter()
            said = hourglass("run", "rerun.toml").stderr
            seconds.append(time.perf_counter() - start)
            assert f"0 finished, {trials} finished before, 0 failed, 0 interrupted" in said, said
        start = time.perf_counter()
        hourglass("--version")
        version = time.perf_counter() - start
        print(f"{trials} finished trials again: {statistics.median(seconds):.3f} s (median of 10, {min(seconds):.3f} to "
              f"{max(seconds):.3f}); the program alone: {version:.3f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *map(int, sys.argv[2:]))
