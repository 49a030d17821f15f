"""Fetches the pinned binary parts into third_party/: python3 setup/fetch.py cpu|gpu|just ...

Python's standard library suffices; pip need not be installed. What is up to date is left alone.
"""

import contextlib
import fcntl
import shutil
import sys
from pathlib import Path
from typing import Dict, Iterator, List

import package_index
from download import obtain, size
from pins import Group, SetupError, Wheel, read_groups
from unpack import is_unpacked, stamp_path, unpack

THIRD_PARTY = Path(__file__).resolve().parent.parent / "third_party"


def main(wanted: List[str]) -> None:
    groups = read_groups()
    unknown = [name for name in wanted if name not in groups]
    if unknown or not wanted:
        raise SetupError(f"'{' '.join(unknown)}' is no group; give one or more of {', '.join(groups)}")
    THIRD_PARTY.mkdir(exist_ok=True)
    with one_at_a_time(THIRD_PARTY):
        # What was fetched once is kept up to date, also where this call does not ask for it.
        chosen = [group for group in groups.values() if group.name in wanted or stamp_path(group, THIRD_PARTY).exists()]
        for group in chosen:
            if not is_unpacked(group, THIRD_PARTY):
                fetch(group)
        shutil.rmtree(wheel_folder(), ignore_errors=True)


def fetch(group: Group) -> None:
    print(f"fetching {group.about}", file=sys.stderr, flush=True)
    wheel_folder().mkdir(exist_ok=True)
    check_disk(group)
    files: Dict[str, Path] = {wheel.file: obtain(wheel, wheel_folder(), find) for wheel in group.wheels}
    print(f"unpacking {group.about}", file=sys.stderr, flush=True)
    unpack(group, files, THIRD_PARTY)


def find(wheel: Wheel) -> str:
    return package_index.file_address(wheel, package_index.index_address())


def check_disk(group: Group) -> None:
    present = sum(size(path) for path in wheel_folder().iterdir())
    free = (shutil.disk_usage(THIRD_PARTY).free + present) / 1e9
    if free < group.free_gigabytes:
        raise SetupError(
            f"{THIRD_PARTY} has {free:.1f} GB free; {group.about} and the build need {group.free_gigabytes} GB: "
            "free some space, or move the checkout to a larger disk"
        )


def wheel_folder() -> Path:
    return THIRD_PARTY / "wheels"


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Waits for another set-up of the same checkout to end."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (SetupError, OSError) as problem:
        sys.exit(f"set-up stopped: {problem}")
    except KeyboardInterrupt:
        sys.exit("set-up interrupted; the same command goes on where it stopped")
