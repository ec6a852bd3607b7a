"""The synthetic cases of the shared peers folder as expansion problems with the same optimum.

`casegen.py` and `pypsa_baseline.py` are read from ``../shared/peers`` beside the repository; where
that folder is absent `peers_folder` returns None and whoever asked says so.

What PyPSA's model means, and how the problem says it exactly:

- Capital is priced by a given yearly sum, `annual`, and the overnight cost counts in the budget
  only. An option here lives 1,000 years at rate 0, so that its capital costs ``capex / 1000`` a
  year, and its fixed cost is ``annual - capex / 1000``: every standing year costs `annual`. One
  campus has no budget: there the capital is 0 and `annual` is all fixed cost.
- Part of a year modelled (`single`): yearly sums are scaled by its share of 8,760 hours.
- Load is facility load and may be below 1 MW per IT MW; PUE may not. ``load / 2`` at PUE 2 is the
  same number to the last bit.
- Unserved load is capped by the load here and by a constant at least as great there: shedding
  above load never pays, as no energy costs more than `voll`.
- Halls that stand always draw load there; here they may stand idle, at full cost. That is a
  relaxation, and exact where no hall of the optimum is idle (`idle_it_mw`, held by tests).
- The grid connection is bought there as a generator at the market's price; here as `Connection`.
- Turbines in whole units are not in the baseline: `turbine_unit_mw` adds them to the case.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeAlias

import numpy as np

from gigaplan.expansion import (
    Build,
    Campus,
    Connection,
    ExpansionProblem,
    Goal,
    Hours,
    Limits,
    Period,
    Phase,
    ShedTier,
    Site,
    Storage,
    Supply,
    Zone,
)
from gigaplan.expansion.options import FloatArray, PerHour

Case: TypeAlias = dict[str, Any]

HOURS_PER_YEAR = 8760
HOURS_PER_WEEK = 168
LIFE_YEARS = 1000.0
REACTORS = (("smr", 1.15), ("large", 1.0))
"""Reactor options and their capital over that of the catalogue of the case."""
SERIES = ("solar", "wind", "nuclear", "ccgt", "price", "gdirty", "load")


@dataclass(frozen=True, kw_only=True)
class CaseSize:
    """What to ask of `casegen`.

    Parameters
    ----------
    name : str
        As the table and ``--case`` call it.
    kind : {"single", "multi"}
        One campus and year, or many.
    hours : int
        Of the year, for one campus.
    weeks : int
        Kept of the year, for many; 0: all 8,760 hours.
    whole : bool
        Reactors in whole units.
    turbine_unit_mw : float, optional
        Turbines in whole units of this size.
    """

    name: str
    kind: Literal["single", "multi"] = "multi"
    seed: int = 1
    hours: int = HOURS_PER_YEAR
    sites: int = 1
    years: int = 1
    weeks: int = 0
    whole: bool = False
    turbine_unit_mw: float | None = None

    @property
    def hour_count(self) -> int:
        """Steps of operation in a year."""
        if self.kind == "single":
            return self.hours
        return self.weeks * HOURS_PER_WEEK or HOURS_PER_YEAR

    @property
    def site_years(self) -> int:
        """Site-years that are operated."""
        return self.sites * self.years


@dataclass(frozen=True)
class PreparedCase:
    """A case on disk: `case` as the peers read it, `series` its hours as arrays."""

    size: CaseSize
    case: Path
    series: Path


# ---- the peers folder ------------------------------------------------------------------------


def peers_folder() -> Path | None:
    """Return the shared folder of peers beside the repository, if it is there."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "peers"
    return folder if (folder / "casegen.py").is_file() else None


def load_module(folder: Path, name: str) -> ModuleType:
    """Return a module of the peers folder."""
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder / name}.py cannot be read as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pypsa_baseline imports casegen by this name
    spec.loader.exec_module(module)
    return module


def prepare(size: CaseSize, casegen: ModuleType, into: Path) -> PreparedCase:
    """Write the case and its generated hours into a folder, once."""
    found = PreparedCase(size, into / f"{size.name}.json", into / f"{size.name}.npz")
    if found.series.exists():
        return found
    case = raw_case(size, casegen)
    found.case.write_text(json.dumps(case), encoding="utf-8")
    case = casegen.load(case)
    places = [case["series"]] if size.kind == "single" else case["site_series"]
    arrays = {
        f"{number}/{name}": place[name] for number, place in enumerate(places) for name in SERIES
    }
    np.savez(found.series, **arrays)
    return found


def raw_case(size: CaseSize, casegen: ModuleType) -> Case:
    """Return the case as `casegen` writes it, before its hours are made."""
    if size.kind == "single":
        case: Case = casegen.single(size.seed, size.hours)
    else:
        case = casegen.multi(size.seed, size.sites, size.years, size.weeks, size.whole)
    if size.turbine_unit_mw is not None:
        case["turbine_unit_mw"] = size.turbine_unit_mw
    return case


