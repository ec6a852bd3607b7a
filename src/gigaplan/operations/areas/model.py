"""What a network is made of: areas with units, load and storage, and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate
from gigaplan.operations.model import Floats, Hourly, Storage, Unit


@dataclass(frozen=True)
class Area:
    """Units, load and storage of one area; within it, power goes anywhere.

    Parameters
    ----------
    name : str
    units : sequence of Unit
        Names must differ between the areas, too.
    load_mw : ndarray [hour] or [hour, weather]
        May be 0 throughout: an area that only makes or passes on power.
    storage : sequence of Storage
        Kept full and used only against shortage; their prices play no part.
    """

    name: str
    units: Sequence[Unit]
    load_mw: Floats
    storage: Sequence[Storage] = ()


@dataclass(frozen=True)
class Line:
    """A line, or a limit on transfer, between two areas.

    Parameters
    ----------
    first, second : str
        Names of the areas it joins.
    limit_mw : float or ndarray [hour] or [hour, weather]
        Most MW from the first to the second area.
    back_limit_mw : float or ndarray [hour] or [hour, weather], optional
        Most MW from the second to the first; as `limit_mw` if left out.
    mttf_hours, mttr_hours : float, optional
        Never fails if left out.
    name : str
        "first - second" if left empty; lines side by side need names of their own.
    """

    first: str
    second: str
    limit_mw: Hourly
    back_limit_mw: Hourly | None = None
    mttf_hours: float | None = None
    mttr_hours: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        require(
            self.first != self.second,
            f"found '{self.first}' at both ends; a line joins two areas.",
            field=self.label,
        )

    @property
    def label(self) -> str:
        """The line's name."""
        return self.name or f"{self.first} - {self.second}"


@dataclass(frozen=True, slots=True)
class AreaResult:
    """Hours short, MWh short and load of one area.

    Which of several areas a shortage falls on is a rule: help goes to the nearest first.
    """

    lolh_hours: Estimate
    eue_mwh: Estimate
    load_mwh: Estimate


@dataclass(frozen=True, slots=True)
class LineResult:
    """Use of one line in the hours in which areas help each other.

    Parameters
    ----------
    flow_mwh : Estimate
        From the first to the second area, less what went back.
    use_fraction : Estimate
        Mean over hours of flow over the limit in its direction; an hour without line counts as
        full.
    full_hours : Estimate
        Hours in which it carried all it could, and an area was still short.
    """

    flow_mwh: Estimate
    use_fraction: Estimate
    full_hours: Estimate


@dataclass(frozen=True)
class NetworkAdequacy:
    """Is the power there, in areas that help each other over limited lines.

    Parameters
    ----------
    samples, hours : int
    lolh_hours, eue_mwh, neue_fraction, events_per_year : Estimate
        Hours with any area short, MWh short in all, over load, and hours short in a row.
    areas : dict of str to AreaResult
    lines : dict of str to LineResult
    """

    samples: int
    hours: int
    lolh_hours: Estimate
    eue_mwh: Estimate
    neue_fraction: Estimate
    events_per_year: Estimate
    areas: dict[str, AreaResult]
    lines: dict[str, LineResult]

    def __str__(self) -> str:
        return (
            f"{self.samples} samples of {self.hours} h in {len(self.areas)} areas: "
            f"LOLH {self.lolh_hours} h, EUE {self.eue_mwh} MWh"
        )
