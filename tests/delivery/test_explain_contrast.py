from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from gigaplan.core.errors import InputError
from gigaplan.core.random_streams import uniforms
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.explain import Condition, MustGoRight, what_must_go_right
from gigaplan.delivery.explain.proportion import proportion

Array = np.ndarray
CHANCE = {"licence": 0.6, "turbines": 0.5, "weather": 0.4}


def near(found: Estimate, expected: float, errors: float = 3.0) -> bool:
    return abs(found.mean - expected) <= errors * found.standard_error


def coins(draws: int, seed: int = 0) -> dict[str, Array]:
    return {name: uniforms(seed, "test", name, 1, draws)[0] < p for name, p in CHANCE.items()}


def both_needed(draws: int, seed: int = 0) -> MustGoRight:
    held = coins(draws, seed)
    return what_must_go_right(held["licence"] & held["turbines"], held)


def named(found: MustGoRight, name: str) -> Condition:
    return next(one for one in found.conditions if one.name == name)


@pytest.mark.parametrize("seed", [0, 1])
def test_independent_conditions_have_their_closed_form(seed: int) -> None:
    found = both_needed(20_000, seed)
    assert near(found.met, 0.3)
    licence, turbines = named(found, "licence"), named(found, "turbines")
    assert near(licence.holds, 0.6)
    assert licence.holds_if_met.mean == turbines.holds_if_met.mean == 1.0
    assert near(licence.holds_if_missed, 0.3 / 0.7)
    assert near(licence.more, 1 - 0.3 / 0.7)
    assert near(licence.met_if_holds, 0.5)
    assert near(licence.met_if_fails, 0.0)
    assert near(licence.lift, 0.5 / 0.3)
    assert near(turbines.lift, 0.6 / 0.3)
    weather = named(found, "weather")
    assert near(weather.more, 0.0)
    assert near(weather.lift, 1.0)
    assert near(weather.met_if_holds, 0.3)
    assert near(weather.met_if_fails, 0.3)


