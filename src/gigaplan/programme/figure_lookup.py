"""Where a resolved figure comes from: the programme if it says, the catalogue if not.

Every figure taken is recorded with its source, so that a run can list what it
rests on. Catalogue money moves to the programme's base year by the price index.
"""

from __future__ import annotations

from collections.abc import Mapping

from gigaplan import catalogue
from gigaplan.core.errors import InputError, Problem
from gigaplan.core.money import PriceIndex
from gigaplan.programme.reading import ProgrammeFile
from gigaplan.programme.resolved import FigureUse, MonthsRange
from gigaplan.programme.schema import unit_at
from gigaplan.programme.yaml_tree import FieldPath, SourceNote, dotted


class FigureLookup:
    """Takes figures for one programme and remembers them.

    Parameters
    ----------
    file : ProgrammeFile
        The programme, with the sources of its own figures.
    index : PriceIndex
        Moves catalogue money to the programme's base year.
    """

    def __init__(self, file: ProgrammeFile, index: PriceIndex) -> None:
        self.file = file
        self.index = index
        self.base_year = file.programme.base_year
        self.used: dict[str, FigureUse] = {}

    def take(
        self, path: FieldPath, own: float | None, figure_id: str, absent: float | None = None
    ) -> float:
        """Return the programme's own figure, or the catalogue's, or `absent` if neither is there.

        Parameters
        ----------
        path : tuple
            The field of the programme it is for.
        own : float or None
            What the programme says.
        figure_id : str
            The catalogue's figure that stands in for it.
        absent : float, optional
            What it means that the catalogue has none; without it that is an error.
        """
        if own is not None:
            self.note_own(path, own)
            return own
        figure = catalogue.find(figure_id)
        if figure is None:
            if absent is not None:
                return absent
            raise InputError(
                Problem(
                    f"is left out, and the catalogue has no figure '{figure_id}' to stand in.",
                    field=dotted(path),
                    file=self.file.shown,
                    hint="Give it in the programme.",
                )
            )
        factor = 1.0
        if figure.base_year is not None:
            factor = self.index.factor(figure.base_year, self.base_year)
        value = figure.value * factor
        self.used[f"{dotted(path)} <- {figure_id}"] = FigureUse(
            field=dotted(path),
            value=value,
            unit=figure.unit,
            origin="catalogue",
            mark=figure.mark,
            source_title=figure.source_title,
            source_url=figure.source_url,
            low=None if figure.low is None else figure.low * factor,
            high=None if figure.high is None else figure.high * factor,
            note=figure.note,
        )
        return value

    def range(self, path: FieldPath, own: object, figure_id: str) -> MonthsRange:
        """Return P10, P50, P90 of a duration, of the programme or of the catalogue."""
        if own is not None:
            return MonthsRange(own.p10, own.p50, own.p90)  # type: ignore[attr-defined]
        middle = self.take(path, None, figure_id)
        use = self.used[f"{dotted(path)} <- {figure_id}"]
        low = middle if use.low is None else use.low
        high = middle if use.high is None else use.high
        return MonthsRange(low, middle, high)

    def used_at(self, path: FieldPath) -> FigureUse:
        """Return the figure that was taken for a field."""
        field = dotted(path)
        return next(use for use in self.used.values() if use.field == field)

    def note_own(self, path: FieldPath, value: object) -> None:
        """Record figures of the programme itself, each with the source nearest above its field.

        A number that the file does not hold is the default of the programme's form.
        """
        for where, number in _numbers(path, value):
            self.used[dotted(where)] = self._own_use(where, number)

    def _own_use(self, where: FieldPath, number: float) -> FigureUse:
        at, source = self._source_of(where)
        work = self.file.sources.get(source.source) if source else None
        if source is not None and work is not None:
            mark, title, url, note = source.mark, work.title, work.url or "", source.note
        elif where in self.file.lines:
            mark, title, url, note = "stated", "The programme's own statement", "", ""
        else:
            mark, title, url, note = "assumed", "Default of the programme's form", "", ""
        # a range is that of the figure itself, or of every year of it
        ranged = at in (where, where[:-1])
        return FigureUse(
            field=dotted(where),
            value=number,
            unit=_catalogue_word(unit_at(where)),
            origin="programme",
            mark=mark,
            source_title=title,
            source_url=url,
            low=source.low if source is not None and ranged else None,
            high=source.high if source is not None and ranged else None,
            note=note,
        )

    def _source_of(self, path: FieldPath) -> tuple[FieldPath, SourceNote | None]:
        """Return the source note nearest above a field, and where it stands."""
        for end in range(len(path), 0, -1):
            note = self.file.figure_sources.get(path[:end])
            if note is not None:
                return path[:end], note
        return (), None


def _catalogue_word(unit: str) -> str:
    """Return a unit as the catalogue writes it: ``USD/MW-year`` as ``usd_per_mw_year``."""
    if unit == "USD/t":
        return "usd_per_tonne"
    return unit.lower().replace("/", "_per_").replace("-", "_")


def _numbers(path: FieldPath, value: object) -> list[tuple[FieldPath, float]]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [(path, float(value))]
    if isinstance(value, Mapping):
        return [n for key, item in value.items() for n in _numbers((*path, key), item)]
    if isinstance(value, list | tuple):
        return [n for i, item in enumerate(value) for n in _numbers((*path, i), item)]
    return []
