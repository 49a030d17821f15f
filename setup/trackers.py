"""Installs the programs that the tests of exports read back with into third_party/trackers/: python3 setup/trackers.py

Where that cannot be done, for want of a network or with another Python, it says why, and these tests are skipped.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import fetch
from pins import SetupError

REQUIREMENTS = Path(__file__).with_name("trackers.txt")
PYTHON = (3, 11)  # what the pinned versions need


def main() -> None:
    folder = fetch.THIRD_PARTY / "trackers"
    stamp = folder / "stamp"
    if stamp.exists() and stamp.read_text() == fingerprint():
        return
    if sys.version_info < PYTHON:
        raise SetupError(f"{sys.executable} is Python {sys.version.split()[0]}; expected {PYTHON[0]}.{PYTHON[1]} or newer")
    fetch.main(["pip"])
    with fetch.one_at_a_time(fetch.THIRD_PARTY):
        install(folder)
        stamp.write_text(fingerprint())


def install(folder: Path) -> None:
    """Into a folder of its own, which needs neither a virtual environment nor the right to change the system's Python."""
    print("fetching TensorBoard, MLflow, DVC and DuckDB for the tests of exports", file=sys.stderr, flush=True)
    staging = folder.with_name("trackers.part")
    shutil.rmtree(staging, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--quiet"]
    choice = ["--root-user-action", "ignore", "--target", str(staging), "--requirement", str(REQUIREMENTS)]
    wheels = os.environ.get("HOURGLASS_WHEELS")
    if wheels:
        choice += ["--find-links", wheels]
    environment = {**os.environ, "PYTHONPATH": str(fetch.THIRD_PARTY / "pip")}
    result = subprocess.run([*pip, "install", *choice], env=environment, capture_output=True, text=True)
    if result.returncode:
        raise SetupError(f"pip ended with {result.returncode}: {result.stderr.strip()}")
    shutil.rmtree(folder, ignore_errors=True)
    staging.replace(folder)


def fingerprint() -> str:
    """Changes with the versions, and with the Python that they were installed for."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(REQUIREMENTS.read_bytes() + version.encode()).hexdigest() + "\n"


if __name__ == "__main__":
    try:
        main()
    except (SetupError, OSError) as problem:
        print(f"tests of exports will be skipped: {problem}", file=sys.stderr)