def test_what_holds_most_more_where_the_target_is_met_comes_first() -> None:
    found = both_needed(20_000)
    assert [one.name for one in found.conditions] == ["turbines", "licence", "weather"]
    gains = [one.more.mean for one in found.conditions]
    assert gains == sorted(gains, reverse=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_shares_are_counted_as_they_are_defined(rows: list[tuple[bool, bool, bool]]) -> None:
    met = np.array([row[0] for row in rows])
    held = {"a": np.array([row[1] for row in rows]), "b": np.array([row[2] for row in rows])}
    found = what_must_go_right(met, held)
    assert set(found.always) == {name for name, flags in held.items() if all(flags)}
    assert set(found.never) == {name for name, flags in held.items() if not any(flags)}
    if not 0 < met.sum() < len(rows):
        assert found.conditions == ()
        return
    assert {one.name for one in found.conditions} == (
        set(held) - set(found.always) - set(found.never)
    )
    for one in found.conditions:
        flags = held[one.name]
        assert one.holds_if_met.mean == pytest.approx(flags[met].mean())
        assert one.holds_if_missed.mean == pytest.approx(flags[~met].mean())
        assert one.met_if_holds.mean == pytest.approx(met[flags].mean())
        assert one.met_if_fails.mean == pytest.approx(met[~flags].mean())
        assert one.lift.mean == pytest.approx(met[flags].mean() / met.mean())
        assert one.more.mean == pytest.approx(flags[met].mean() - flags[~met].mean())
        for figure in (one.holds, one.more, one.met_if_fails, one.lift):
            assert 0 < figure.standard_error < math.inf


@pytest.mark.parametrize("name", ["licence", "weather"])
def test_standard_errors_are_the_spread_over_seeds(name: str) -> None:
    found = [named(both_needed(400, seed), name) for seed in range(400)]
    for what in ("holds_if_missed", "more", "met_if_holds", "lift"):
        figures = [getattr(one, what) for one in found]
        spread = np.std([one.mean for one in figures], ddof=1)
        # the spread over 400 seeds is itself known to 3.5%
        stated = np.mean([one.standard_error for one in figures])
        assert stated == pytest.approx(spread, rel=0.12), what


@pytest.mark.parametrize(("having", "draws"), [(0, 12), (12, 12), (3, 40), (1, 1)])
def test_a_share_has_the_error_of_its_beta_law(having: int, draws: int) -> None:
    found = proportion(having, draws)
    assert found.mean == having / draws
    known = float(beta(having + 1, draws - having + 1).std())
    assert found.standard_error == pytest.approx(known, rel=1e-12)


def test_the_conditions_that_are_enough_are_found() -> None:
    enough = both_needed(4096).enough
    assert set(enough.names) == {"licence", "turbines"}
    assert enough.reached
    assert enough.met.mean == 1.0
    assert near(enough.all_hold, 0.3)


def test_every_small_set_is_no_better_than_the_one_found() -> None:
    """Exact enumeration: no set of fewer conditions reaches the wished chance."""
    u = uniforms(3, "test", "", 7, 8000)
    held = {f"c{i}": u[i] < 0.75 for i in range(6)}
    met = (held["c0"] & held["c1"] & held["c4"]) | (u[6] < 0.05)
    enough = what_must_go_right(met, held).enough
    assert set(enough.names) == {"c0", "c1", "c4"}
    for size in range(3):
        for names in itertools.combinations(held, size):
            together = np.all([held[name] for name in names], axis=0) if names else met | True
            assert met[together].mean() < 0.9
    assert enough.met.mean == 1.0


def test_of_sets_that_are_enough_the_one_that_holds_more_often_is_taken() -> None:
    u = uniforms(4, "test", "", 3, 4096)
    common, rare = u[0] < 0.5, u[0] < 0.1
    met = (u[0] < 0.5) & (u[1] < 0.95)
    enough = what_must_go_right(met, {"rare": rare, "common": common}).enough
    assert enough.names == ("common",)
    assert near(enough.met, 0.95)
    assert near(enough.all_hold, 0.5)


def test_a_condition_that_others_make_needless_is_dropped() -> None:
    u = uniforms(5, "test", "", 3, 8192)
    held = {"a": u[0] < 0.5, "b": u[1] < 0.5}
    met = held["a"] & held["b"]
    # holds wherever the target is met, and in a tenth of the rest: the best single one
    held["sign"] = met | (u[2] < 0.1)
    assert what_must_go_right(met, held).conditions[0].name == "sign"
    assert what_must_go_right(met, held, wished=0.7).enough.names == ("sign",)
    assert set(what_must_go_right(met, held, wished=0.99).enough.names) == {"a", "b"}


def test_a_set_chosen_among_noise_is_not_flattered() -> None:
    """Sixty coins that tell nothing: chosen for their luck, the set does no better than any."""
    found = []
    for seed in range(40):
        u = uniforms(seed, "test", "", 61, 1000)
        noise = {f"c{i}": u[i] < 0.5 for i in range(60)}
        enough = what_must_go_right(u[60] < 0.5, noise).enough
        assert not enough.reached
        assert len(enough.names) > 1
        found.append(enough.met.mean)
    error = np.std(found, ddof=1) / math.sqrt(len(found))
    assert abs(np.mean(found) - 0.5) < 3 * error


def test_a_target_met_anyway_needs_no_condition() -> None:
    u = uniforms(6, "test", "", 2, 2000)
    enough = what_must_go_right(u[0] < 0.95, {"a": u[1] < 0.5}).enough
    assert enough.names == ()
    assert enough.reached
    assert enough.all_hold.mean == 1.0


def test_a_target_met_in_all_draws_or_none_is_said_so() -> None:
    held = coins(500)
    everywhere = what_must_go_right(np.ones(500, bool), held)
    assert everywhere.conditions == ()
    assert everywhere.message.startswith("The target is met in all 500 draws")
    assert everywhere.enough.names == ()
    assert everywhere.enough.reached
    nowhere = what_must_go_right(np.zeros(500, bool), held)
    assert nowhere.conditions == ()
    assert nowhere.message.startswith("The target is met in none of 500 draws")
    assert not nowhere.enough.reached
    assert nowhere.enough.met.mean == 0.0
    assert 0 < nowhere.met.standard_error < 0.01
    assert both_needed(500).message == ""


def test_conditions_that_hold_always_or_never_are_left_out() -> None:
    held = coins(500)
    met = held["licence"]
    given_all = {**held, "sunrise": np.ones(500, bool), "miracle": np.zeros(500, bool)}
    found = what_must_go_right(met, given_all)
    assert found.always == ("sunrise",)
    assert found.never == ("miracle",)
    assert {one.name for one in found.conditions} == set(held)


@pytest.mark.parametrize(
    ("met", "flags", "options", "message"),
    [
        (np.zeros(9), np.zeros(9, bool), {}, "the target holds float64"),
        (np.zeros((3, 3), bool), np.zeros(9, bool), {}, r"the target has shape \(3, 3\)"),
        (np.zeros(9, bool), np.zeros(9, int), {}, "condition 'a' holds int64"),
        (np.zeros(9, bool), np.zeros(8, bool), {}, r"'a' has shape \(8,\).*each of 9 draws"),
        (np.zeros(9, bool), np.zeros(9, bool), {"wished": 1.1}, "wished chance of 1.1"),
        (np.zeros(9, bool), np.zeros(9, bool), {"wished": 0.0}, "wished chance of 0"),
        (np.zeros(9, bool), np.zeros(9, bool), {"least_draws": 0}, "sets of 0 draws"),
    ],
)
def test_input_that_cannot_be_used_is_named(
    met: Array, flags: Array, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        what_must_go_right(met, {"a": flags}, **options)
