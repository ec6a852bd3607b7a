"""The corpus: cases in `cases/*.yaml`, each a change to `cases/good.yaml` and what it must say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CASES = Path(__file__).parent / "cases"
GOOD = (CASES / "good.yaml").read_text("utf-8")
TOPICS = tuple(sorted(path.stem for path in CASES.glob("*.yaml") if path.stem != "good"))
FILE = "programme.yaml"
MOST_SECONDS = 20.0
"""A guard against work that grows without bound; machines are shared, so it measures no speed."""


@dataclass(frozen=True)
class Case:
    """One broken input.

    ``text`` is the programme as broken, ``says`` every line that must be printed.
    """

    topic: str
    broken: str
    text: str
    says: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.broken}"


def cases() -> list[Case]:
    """Return every case of the corpus."""
    return [_case(topic, entry) for topic in TOPICS for entry in _entries(topic)]


def _entries(topic: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    return yaml.load((CASES / f"{topic}.yaml").read_text("utf-8"))


def _case(topic: str, entry: dict[str, str]) -> Case:
    assert set(entry) == {"broken", "from", "to", "says"}, entry
    assert GOOD.count(entry["from"]) == 1, f"{entry['broken']}: 'from' stands once in good.yaml"
    text = GOOD.replace(entry["from"], entry["to"])
    return Case(topic, entry["broken"], text, entry["says"].rstrip("\n"))
