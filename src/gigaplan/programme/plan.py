"""The plan: what expansion decides and the other engines carry out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gigaplan.programme.reasons import Worth


@dataclass(frozen=True, slots=True)
class UnitBuild:
    """Units of a power project planned to begin service in a year."""

    project: str
    year: int
    units: float
    mw: float
    contract: str
    capex_usd: float


@dataclass(frozen=True, slots=True)
class PhaseBuild:
    """A campus phase planned to be ready in a year."""

    campus: str
    phase: str
    year: int
    it_mw: float
    capex_usd: float


@dataclass(frozen=True, slots=True)
class AcceleratorPurchase:
    """IT MW of an accelerator generation planned to be installed at a campus in a year."""

    campus: str
    accelerator: str
    year: int
    it_mw: float
    capex_usd: float


@dataclass(frozen=True, slots=True)
class ConnectionBuild:
    """Connection planned to be added at a site in a year, beyond what is announced."""

    site: str
    year: int
    mw: float
    capex_usd: float


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """What one unit more of something scarce is worth, in words a planner uses.

    Parameters
    ----------
    kind : str
        What is scarce.
    entity : str
        Site, project, slot class or ``programme``.
    year : int
        Planning year.
    value : float
        Base-year USD, not discounted, per `unit`.
    unit : str
        Such as ``usd_per_mwh`` or ``usd_per_mw``.
    """

    kind: Literal[
        "power_price", "connection", "target", "spend_limit", "slots", "clean_share", "reserve"
    ]
    entity: str
    year: int
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class UnchosenOption:
    """Something the plan could build or contract and does not, and how far it is from that.

    Parameters
    ----------
    kind : str
        What it is.
    name : str
        Project, ``campus/phase`` or site.
    year : int
        Year of service in which it is nearest to being chosen.
    capex_usd_per_mw, capex_fraction : float
        By how much its capital must fall, and over its capital; 0 for a contract without any.
    usd_per_mwh : float
        By how much a contract's price must fall; 0 where there is capital.
    """

    kind: Literal["unit", "phase", "connection"]
    name: str
    year: int
    capex_usd_per_mw: float
    capex_fraction: float
    usd_per_mwh: float


@dataclass(frozen=True)
class Plan:
    """Decisions with the objective, its proven bound and the gap between them.

    ``objective_usd`` and ``bound_usd`` are discounted base-year USD over the
    planning years; ``gap`` is their difference over the objective.
    ``energy_mwh`` maps a source to its planned energy by year at each site:
    ``energy_mwh[site][source]`` is a tuple along `years`. ``notes`` state how
    the plan was made: representative days and their error, the route taken.
    ``unchosen`` lists what it leaves out, nearest to being chosen first;
    ``worth`` what binds, that which costs most first.
    """

    programme: str
    years: tuple[int, ...]
    units: tuple[UnitBuild, ...]
    phases: tuple[PhaseBuild, ...]
    accelerators: tuple[AcceleratorPurchase, ...]
    connections: tuple[ConnectionBuild, ...]
    objective_usd: float
    bound_usd: float
    gap: float
    status: str
    it_mw_by_year: tuple[float, ...]
    target_shortfall_it_mw: tuple[float, ...]
    capex_usd_by_year: tuple[float, ...]
    shadow_prices: tuple[ShadowPrice, ...] = ()
    energy_mwh: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unchosen: tuple[UnchosenOption, ...] = ()
    worth: tuple[Worth, ...] = ()
