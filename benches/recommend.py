"""How fast users are scored, one at a time and all at once, and in how much memory.

    benches/recommend.py FOLD_IN [NAME ...]

FOLD_IN is the built example (cargo build --example fold_in), a NAME one of the sizes below (all of them without it). A single
fold-in is what `hourglass recommend --rate` and a request to `hourglass serve` compute; all users are what an evaluation with lists
computes. Prints a Markdown table.
"""

import json
import subprocess
import sys

# Name: users, items, units, ratings of each user, whether all users are scored too.
SIZES = {
    "ML-1M": (6040, 3706, 500, 165, True),
    "300k items": (10_000, 300_000, 64, 100, False),
    "100k users, 300k items": (100_000, 300_000, 64, 100, True),
}


def main(program: str, names: list[str]) -> None:
    print("| | one user: median | 99th percentile | all users | most memory |")
    print("| --- | --- | --- | --- | --- |")
    for name in names or SIZES:
        *sizes, everyone = SIZES[name]
        arguments = [*map(str, sizes), *(["all"] if everyone else [])]
        found = json.loads(subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout)
        of_all = f"{found['all']:.1f} s" if everyone else "–"
        one = f"{found['median'] * 1e3:.2f} ms | {found['p99'] * 1e3:.2f} ms"
        print(f"| {name} | {one} | {of_all} | {found['peak_bytes'] / 2**30:.2f} GiB |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
