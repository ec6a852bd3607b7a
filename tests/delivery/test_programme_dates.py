from __future__ import annotations

from dataclasses import replace

import pytest
from tests.delivery.announced import announced_plan, bundled

from gigaplan.core.timeline import month_index, month_text
from gigaplan.delivery import deliver
from gigaplan.delivery.programme_dates import PlannedDates, shifted_month
from gigaplan.programme.plan import AcceleratorPurchase, UnitBuild

# one-campus opens a phase each January from 2028 to 2031


@pytest.mark.parametrize(
    ("year", "planned"),
    [(2027, "2027-12"), (2029, "2029-01"), (2031, "2031-01"), (2032, "2032-07")],
)
def test_engines_come_when_announced_or_with_the_first_phase_of_their_year(
    year: int, planned: str
) -> None:
    programme = bundled("one-campus")
    plan = announced_plan(programme)
    engines = programme.power["engines"]
    month = PlannedDates(programme, plan).chosen_month(engines.site, engines.month, year)
    assert month_text(month) == planned


def test_a_phase_built_later_keeps_its_calendar_month() -> None:
    assert shifted_month(month_index("2029-12"), 2031) == month_index("2031-12")
    assert shifted_month(month_index("2029-12"), 2029) == month_index("2029-12")


def test_worn_out_chips_leave_in_the_year_that_replaces_them_and_stay_after_the_plan() -> None:
    programme = bundled("one-campus")
    chip = replace(programme.accelerators["gb300"], life_years=2.5)
    programme = replace(programme, accelerators={**programme.accelerators, "gb300": chip})
    bought = (
        AcceleratorPurchase("new-albany", "gb300", 2028, 250.0, 0.0),
        AcceleratorPurchase("new-albany", "gb300", 2030, 250.0, 0.0),
    )
    units = (UnitBuild("engines", 2027, 1.0, 600.0, "own", 0.0),)
    plan = replace(announced_plan(programme), accelerators=bought, units=units)
    found = deliver(programme, plan, draws=400)
    first = next(i for i, e in enumerate(found.entities) if e.name == "gb300-2028")
    timely = found.online_month[first] < 12 * 2029
    online = found.online_it_mw()[:, timely].max(axis=1)
    at = {y: online[found.timeline.position(12 * y + 11)] for y in range(2027, 2040)}
    assert at[2030] == pytest.approx(500)
    # 2.5 years after 2028 they are gone at the end of 2031, and 2030's outlast the plan
    assert at[2031] == pytest.approx(250)
    assert at[2039] == pytest.approx(250)
