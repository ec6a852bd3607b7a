"""A sourced figure, and the files it is read from.

Each kind of figure has one file ``data/<kind>.csv``. The id of a row is
``kind.entry.field``; its mark says how far it can be trusted:

- ``stated``: the source says this number;
- ``derived``: we computed it from stated numbers, and the note says how;
- ``assumed``: it was recalled from memory or judged, and the note says so.

For durations, ``low``, ``value`` and ``high`` are P10, P50 and P90. For all
other figures ``low`` and ``high`` are the range that the sources span.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

from gigaplan.catalogue.recording import note_use
from gigaplan.core.errors import InputError, Problem, nearest

Mark = Literal["stated", "derived", "assumed"]

KINDS: tuple[str, ...] = (
    "technology",
    "fuel",
    "accelerator",
    "hall",
    "cooling",
    "market",
    "connection",
    "reference_class",
    "outage",
    "uncertainty",
    "finance",
    "tax",
    "jurisdiction",
    "spend_schedule",
    "company",
    "price_index",
)
"""The kinds of figure; each has a file."""

COLUMNS: tuple[str, ...] = (
    "id",
    "name",
    "value",
    "low",
    "high",
    "unit",
    "base_year",
    "as_of",
    "geography",
    "mark",
    "source_title",
    "source_url",
    "note",
)
"""The columns of every figure file."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, with what is needed to trust it or not.

    Parameters
    ----------
    id : str
        ``kind.entry.field``.
    name : str
        What it is, for people.
    value : float
        In `unit`.
    low, high : float or None
        P10 and P90 of a duration, the range of the sources otherwise.
    unit : str
        Unit as in names: ``usd_per_kw``, ``fraction``, ``months``.
    base_year : int or None
        Dollar year of money; None for what is not money.
    as_of : str
        Date the figure was stated, ``YYYY`` to ``YYYY-MM-DD``.
    geography : str
        Where it holds.
    mark : {'stated', 'derived', 'assumed'}
        How far it can be trusted.
    source_title, source_url : str
        Where it is from; the address is empty for what has none.
    note : str
        Derivation, contradictions, limits.
    """

    id: str
    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    base_year: int | None
    as_of: str
    geography: str
    mark: Mark
    source_title: str
    source_url: str
    note: str

    @property
    def kind(self) -> str:
        """First part of the id."""
        return self.id.split(".", 1)[0]

    @property
    def entry(self) -> str:
        """Second part of the id."""
        return self.id.split(".", 2)[1]

    @property
    def field(self) -> str:
        """Third part of the id."""
        return self.id.split(".", 2)[2]


def figure(figure_id: str) -> Figure:
    """Return one figure, and note its use in any recording under way.

    Parameters
    ----------
    figure_id : str
        ``kind.entry.field``, such as ``technology.natrium.overnight_usd_per_kw``.

    Raises
    ------
    InputError
        If there is no such figure; the hint names the nearest.
    """
    found = find(figure_id)
    if found is None:
        raise InputError(
            Problem(
                f"the catalogue has no figure '{figure_id}'.",
                hint=_hint(figure_id),
            )
        )
    return found


def find(figure_id: str) -> Figure | None:
    """Return one figure and note its use, or None if there is none of this id."""
    found = _table().get(figure_id)
    if found is not None:
        note_use(found)
    return found


def figures(*, kind: str | None = None, entry: str | None = None) -> tuple[Figure, ...]:
    """Return the figures of a kind, or of one entry of it, in the order of the files.

    Looking through them is not a use; nothing is recorded.

    Raises
    ------
    InputError
        If there is no such kind, or no such entry in it.
    """
    if kind is not None:
        _check_kind(kind)
    if entry is not None and not any(
        f.entry == entry for f in _table().values() if kind in (None, f.kind)
    ):
        known = entries(kind) if kind is not None else [f.entry for f in _table().values()]
        raise InputError(
            Problem(
                f"the catalogue has no entry '{entry}'" + (f" of kind '{kind}'." if kind else "."),
                hint=nearest(entry, known) or f"There are: {', '.join(sorted(set(known)))}.",
            )
        )
    return tuple(
        f for f in _table().values() if kind in (None, f.kind) and entry in (None, f.entry)
    )


def entries(kind: str) -> tuple[str, ...]:
    """Return the names of a kind's entries, in the order of its file.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    _check_kind(kind)
    return _entries()[kind]


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        hint = nearest(kind, KINDS) or f"There are: {', '.join(KINDS)}."
        raise InputError(Problem(f"the catalogue has no kind '{kind}'.", hint=hint))


