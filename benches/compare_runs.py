"""Times `hourglass compare` and `hourglass list` on many runs: records like those of one finished trial, 5 seeds of each setting.

    python3 benches/compare_runs.py PROGRAM TRIAL [RUNS]     # RUNS is 2000
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def make(trial, folder, runs):
    """Runs that differ in learning rate and seed."""
    record = json.loads((trial / "run.json").read_text())
    setting = (trial / "trial.toml").read_text()
    draw = random.Random(1)
    for number in range(runs):
        place, seed = divmod(number, 5)
        record.update(trial=f"{number:08x}", seed=seed + 1, position=number, experiment=f"made-{place % 4}")
        record["outcome"]["finished"]["test"]["rmse"] = 0.87 + place * 1e-4 + draw.gauss(0, 1e-3)
        made = folder / record["experiment"] / record["trial"]
        made.mkdir(parents=True)
        (made / "run.json").write_text(json.dumps(record, indent=2))
        head, *rest = setting.splitlines()
        (made / "trial.toml").write_text("\n".join([head, "description = 'made'", *[
            f"batch = {place + 1}" if line.startswith("batch =") else line
            for line in rest if not line.startswith("description")
        ]]) + "\n")


def main():
    program, trial = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    with tempfile.TemporaryDirectory() as folder:
        make(trial, Path(folder) / "results", runs)
        for arguments in [["compare", "results"], ["list"], ["list", "test.rmse < 0.88 and train.batch > 7"], ["--version"]]:
            seconds = []
            for _ in range(7):
                start = time.perf_counter()
                subprocess.run([program, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
                seconds.append(time.perf_counter() - start)
            print(f"{' '.join(arguments):45} {min(seconds):6.3f} s at best, {sorted(seconds)[3]:6.3f} s in the middle")


if __name__ == "__main__":
    main()
