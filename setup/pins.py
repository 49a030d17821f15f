"""The pinned wheels and groups, as setup/pins.json lists them."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Dict, List

PINS = Path(__file__).with_name("pins.json")


class SetupError(Exception):
    """Something the user can put right: the text says what and how."""


@dataclass(frozen=True)
class Wheel:
    """One file of a package index. `keep` maps a group to patterns of the members that it unpacks."""

    project: str
    version: str
    file: str
    sha256: str
    bytes: int
    keep: Dict[str, List[str]]


@dataclass(frozen=True)
class Group:
    """What is fetched and unpacked together. Paths are relative to third_party/."""

    name: str
    about: str
    free_gigabytes: float
    wheels: List[Wheel]
    replaces: List[str]  # removed first, so that nothing of an older version stays
    moves: Dict[str, str]  # start of a member's path -> start of its place; others keep their path
    empty_library: str  # made by the compiler; "" for none

    def fingerprint(self) -> str:
        """Changes whenever anything pinned for this group does."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def read_groups(path: Path = PINS) -> Dict[str, Group]:
    """All groups by name, in the order in which they must be unpacked."""
    pins = json.loads(path.read_text(encoding="utf-8"))
    wheels = [Wheel(**wheel) for wheel in pins["wheels"]]
    for wheel in wheels:
        unknown = sorted(set(wheel.keep) - set(pins["groups"]))
        if unknown:
            raise SetupError(f"{path}: {wheel.file}: no group '{unknown[0]}'; there are {', '.join(pins['groups'])}")
    return {
        name: Group(
            name=name,
            about=group["about"],
            free_gigabytes=group["free_gigabytes"],
            wheels=[wheel for wheel in wheels if name in wheel.keep],
            replaces=group.get("replaces", []),
            moves=group.get("moves", {}),
            empty_library=group.get("empty_library", ""),
        )
        for name, group in pins["groups"].items()
    }
