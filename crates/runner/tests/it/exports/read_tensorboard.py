"""What TensorBoard makes of a folder, as JSON: python3 read_tensorboard.py DIR RUNS

By its EventAccumulator, and by the answers of its server with both of its loaders.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

PATIENCE_SECONDS = 90


def accumulated(folder):
    runs = {}
    for place, _, files in os.walk(folder):
        if any("tfevents" in file for file in files):
            accumulator = EventAccumulator(place, size_guidance={"scalars": 0}).Reload()
            points = {tag: [[e.wall_time, e.step, e.value] for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}
            runs[os.path.relpath(place, folder)] = points
    return runs


@contextlib.contextmanager
def serving(folder, fast):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--host", "127.0.0.1", "--port", str(port)]
    command += [f"--load_fast={fast}", "--reload_interval", "1", "--samples_per_plugin", "scalars=100000"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/data/plugin"
    finally:
        server.terminate()
        server.wait()


def ask(address, question=None):
    body = None if question is None else json.dumps(question).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def settled(address, runs):
    """The tags of all runs, when they are all there and no more come."""
    before, end = None, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            tags = ask(f"{address}/scalars/tags")
            if len(tags) == runs and tags == before:
                return tags
            before = tags
        time.sleep(1)
    raise SystemExit(f"TensorBoard does not show {runs} runs after {PATIENCE_SECONDS} seconds, but {before}")


def served(folder, runs, fast):
    with serving(folder, fast) as address:
        tags = settled(address, runs)
        scalars = {
            run: {tag: ask(f"{address}/scalars/scalars?" + urllib.parse.urlencode({"run": run, "tag": tag})) for tag in tags[run]}
            for run in tags
        }
        question = {
            "experimentName": "",
            "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
            "colParams": [{"metric": {"tag": "test/rmse", "group": ""}}],
            "startIndex": 0,
            "sliceSize": 100,
            "aggregationType": "AGGREGATION_AVG",
        }
        return {
            "scalars": scalars,
            "experiment": ask(f"{address}/hparams/experiment", {"experimentName": ""}),
            "groups": ask(f"{address}/hparams/session_groups", question)["sessionGroups"],
        }


if __name__ == "__main__":
    folder, runs = sys.argv[1], int(sys.argv[2])
    json.dump(
        {
            "accumulated": accumulated(folder),
            "fast": served(folder, runs, "true"),
            "slow": served(folder, runs, "false"),
        },
        sys.stdout,
    )