def read_prepared(case_file: Path, series_file: Path) -> Case:
    """Return a prepared case with its hours, as ``casegen.load`` does but without making them."""
    case: Case = json.loads(case_file.read_text(encoding="utf-8"))
    count = len(case.get("sites", [0]))
    with np.load(series_file) as stored:
        places = [{name: stored[f"{n}/{name}"] for name in SERIES} for n in range(count)]
    if case["kind"] == "single":
        case["series"] = places[0]
    else:
        case["site_series"] = places
        case["weight"] = HOURS_PER_YEAR / len(places[0]["load"])
    return case


# ---- a case as a problem ---------------------------------------------------------------------


def problem_from_case(case: Case) -> ExpansionProblem:
    """Return the problem whose optimum is that of PyPSA's model of a loaded case."""
    return campus_problem(case) if case["kind"] == "single" else programme_problem(case)


def campus_problem(case: Case) -> ExpansionProblem:
    """Return one campus in one year, or the first hours of it."""
    data, most = case["series"], case["cap_max"]
    hours = len(data["load"])
    peak_mw = float(data["load"].max())
    yearly = {name: tech["annual"] * hours / HOURS_PER_YEAR for name, tech in case["techs"].items()}
    return ExpansionProblem(
        periods=(Period(2030),),
        hours=Hours.chronology(hours),
        zones=(Zone(name="z", price_usd_per_mwh=data["price"], dirty_fraction=data["gdirty"]),),
        sites=(
            Site(
                name="campus",
                zone="z",
                it_load_fraction=data["load"] / peak_mw,
                shed=_unserved(case),
            ),
        ),
        supplies=tuple(
            Supply(
                name=name,
                site="campus",
                availability=_flat(data[name]),
                variable_usd_per_mwh=case["techs"][name]["vom"],
                dirty_fraction=case["techs"][name]["dirty"],
                max_mw=most[name],
                fixed_usd_per_mw_year=yearly[name],
            )
            for name in ("solar", "wind", "nuclear", "ccgt")
        ),
        storages=(
            Storage(
                name="battery",
                site="campus",
                max_mw=most["bat_p"],
                max_mwh=most["bat_e"],
                charge_efficiency_fraction=case["eff"],
                discharge_efficiency_fraction=case["eff"],
                fixed_usd_per_mw_year=yearly["bat_p"],
                fixed_usd_per_mwh_year=yearly["bat_e"],
            ),
        ),
        connections=(
            Connection(
                name="grid",
                site="campus",
                max_mw=most["grid"],
                fixed_usd_per_mw_year=yearly["grid"],
            ),
        ),
        campuses=(Campus(name="it", site="campus", existing_it_mw=peak_mw),),
        limits=Limits(clean_share_fraction=case["clean_share"], clean_matching="hourly"),
    )


def programme_problem(case: Case) -> ExpansionProblem:
    """Return many sites and years under shared limits."""
    places = range(len(case["sites"]))
    steps = len(case["site_series"][0]["load"])
    slots: dict[str, Any] = {"turbine": case["ccgt_limit"]}
    for name, _ in REACTORS:
        unit = case["units"][name]
        slots[name] = unit["per_year"] * unit["mw"]
    return ExpansionProblem(
        periods=tuple(Period(year, 1, case["disc"][year]) for year in range(case["years"])),
        hours=Hours(np.full(steps, case["weight"]), (steps,)),
        zones=tuple(_zone(case, number) for number in places),
        sites=tuple(_site(case, number) for number in places),
        supplies=tuple(option for number in places for option in _supplies(case, number)),
        storages=tuple(_battery(case, number) for number in places),
        connections=tuple(
            Connection(
                name=f"s{number} grid",
                site=f"s{number}",
                max_mw=case["sites"][number]["grid_max"],
                **_cost(case, "grid"),
            )
            for number in places
        ),
        campuses=tuple(_campus(case, number) for number in places),
        goal=Goal(target_it_mw=case["it_target"]),
        limits=Limits(
            capex_usd=case["budget"],
            slots=slots,
            clean_share_fraction=case["clean_share"],
            clean_matching="hourly",
        ),
        capital_rate_fraction=0.0,
    )


def idle_it_mw(builds: tuple[Build, ...], online_it_mw: Mapping[str, FloatArray]) -> float:
    """Return the most hall IT MW that stands unused in a year of the plan of a programme."""
    online = np.sum([np.asarray(values) for values in online_it_mw.values()], axis=0)
    stands = np.zeros(len(online))
    for build in builds:
        if build.kind == "phase":
            stands[build.year :] += build.mw
    return float(np.max(stands - online))


