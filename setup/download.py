"""Downloads one wheel, going on where an interrupted run stopped, and lets nothing through but the pinned bytes."""

import hashlib
import http.client
import os
import sys
import time
import urllib.error
from pathlib import Path
from typing import Callable, Optional

import package_index
from pins import SetupError, Wheel

ATTEMPTS = 5
CHUNK_BYTES = 1 << 20
NETWORK_PROBLEMS = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, EOFError)


def obtain(wheel: Wheel, folder: Path, find: Callable[[Wheel], str]) -> Path:
    """The verified file: from HOURGLASS_WHEELS, from an earlier run, or from the address that `find` gives."""
    ready = folder / wheel.file
    for known in (provided(wheel), ready):
        if known and known.exists():
            if sha256(known) == wheel.sha256:
                return known
            print(f"ignoring {known}: its SHA-256 is not the pinned one", file=sys.stderr)
    part = folder / (wheel.file + ".part")
    download(wheel, part, find)
    verify(wheel, part)
    part.replace(ready)
    return ready


def provided(wheel: Wheel) -> Optional[Path]:
    folder = os.environ.get("HOURGLASS_WHEELS")
    return Path(folder) / wheel.file if folder else None


def download(wheel: Wheel, part: Path, find: Callable[[Wheel], str]) -> None:
    """Fills `part`. Gives up after several attempts in a row that brought no new byte."""
    progress, failures = Progress(wheel), 0
    while size(part) < wheel.bytes:
        before = size(part)
        try:
            receive(find(wheel), part, progress)
            if size(part) < wheel.bytes:
                raise EOFError("the connection ended early")
        except NETWORK_PROBLEMS as problem:
            failures = 0 if size(part) > before else failures + 1
            if failures == ATTEMPTS or permanent(problem):
                raise SetupError(
                    f"{wheel.file} could not be downloaded: {problem}; check the network, the proxy (HTTPS_PROXY), the "
                    "certificates (SSL_CERT_FILE) and the package index (PIP_INDEX_URL), then run the same command "
                    "again: it goes on where it stopped"
                ) from problem
            print(f"{wheel.project}: {problem}; trying again", file=sys.stderr, flush=True)
            time.sleep(2**failures)
    progress.end()


def permanent(problem: Exception) -> bool:
    return isinstance(problem, urllib.error.HTTPError) and problem.code < 500 and problem.code not in (408, 416, 429)


def receive(address: str, part: Path, progress: "Progress") -> None:
    """One request for what `part` lacks. A server that refuses ranges sends the whole file, so `part` starts again."""
    have = size(part)
    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        response = package_index.open_address(address, headers)
    except urllib.error.HTTPError as refusal:
        if refusal.code == 416:
            part.unlink()
        raise
    with response, part.open("ab" if response.status == 206 else "wb") as file:
        progress.at(file.tell())
        for chunk in iter(lambda: response.read(CHUNK_BYTES), b""):
            file.write(chunk)
            progress.at(file.tell())


def verify(wheel: Wheel, path: Path) -> None:
    actual = sha256(path)
    if actual != wheel.sha256:
        path.unlink()
        raise SetupError(
            f"{wheel.file} is not the pinned file: SHA-256 expected {wheel.sha256}, actual {actual}; the download was "
            "removed, run the same command again; if this repeats, the package index serves another file: "
            "set PIP_INDEX_URL to another one"
        )


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            digest.update(chunk)
    return digest.hexdigest()


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class Progress:
    """A line that is rewritten on a terminal; elsewhere one line every ten seconds."""

    def __init__(self, wheel: Wheel) -> None:
        self.label, self.total = f"{wheel.project} {wheel.version}", wheel.bytes
        self.terminal = sys.stderr.isatty()
        self.interval_seconds = 0.2 if self.terminal else 10.0
        self.next = time.monotonic()

    def at(self, done: int) -> None:
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + self.interval_seconds
            self.write(done)

    def end(self) -> None:
        self.write(self.total)
        if self.terminal:
            print(file=sys.stderr)

    def write(self, done: int) -> None:
        line = f"{self.label}: {done / 1e6:.0f} of {self.total / 1e6:.0f} MB"
        start, end = ("\r", "") if self.terminal else ("", "\n")
        print(start + line, end=end, file=sys.stderr, flush=True)
