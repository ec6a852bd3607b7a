"""The low and high of a figure, as written beside its source: in the field's unit and in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gigaplan.core.errors import Problem
from gigaplan.programme.quantities import describe
from gigaplan.programme.schema import type_at
from gigaplan.programme.yaml_tree import FieldPath, SourceNote, YamlTree, dotted


def checked_ranges(tree: YamlTree) -> tuple[dict[FieldPath, SourceNote], list[Problem]]:
    """Return every source note with its low and high as numbers, and what is wrong with them.

    The range of a figure by year holds for each of its years.
    """
    out: dict[FieldPath, SourceNote] = {}
    problems: list[Problem] = []
    for path, note in tree.sources.items():
        if note.low is None and note.high is None:
            out[path] = note
            continue
        try:
            out[path] = _with_numbers(path, note, tree)
        except _RangeError as error:
            where = (*path, *error.at)
            problems.append(
                Problem(error.message, dotted(where), tree.file, tree.line_of((*path, *error.at)))
            )
    return out, problems


class _RangeError(Exception):
    def __init__(self, message: str, *at: str) -> None:
        self.message, self.at = message, at


def _with_numbers(path: FieldPath, note: SourceNote, tree: YamlTree) -> SourceNote:
    value = tree.at(path)
    years = value if isinstance(value, Mapping) else {}
    single = (*path, next(iter(years))) if years else path
    low = _number(single, note.low, "low")
    high = _number(single, note.high, "high")
    if low is not None and high is not None and low > high:
        raise _RangeError(f"found {describe(note.low)}, which is above high.", "low")
    for found in years.values() if years else (value,):
        try:
            number = _number(single, found, "value")
        except _RangeError:
            continue  # told with the field itself
        if number is not None and low is not None and number < low:
            raise _RangeError(f"found {describe(note.low)}, above the value itself.", "low")
        if number is not None and high is not None and number > high:
            raise _RangeError(f"found {describe(note.high)}, below the value itself.", "high")
    return replace(note, low=low, high=high)


def _number(path: FieldPath, found: Any, key: str) -> float | None:
    if found is None:
        return None
    expected = type_at(path)
    try:
        number = TypeAdapter(expected).validate_python(found)
    except ValidationError as error:
        item = error.errors(include_url=False)[0]
        told = item.get("ctx", {}).get("message", f"found {describe(found)}; {item['msg']}.")
        raise _RangeError(told, key) from None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise _RangeError("a range belongs to a single number, or numbers by year.", key)
    return float(number)
