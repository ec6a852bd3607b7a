"""Wrong problems are refused with what was found and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.expansion import (
    Campus,
    EitherOr,
    ExpansionProblem,
    Goal,
    Hours,
    Limits,
    Period,
    Storage,
    Supply,
    Zone,
    solve,
)

Builder = Callable[..., ExpansionProblem]


def plant(**fields: Any) -> dict[str, Any]:
    return {"supplies": (Supply(name="plant", site="here", **fields),)}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (plant(availability=np.array([0.5, 0.5])), r"options.plant.availability: has shape \(2,\)"),
        (plant(availability=np.nan), "options.plant.availability: found nan"),
        (plant(availability=-0.1), "numbers of at least 0 are needed"),
        (plant(existing_mw=[1.0, 2.0]), "one number or 1 are needed"),
        (plant(capex_usd_per_mw=-1.0), "options.plant.capex_usd_per_mw: found -1"),
        (plant(min_mw=20.0, max_mw=10.0), "is 10 MW above max_mw"),
        (plant(life_years=0.0), "options.plant.life_years: found 0"),
        (plant(spend_fractions=(0.5, 0.4)), "shares of 0 or more, of sum 1"),
        (plant(must_run_fraction=1.5), "a number from 0 to 1 is needed"),
        (plant(max_mw=1e9), "options.plant.max_mw: found 1e\\+09"),
        (
            {"supplies": (Supply(name="plant", site="hare"),)},
            "names the site 'hare', which is not given. Did you mean 'here'",
        ),
        ({"site": {"pue": 0.9}}, r"sites.here.pue: found 0.9"),
        ({"site": {"zone": "y"}}, "names the zone 'y'"),
        ({"site": {"it_load_fraction": 1.2}}, "numbers from 0 to 1 are needed"),
        ({"site": {"export_price_fraction": 0.5}}, "exports, but has no zone"),
        (
            {
                "zones": (
                    Zone(name="z", price_usd_per_mwh=1.0),
                    Zone(name="z", price_usd_per_mwh=1.0),
                )
            },
            "2 have the name 'z'",
        ),
        (
            {"storages": (Storage(name="s", site="here", charge_efficiency_fraction=1.1),)},
            "options.s.charge_efficiency_fraction: found 1.1",
        ),
        (
            {"campuses": (Campus(name="it", site="here", accelerators=("x",)),)},
            "names the accelerator 'x'",
        ),
        ({"goal": Goal(target_it_mw=[1.0, 2.0])}, "goal.target_it_mw"),
        ({"limits": Limits(clean_share_fraction=1.1)}, "limits.clean_share_fraction: found 1.1"),
        ({"rules": (EitherOr(("a", "b")),)}, "names the option or campus 'a'"),
        ({**plant(), "rules": (EitherOr(("plant",)),)}, "needs a max_mw for 'plant'"),
        ({"periods": (Period(2031), Period(2030))}, "at least one, rising"),
        ({"periods": (Period(2031, 0.0),)}, "must be above 0"),
        ({"weights": (1.0, -1.0)}, "weights must be one row of numbers above 0"),
        ({"chains": (3,)}, "chains of 3 steps in all; there are 1"),
    ],
)
def test_a_wrong_problem_is_refused(
    one_site: Builder, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        one_site(**fields)


def test_every_fault_is_told_at_once(one_site: Builder) -> None:
    with pytest.raises(InputError) as caught:
        one_site(**plant(life_years=-1.0, availability=2 * np.ones(7)), site={"pue": 0.5})
    assert len(caught.value.problems) == 3


def test_a_negative_gap_is_refused(one_site: Builder) -> None:
    with pytest.raises(InputError, match="gap is -1"):
        solve(one_site(**plant()), gap=-1)


def test_full_chronology_is_one_chain() -> None:
    hours = Hours.chronology(48)
    assert hours.chain_lengths == (48,)
    assert len(hours) == 48
