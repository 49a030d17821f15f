"""Unpacks the wanted members of a group's wheels into third_party/, a folder laid out like Python's site-packages:
libtorch finds its companions by their place in it.
"""

import fnmatch
import os
import shlex
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path
from typing import Dict, List

from pins import Group, SetupError


def is_unpacked(group: Group, third_party: Path) -> bool:
    stamp = stamp_path(group, third_party)
    return stamp.exists() and stamp.read_text().strip() == group.fingerprint()


def unpack(group: Group, files: Dict[str, Path], third_party: Path) -> None:
    """Unpacks beside the final place and then renames, file by file; the stamp comes last, so that an interrupted
    run is seen as undone. `files` maps a wheel's file name to where it lies."""
    staging = third_party / ".staging"
    remove(staging)
    for wheel in group.wheels:
        extract(files[wheel.file], wheel.keep[group.name], group.moves, staging)
    if group.empty_library:
        make_empty_library(staging / group.empty_library)
    stamp = stamp_path(group, third_party)
    remove(stamp)
    for old in group.replaces:
        remove(third_party / old)
    move_into(staging, third_party)
    stamp.write_text(group.fingerprint() + "\n")


def stamp_path(group: Group, third_party: Path) -> Path:
    return third_party / f"{group.name}.stamp"


def extract(wheel: Path, patterns: List[str], moves: Dict[str, str], staging: Path) -> None:
    matched = set()
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            pattern = next((p for p in patterns if fnmatch.fnmatchcase(member.filename, p)), None)
            if pattern is None or member.is_dir():
                continue
            matched.add(pattern)
            target = staging / place(member.filename, moves)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as destination:
                shutil.copyfileobj(source, destination, 1 << 20)
            if member.external_attr >> 16 & stat.S_IXUSR:
                target.chmod(0o755)
    unmatched = [pattern for pattern in patterns if pattern not in matched]
    if unmatched:
        raise SetupError(f"{wheel.name} has no member '{unmatched[0]}'; correct setup/pins.json")


def place(member: str, moves: Dict[str, str]) -> str:
    for old, new in moves.items():
        if member.startswith(old):
            return new + member[len(old) :]
    return member


def make_empty_library(path: Path) -> None:
    """A library of this name without content: the linker asks for one, and the wheel's own would pull in CUDA."""
    compiler = os.environ.get("CXX") or "c++"
    command = [*shlex.split(compiler), "-shared", "-o", str(path), "-x", "c++", os.devnull]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if result.returncode != 0:
        raise SetupError(f"the C++ compiler '{compiler}' could not make {path.name}: {result.stdout.strip()}")


def move_into(source: Path, destination: Path) -> None:
    for folder, _, names in os.walk(source):
        target = destination / Path(folder).relative_to(source)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            os.replace(os.path.join(folder, name), target / name)
    remove(source)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
