"""The story of a site's worst event, told from its hours."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gigaplan.report import RunView
from gigaplan.report.events import worst_events
from gigaplan.report.labels import Names


def view_of(table: pd.DataFrame) -> RunView:
    return RunView({}, {"dispatch": table})


def hours(site: str, **mw: list[float]) -> list[dict[str, Any]]:
    return [
        {
            "site": site,
            "year": 2031,
            "window": "worst_event",
            "hour": 24 * 31 + i,
            "source": source,
            "mw": value,
        }
        for source, values in mw.items()
        for i, value in enumerate(values)
    ]


@pytest.fixture
def names() -> Names:
    return Names(pd.DataFrame(), pd.DataFrame())


def test_it_tells_when_how_much_and_what_fell(names: Names) -> None:
    rows = hours(
        "hyperion",
        load=[100.0, 100.0, 100.0, 100.0],
        grid=[80.0, 0.0, 10.0, 80.0],
        gas=[20.0, 20.0, 40.0, 20.0],
        unserved=[0.0, 80.0, 50.0, 0.0],
    )
    (event,) = worst_events(view_of(pd.DataFrame(rows)), names)
    assert event.site == "Hyperion"
    assert event.when == "1 Feb 2031, 01:00"
    assert event.size == "2 h, 130 MWh; at most 80 MW of 100 MW"
    assert "Fell: bought from the grid, 80 MW to 5 MW." in event.story
    assert "Rose: " in event.story
    assert "20 MW to 30 MW" in event.story


def test_the_largest_event_comes_first(names: Names) -> None:
    small = hours("a", load=[10.0, 10.0], grid=[10.0, 9.0], unserved=[0.0, 1.0])
    large = hours("b", load=[10.0, 10.0], grid=[10.0, 2.0], unserved=[0.0, 8.0])
    found = worst_events(view_of(pd.DataFrame(small + large)), names)
    assert [event.site for event in found] == ["B", "A"]


def test_a_site_that_was_never_short_has_no_event(names: Names) -> None:
    rows = hours("a", load=[10.0, 10.0], grid=[10.0, 10.0], unserved=[0.0, 0.0])
    assert worst_events(view_of(pd.DataFrame(rows)), names) == []