def _hint(figure_id: str) -> str:
    """Return the nearest id, or what there is where the id first goes wrong."""
    kind, entry, field = [*figure_id.split(".", 2), "", ""][:3]
    if kind not in KINDS:
        return nearest(kind, KINDS) or f"Its kind is one of: {', '.join(KINDS)}."
    known = _entries()[kind]
    if entry not in known:
        near = nearest(f"{kind}.{entry}.{field}", [f"{kind}.{name}.{field}" for name in known])
        return near if nearest(entry, known) else f"'{kind}' has: {', '.join(known)}."
    ids = [f.id for f in _table().values() if f.kind == kind and f.entry == entry]
    fields = ", ".join(i.split(".", 2)[2] for i in ids)
    return nearest(figure_id, ids) or f"'{kind}.{entry}' has: {fields}."


@cache
def _entries() -> Mapping[str, tuple[str, ...]]:
    seen: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for f in _table().values():
        seen[f.kind][f.entry] = None
    return MappingProxyType({kind: tuple(names) for kind, names in seen.items()})


@cache
def _table() -> Mapping[str, Figure]:
    table: dict[str, Figure] = {}
    for kind in KINDS:
        for row in read_rows(f"{kind}.csv"):
            made = _made(kind, row)
            if made.id in table:
                raise InputError(
                    Problem("stands twice.", field=made.id, file=f"catalogue/data/{kind}.csv")
                )
            table[made.id] = made
    return MappingProxyType(table)


def read_rows(file_name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a data file of the catalogue, as text by column."""
    path = files("gigaplan.catalogue") / "data" / file_name
    yield from csv.DictReader(path.read_text(encoding="utf-8").splitlines())


def _made(kind: str, row: Mapping[str, str]) -> Figure:
    """Return the figure of a row, or say what is wrong with the row."""
    where = f"catalogue/data/{kind}.csv"
    if set(row) != set(COLUMNS) or any(cell is None for cell in row.values()):
        raise InputError(
            Problem(f"needs the columns {', '.join(COLUMNS)}.", field=row["id"], file=where)
        )
    if row["id"].split(".")[0] != kind or row["id"].count(".") < 2:
        raise InputError(
            Problem(f"is no id of the form {kind}.entry.field.", field=row["id"], file=where)
        )
    if row["mark"] not in ("stated", "derived", "assumed"):
        raise InputError(
            Problem(
                f"mark is '{row['mark']}'; write stated, derived or assumed.",
                field=row["id"],
                file=where,
            )
        )
    value = _number(row, "value", where)
    if value is None:
        raise InputError(Problem("has no value.", field=row["id"], file=where))
    year = _number(row, "base_year", where)
    return Figure(
        id=row["id"],
        name=row["name"],
        value=value,
        low=_number(row, "low", where),
        high=_number(row, "high", where),
        unit=row["unit"],
        base_year=None if year is None else int(year),
        as_of=row["as_of"],
        geography=row["geography"],
        mark=cast(Mark, row["mark"]),
        source_title=row["source_title"],
        source_url=row["source_url"],
        note=row["note"],
    )


def _number(row: Mapping[str, str], column: str, where: str) -> float | None:
    text = row[column].strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(
            Problem(f"{column} is '{text}', not a number.", field=row["id"], file=where)
        )
    return number
