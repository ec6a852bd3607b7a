"""An entry of the catalogue: a technology, a chip system, a market with its figures.

Typed entries (`Technology`, `Accelerator`, ...) declare their fields with
`Needed` and `Maybe`. Reading a field returns a float and notes the figure in
any recording under way; `Entry.figure` returns the whole figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Self, overload

from gigaplan.catalogue.figures import Figure, entries, figures, read_rows
from gigaplan.catalogue.recording import note_use
from gigaplan.core.errors import InputError, Problem, nearest


@dataclass(frozen=True)
class Entry:
    """A named set of figures.

    Parameters
    ----------
    kind, name : str
        First and second part of the figures' ids.
    title : str
        Name for people.
    by_field : mapping of str to Figure
        The figures by the third part of their ids.
    """

    kind: str
    name: str
    title: str
    by_field: Mapping[str, Figure]

    def figure(self, field: str) -> Figure:
        """Return the figure of a field and note its use.

        Raises
        ------
        InputError
            If the entry has no such figure.
        """
        found = self.find(field)
        if found is None:
            raise InputError(
                Problem(
                    f"the {self.kind} '{self.name}' has no figure '{field}'.",
                    hint=nearest(field, self.by_field) or f"It has: {', '.join(self.by_field)}.",
                )
            )
        return found

    def find(self, field: str) -> Figure | None:
        """Return the figure of a field and note its use, or None if there is none."""
        found = self.by_field.get(field)
        if found is not None:
            note_use(found)
        return found

    def value(self, field: str) -> float:
        """Return the value of a field, as `figure` does."""
        return self.figure(field).value


class Needed:
    """A field that every entry of the class has; reads as its value."""

    name: str = ""

    def __set_name__(self, owner: type[Entry], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, entry: None, owner: type[Entry]) -> Self: ...
    @overload
    def __get__(self, entry: Entry, owner: type[Entry]) -> float: ...
    def __get__(self, entry: Entry | None, owner: type[Entry]) -> Self | float:
        return self if entry is None else entry.value(self.name)


class Maybe:
    """A field that only some entries of the class have; reads as its value or None."""

    name: str = ""

    def __set_name__(self, owner: type[Entry], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, entry: None, owner: type[Entry]) -> Self: ...
    @overload
    def __get__(self, entry: Entry, owner: type[Entry]) -> float | None: ...
    def __get__(self, entry: Entry | None, owner: type[Entry]) -> Self | float | None:
        if entry is None:
            return self
        found = entry.find(self.name)
        return None if found is None else found.value


class TypedEntry(Entry):
    """An entry whose class declares its kind and fields."""

    of_kind: ClassVar[str]

    @classmethod
    def named(cls, name: str, **terms: Any) -> Self:
        """Return the entry of this class's kind with a name.

        Raises
        ------
        InputError
            If the kind has no entry of this name; the hint names the nearest.
        """
        plain = entry(cls.of_kind, name)
        return cls(plain.kind, plain.name, plain.title, plain.by_field, **terms)

    @classmethod
    def needed_fields(cls) -> tuple[str, ...]:
        """Return the fields that every entry of this class has."""
        return tuple(n for c in cls.__mro__ for n, f in vars(c).items() if isinstance(f, Needed))


def entry(kind: str, name: str) -> Entry:
    """Return an entry of any kind, such as ``entry("finance", "rates")``.

    Raises
    ------
    InputError
        If there is no such kind, or it has no entry of this name; the hint names the nearest.
    """
    known = entries(kind)
    if name not in known:
        raise InputError(
            Problem(
                f"'{name}' is no {kind.replace('_', ' ')} of the catalogue.",
                hint=nearest(name, known) or f"There are: {', '.join(known)}.",
            )
        )
    by_field = MappingProxyType({f.field: f for f in figures(kind=kind, entry=name)})
    return Entry(kind, name, title_of(kind, name), by_field)


def title_of(kind: str, name: str) -> str:
    """Return an entry's name for people."""
    return _titles().get((kind, name), name.replace("_", " "))


@cache
def _titles() -> Mapping[tuple[str, str], str]:
    return {(row["kind"], row["entry"]): row["title"] for row in read_rows("entries.csv")}
