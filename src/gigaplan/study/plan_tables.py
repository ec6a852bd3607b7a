"""A plan as tables; see docs/run-format.md for the columns."""

from __future__ import annotations

from typing import Any

from gigaplan.programme import Plan, UnchosenOption, worth_in_words
from gigaplan.programme.resolved import ResolvedProgramme

Row = dict[str, Any]

REINFORCEMENT = " reinforcement"
"""What follows a site's name in that of the connection which may be bought there."""


def decision_rows(plan: Plan, programme: ResolvedProgramme) -> list[Row]:
    """Return one row per decision, in order of year."""
    rows: list[Row] = []
    for unit in plan.units:
        project = programme.power[unit.project]
        rows.append(
            _row(
                "unit",
                unit.project,
                project.title,
                project.site or project.zone,
                unit.year,
                unit.units,
                unit.mw,
                unit.capex_usd,
                unit.contract,
            )
        )
    for phase in plan.phases:
        campus = programme.campuses[phase.campus]
        rows.append(
            _row(
                "phase",
                f"{phase.campus}/{phase.phase}",
                f"{campus.title}, {phase.phase}",
                campus.site,
                phase.year,
                1.0,
                phase.it_mw,
                phase.capex_usd,
                "own",
            )
        )
    for chips in plan.accelerators:
        campus = programme.campuses[chips.campus]
        rows.append(
            _row(
                "accelerator",
                chips.accelerator,
                f"{chips.accelerator} at {campus.title}",
                campus.site,
                chips.year,
                1.0,
                chips.it_mw,
                chips.capex_usd,
                "own",
            )
        )
    for step in plan.connections:
        title = programme.sites[step.site].title
        rows.append(
            _row(
                "connection",
                step.site,
                f"Connection at {title}",
                step.site,
                step.year,
                1.0,
                step.mw,
                step.capex_usd,
                "own",
            )
        )
    return sorted(rows, key=lambda row: (row["year"], row["kind"], row["name"]))


def _row(
    kind: str,
    name: str,
    title: str,
    site: str,
    year: int,
    units: float,
    mw: float,
    capex_usd: float,
    contract: str,
) -> Row:
    return {
        "kind": kind,
        "name": name,
        "title": title,
        "site": site,
        "year": year,
        "units": units,
        "mw": mw,
        "capex_usd": capex_usd,
        "contract": contract,
    }


def shadow_price_rows(plan: Plan) -> list[Row]:
    """Return one row per shadow price."""
    return [
        {"kind": p.kind, "entity": p.entity, "year": p.year, "value": p.value, "unit": p.unit}
        for p in plan.shadow_prices
    ]


def unchosen_rows(plan: Plan, programme: ResolvedProgramme) -> list[Row]:
    """Return one row per option that the plan leaves out, nearest to being chosen first."""
    return [
        {
            "kind": option.kind,
            "name": option.name,
            "title": _title_of(option, programme),
            "year": option.year,
            "capex_usd_per_mw": option.capex_usd_per_mw,
            "capex_fraction": option.capex_fraction,
            "usd_per_mwh": option.usd_per_mwh,
        }
        for option in plan.unchosen
    ]


def _title_of(option: UnchosenOption, programme: ResolvedProgramme) -> str:
    if option.kind == "unit":
        return programme.power[option.name].title
    if option.kind == "connection":
        return f"Connection at {programme.sites[option.name].title}"
    campus, _, phase = option.name.partition("/")
    return f"{programme.campuses[campus].title}, {phase}"


def worth_rows(plan: Plan, programme: ResolvedProgramme) -> list[Row]:
    """Return one row per statement that binds in a year, that which costs most first."""

    def title(name: str) -> str:
        return _place_title(name, programme)

    return [
        {
            "kind": worth.kind,
            "place": worth.place,
            "title": title(worth.place),
            "year": worth.year,
            "value": worth.value,
            "unit": worth.unit,
            "size": worth.size,
            "total_usd": worth.total_usd,
            "sentence": worth_in_words(worth, title),
        }
        for worth in plan.worth
    ]


def _place_title(name: str, programme: ResolvedProgramme) -> str:
    """Return what a site, zone, project, reinforcement or class of slots is called."""
    site = name.removesuffix(REINFORCEMENT)
    if name in programme.power:
        return programme.power[name].title
    if site in programme.sites:
        title, _, remark = programme.sites[site].title.partition(" (")
        title = title if remark.endswith(")") else programme.sites[site].title
        return title if site == name else f"more grid connection at {title}"
    return name.replace("-", " ").replace("_", " ")


def planned_energy_rows(plan: Plan) -> list[Row]:
    """Return planned energy by year, site and source."""
    return [
        {"year": year, "site": site, "source": source, "mwh": mwh}
        for site, sources in plan.energy_mwh.items()
        for source, by_year in sources.items()
        for year, mwh in zip(plan.years, by_year, strict=True)
    ]


def planned_it_mw(plan: Plan, year: int) -> float:
    """Return the plan's compute at a year's end, IT MW; the last year holds after."""
    if year < plan.years[0]:
        return 0.0
    return plan.it_mw_by_year[min(year, plan.years[-1]) - plan.years[0]]


def plan_summary(plan: Plan, programme: ResolvedProgramme) -> dict[str, Any]:
    """Return the plan's part of a run's summary."""
    return {
        "objective_usd": plan.objective_usd,
        "bound_usd": plan.bound_usd,
        "gap": plan.gap,
        "status": plan.status,
        "decisions": decision_rows(plan, programme),
        "notes": list(plan.notes),
    }
