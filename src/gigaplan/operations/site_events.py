"""What a programme says of a site's gas and of events at its campus, as operations needs it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gigaplan.operations.fuels import FuelSupply
from gigaplan.operations.model import Unit
from gigaplan.operations.outage_model import CommonCause, LoadOutage
from gigaplan.programme.resolved import ResolvedProgramme


def _gas_units(programme: ResolvedProgramme, site: str, units: Sequence[Unit]) -> list[Unit]:
    """Return the units at the site that burn gas."""
    projects = programme.power
    return [
        unit
        for unit in units
        if projects[unit.source].site == site
        and projects[unit.source].fuel == "gas"
        and projects[unit.source].heat_rate_mmbtu_per_mwh > 0
    ]


def gas_supplies(
    programme: ResolvedProgramme, site: str, units: Sequence[Unit]
) -> tuple[FuelSupply, ...]:
    """Return the site's gas, if it is limited and anything burns it."""
    gas, burners = programme.sites[site].gas_supply, _gas_units(programme, site, units)
    if gas is None or not burners:
        return ()
    flow, budget = gas.pipeline_mmbtu_per_hour, gas.budget_mmbtu_per_year
    if flow is None and budget is None:
        return ()
    rates = {unit.source: programme.power[unit.source].heat_rate_mmbtu_per_mwh for unit in burners}
    return (
        FuelSupply(
            f"gas at {site}",
            rates,
            math.inf if flow is None else flow,
            math.inf if budget is None else budget,
        ),
    )


def gas_stops(
    programme: ResolvedProgramme, site: str, year: int, units: Sequence[Unit]
) -> tuple[CommonCause, ...]:
    """Return the events in which no gas comes."""
    gas, burners = programme.sites[site].gas_supply, _gas_units(programme, site, units)
    if gas is None or gas.stops_per_year <= 0 or not burners:
        return ()
    return (
        CommonCause(
            f"gas at {site} in {year}",
            tuple(unit.name for unit in burners),
            gas.stops_per_year,
            gas.stop_hours,
            below_celsius=gas.stops_below_celsius,
        ),
    )


def campus_outages(programme: ResolvedProgramme, site: str, year: int) -> tuple[LoadOutage, ...]:
    """Return the events of the campus itself."""
    return tuple(
        LoadOutage(
            f"{event.name} at {site} in {year}",
            event.mttf_hours,
            event.mttr_hours,
            event.lost_fraction,
        )
        for event in programme.sites[site].campus_events
    )