def _cost(case: Case, name: str, factor: float = 1.0) -> dict[str, Any]:
    """Return capital and fixed cost that make a standing year cost `annual`."""
    tech = case["techs"][name]
    capex = tech["capex"] * factor
    return {
        "capex_usd_per_mw": capex,
        "fixed_usd_per_mw_year": tech["annual"] * factor - capex / LIFE_YEARS,
        "life_years": LIFE_YEARS,
    }


def _flat(values: FloatArray) -> PerHour:
    """Return one number where every hour has the same, which takes no memory."""
    return float(values[0]) if (values == values[0]).all() else values


def _unserved(case: Case) -> tuple[ShedTier, ...]:
    return (ShedTier(name="all", load_fraction=1.0, usd_per_mwh=case["voll"]),)


def _zone(case: Case, number: int) -> Zone:
    data, fuel = case["site_series"][number], np.array(case["fuel_mult"])
    return Zone(
        name=f"s{number}",
        price_usd_per_mwh=data["price"][None, :] * fuel[:, None],
        dirty_fraction=data["gdirty"],
    )


def _site(case: Case, number: int) -> Site:
    load = case["site_series"][number]["load"]
    name = f"s{number}"
    return Site(name=name, zone=name, it_load_fraction=load / 2, pue=2.0, shed=_unserved(case))


def _supplies(case: Case, number: int) -> list[Supply]:
    place, data, site = case["sites"][number], case["site_series"][number], f"s{number}"
    tech, units = case["techs"], case["units"]
    found = [
        Supply(
            name=f"{site} {name}",
            site=site,
            availability=data[name],
            max_mw=place[f"{name}_max"],
            **_cost(case, name),
        )
        for name in ("solar", "wind")
    ]
    fuel = np.array(case["fuel_mult"])[:, None]
    found.append(
        Supply(
            name=f"{site} ccgt",
            site=site,
            availability=_flat(data["ccgt"]),
            variable_usd_per_mwh=tech["ccgt"]["vom"] * fuel,
            dirty_fraction=tech["ccgt"]["dirty"],
            unit_mw=case.get("turbine_unit_mw"),
            slot_class="turbine",
            **_cost(case, "ccgt"),
        )
    )
    found += [
        Supply(
            name=f"{site} {name}",
            site=site,
            availability=data["nuclear"],
            variable_usd_per_mwh=tech["nuclear"]["vom"],
            earliest_year=units[name]["first"],
            unit_mw=units[name]["mw"] if case["integer"] else None,
            slot_class=name,
            **_cost(case, "nuclear", factor),
        )
        for name, factor in REACTORS
        if place[f"{name}_ok"]
    ]
    return found


def _battery(case: Case, number: int) -> Storage:
    energy = _cost(case, "bat_e")
    return Storage(
        name=f"s{number} battery",
        site=f"s{number}",
        charge_efficiency_fraction=case["eff"],
        discharge_efficiency_fraction=case["eff"],
        capex_usd_per_mwh=energy["capex_usd_per_mw"],
        fixed_usd_per_mwh_year=energy["fixed_usd_per_mw_year"],
        **_cost(case, "bat_p"),
    )


def _campus(case: Case, number: int) -> Campus:
    return Campus(
        name=f"s{number} it",
        site=f"s{number}",
        phases=(Phase(name="all", it_mw=case["sites"][number]["it_max"], whole=False),),
        capex_usd_per_it_mw=case["it_capex"],
        fixed_usd_per_it_mw_year=case["it_annual"] - case["it_capex"] / LIFE_YEARS,
        life_years=LIFE_YEARS,
    )


# ---- a case that needs no folder -------------------------------------------------------------


def tiny_case() -> Case:
    """Return two sites, two years and two days of every kind of option: to compile on."""
    rng = np.random.default_rng(1)
    hours = 48
    one = {"capex": 1e6, "annual": 1e5, "vom": 10.0, "dirty": 0.0}
    names = ("solar", "wind", "nuclear", "ccgt", "grid", "bat_p", "bat_e")
    place = {
        **dict.fromkeys(("it_max", "grid_max", "wind_max", "solar_max"), 500.0),
        **dict.fromkeys(("smr_ok", "large_ok"), True),
    }
    unit = {"mw": 50.0, "first": 1, "per_year": 2}
    return {
        "kind": "multi",
        "years": 2,
        "integer": True,
        "voll": 9000.0,
        "eff": 0.94,
        "techs": {name: {**one, "dirty": float(name == "ccgt")} for name in names},
        "sites": [place, place],
        "disc": [1.0, 0.93],
        "it_target": [200.0, 400.0],
        "it_annual": 1.6e6,
        "it_capex": 12e6,
        "ccgt_limit": [100.0, 100.0],
        "budget": [1e10, 1e10],
        "clean_share": [0.5, 0.6],
        "fuel_mult": [1.0, 1.02],
        "units": {"smr": unit, "large": unit},
        "weight": HOURS_PER_YEAR / hours,
        "site_series": [{name: rng.uniform(0.7, 1.0, hours) for name in SERIES} for _ in range(2)],
    }
