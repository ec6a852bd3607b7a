from __future__ import annotations

import math

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.delivery import (
    Activity,
    Approval,
    Duration,
    Factors,
    Fixed,
    Holds,
    Link,
    Normal,
    Slots,
    nearest_correlation,
    simulate,
)


def refused(match: str, *activities: Activity, **options: object) -> None:
    with pytest.raises(InputError, match=match):
        simulate(list(activities), draws=10, **options)  # type: ignore[arg-type]


def test_a_circle_is_named() -> None:
    refused(
        "in a circle: 'a' -> 'b' -> 'c' -> 'a'",
        Activity("a", 1.0, ["c"]),
        Activity("b", 1.0, ["a"]),
        Activity("c", 1.0, ["b"]),
        Activity("d", 1.0, ["a"]),
    )


def test_an_activity_that_follows_itself_is_a_circle() -> None:
    refused("in a circle: 'a' -> 'a'", Activity("a", 1.0, ["a"]))


def test_an_unknown_predecessor_is_named_with_the_nearest() -> None:
    refused(
        "'b' follows 'licens', which is no activity. Did you mean 'licence'?",
        Activity("licence", 1.0),
        Activity("b", 1.0, ["licens"]),
    )


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        simulate(
            [
                Activity("a", -1.0),
                Activity("a", 1.0, ["x"]),
                Activity("c", 1.0, slots="crow", priority=math.nan),
                Activity("d", 1.0, approval=Approval(1.2, attempts=0)),
            ],
            slots={"crew": Slots(0)},
        )
    text = str(caught.value)
    for part in (
        "'a': a duration is -1 months",
        "two activities have the id 'a'",
        "'a' follows 'x'",
        "'c' needs slots of 'crow', which is no class. Did you mean 'crew'?",
        "'c' has priority nan",
        "'d' succeeds with probability 1.2",
        "'d' has 0 attempts",
        "'crew' has 0 slots",
    ):
        assert part in text


def test_a_negative_lag_is_refused() -> None:
    with pytest.raises(InputError, match="lag after 'a' is -2 months"):
        Link("a", -2)


def test_a_correlation_of_1_2_is_refused() -> None:
    with pytest.raises(InputError, match=r"correlation of 'a' with 'b' is 1\.2; -1 to 1"):
        Factors(("a", "b"), {("a", "b"): 1.2})


def test_a_loading_beyond_one_is_refused() -> None:
    refused("has a loading of 1.2 on 'f'", Activity("a", 1.0, loadings={"f": 1.2}), factors=["f"])


def test_loadings_that_explain_more_than_all_are_refused() -> None:
    refused(
        "shared causes of 'a' explain 128% of its variance",
        Activity("a", Normal(9, 1), loadings={"f": 0.8, "g": 0.8}),
        factors=["f", "g"],
    )


def test_an_unknown_cause_is_named_with_the_nearest() -> None:
    refused(
        "'a' is moved by 'labor', which is no shared cause. Did you mean 'labour'?",
        Activity("a", 1.0, loadings={"labor": 0.2}),
        factors=["labour"],
    )


def test_correlations_that_contradict_each_other_are_repaired_with_a_message() -> None:
    pairs = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}
    result = simulate(
        [Activity(n, Normal(50, 5), loadings={n: 1.0}) for n in "abc"],
        factors=Factors(tuple("abc"), pairs),
        draws=100_000,
    )
    assert "contradict each other" in result.messages[0]
    found = np.corrcoef(result.finish_months)
    expected = nearest_correlation(Factors(tuple("abc"), pairs).matrix())
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_the_nearest_correlation_is_higham_s() -> None:
    # the example of section 5 of Higham (2002), to the four digits printed there
    given = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    found = nearest_correlation(given)
    expected = [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]
    np.testing.assert_allclose(found, expected, atol=5e-5)


def test_correlations_that_agree_are_left_alone() -> None:
    result = simulate(
        [Activity("a", 1.0)], factors=Factors(("f", "g"), {("f", "g"): 1.0}), draws=10
    )
    assert result.messages == ()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"draws": 0}, "0 draws were asked for"),
        ({"threads": 0}, "0 threads were asked for"),
        ({"keep": ["b"]}, "'b' is to be kept, but is no activity"),
        ({"keep": ["a", "a"]}, "named twice"),
        ({"holds": {"d": Holds(-1.0, 3.0)}}, "come -1 times a year"),
        ({"holds": {"d": Holds(1.0, -3.0)}}, "is -3 months"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        simulate([Activity("a", 1.0)], **options)  # type: ignore[arg-type]


def test_a_schedule_without_activities_is_refused() -> None:
    refused("there is no activity")


@pytest.mark.parametrize("duration", [0.0, 3, Fixed(2.5)])
def test_known_durations_are_exact(duration: Duration | float) -> None:
    expected = duration.months if isinstance(duration, Fixed) else float(duration)  # type: ignore[arg-type]
    assert np.all(simulate([Activity("a", duration)], draws=3).finish("a") == expected)


def test_ten_thousand_units_are_simulated() -> None:
    units = [
        Activity(f"u{i}.{s}", Normal(20, 3), [f"u{i}.{s - 1}"] if s else [], project=f"u{i}")
        for i in range(10_000)
        for s in range(2)
    ]
    found = simulate(units, draws=64, keep=["u7.1"])
    assert np.all(np.isfinite(found.finish("u7.1")))
