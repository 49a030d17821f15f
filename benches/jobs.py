"""How much of two processors a sweep uses: (time with one job on one processor) / (2 × time with two jobs), for the demonstration.

    python3 benches/jobs.py target/debug/hourglass [ROUNDS] [EXPERIMENT]

The data is prepared before anything is timed, and both kinds of run take turns, so that other load hits them alike. 1 is perfect;
starting and drawing charts, which takes all processors there are, is in both times.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main(program, rounds=3, experiment="experiments/demo.toml"):
    experiment = Path(experiment).resolve()
    processors = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        results = folder / "results"

        def timed(jobs):
            for entry in results.glob("[!.]*"):
                shutil.rmtree(entry)
            start = time.perf_counter()
            subprocess.run(
                [program, "run", experiment, "--threads", "1", "--jobs", str(jobs)],
                cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                preexec_fn=lambda: os.sched_setaffinity(0, processors[:jobs]),
            )
            return time.perf_counter() - start

        subprocess.run(
            [program, "run", experiment, "--limit", "1"],
            cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        ratios = []
        for _ in range(rounds):
            one, two = timed(1), timed(2)
            ratios.append(one / (2 * two))
            print(f"1 job {one:.1f} s, 2 jobs {two:.1f} s: efficiency {ratios[-1]:.2f}", flush=True)
        print(f"median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *map(int, sys.argv[2:3]), *sys.argv[3:])
