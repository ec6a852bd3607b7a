"""Whether a plan is a plan of this programme; and one entry for each thing it adds in a year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.programme.plan import AcceleratorPurchase, ConnectionBuild, PhaseBuild, Plan
from gigaplan.programme.resolved import ResolvedProgramme


def fitting_plan(programme: ResolvedProgramme, plan: Plan) -> Plan:
    """Return a plan whose purchases, phases and connections of one year are each one entry.

    Raises
    ------
    InputError
        If the plan names what the programme does not have, or builds less than nothing.
    """
    problems = [*_unknown(programme, plan), *_negative(plan)]
    if problems:
        raise InputError(problems)
    bought: dict[tuple[str, str, int], AcceleratorPurchase] = {}
    for buy in plan.accelerators:
        key = (buy.campus, buy.accelerator, buy.year)
        old = bought.get(key)
        bought[key] = buy if old is None else replace(buy, it_mw=old.it_mw + buy.it_mw)
    built: dict[tuple[str, str, int], PhaseBuild] = {}
    for phase in plan.phases:
        key = (phase.campus, phase.phase, phase.year)
        other = built.get(key)
        built[key] = phase if other is None else replace(phase, it_mw=other.it_mw + phase.it_mw)
    connected: dict[tuple[str, int], ConnectionBuild] = {}
    for step in plan.connections:
        before = connected.get((step.site, step.year))
        if before is not None:
            step = replace(
                step, mw=step.mw + before.mw, capex_usd=step.capex_usd + before.capex_usd
            )
        connected[step.site, step.year] = step
    return replace(
        plan,
        accelerators=tuple(bought.values()),
        phases=tuple(built.values()),
        connections=tuple(connected.values()),
    )


def _unknown(programme: ResolvedProgramme, plan: Plan) -> list[Problem]:
    out: list[Problem] = []

    def refer(what: str, name: str, allowed: Iterable[str]) -> bool:
        known = list(allowed)
        if name in known:
            return True
        out.append(
            Problem(
                f"the plan has {what} '{name}', which programme '{programme.name}' has not.",
                hint=nearest(name, known),
            )
        )
        return False

    for unit in plan.units:
        refer("units of", unit.project, programme.power)
    for phase in plan.phases:
        if refer("a phase of campus", phase.campus, programme.campuses):
            names = [p.name for p in programme.campuses[phase.campus].phases]
            refer(f"at campus '{phase.campus}' the phase", phase.phase, names)
    for buy in plan.accelerators:
        refer("accelerators at campus", buy.campus, programme.campuses)
        refer("the accelerator", buy.accelerator, programme.accelerators)
    for step in plan.connections:
        refer("a connection at", step.site, programme.sites)
    return out


def _negative(plan: Plan) -> list[Problem]:
    amounts = [(f"units of '{b.project}'", b.mw) for b in plan.units]
    amounts += [(f"phase '{b.phase}' of '{b.campus}'", b.it_mw) for b in plan.phases]
    amounts += [(f"'{b.accelerator}' at '{b.campus}'", b.it_mw) for b in plan.accelerators]
    amounts += [(f"a connection at '{b.site}'", b.mw) for b in plan.connections]
    return [
        Problem(f"the plan adds {mw:g} MW of {what}; 0 or more is allowed.")
        for what, mw in amounts
        if not mw >= 0
    ]
