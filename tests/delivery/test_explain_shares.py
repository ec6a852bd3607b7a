from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from gigaplan.core.errors import InputError
from gigaplan.core.random_streams import normals, uniforms
from gigaplan.delivery import Activity, Quantiles, simulate
from gigaplan.delivery.explain import VarianceShares, variance_shares

Array = np.ndarray
Evaluate = Callable[[frozenset[str]], Array]


def names(count: int) -> list[str]:
    return [f"x{i}" for i in range(count)]


def pick_freeze(function: Callable[[Array], Array], kept: Array, anew: Array) -> Evaluate:
    """One group per row of two sets of inputs [group, draw]; one output or several."""

    def evaluate(resampled: frozenset[str]) -> Array:
        rows = [anew[i] if f"x{i}" in resampled else kept[i] for i in range(len(kept))]
        return np.atleast_2d(function(np.array(rows)))

    return evaluate


def random_normals(count: int, draws: int, seed: int = 0) -> tuple[Array, Array]:
    both = normals(seed, "test", "", 2 * count, draws)
    return both[:count], both[count:]


def sobol_points(count: int, draws: int) -> tuple[Array, Array]:
    """The points' first coordinates are the numbers kept, the others those drawn anew."""
    points = qmc.Sobol(2 * count, rng=7).random(draws).T
    return points[:count], points[count:]


def near(value: Array, expected: object, error: Array, errors: float = 3.0) -> bool:
    return bool(np.all(np.abs(value - np.asarray(expected)) <= errors * error + 1e-12))


def test_the_ishigami_function_has_its_published_indices(shared: Path) -> None:
    text = (shared / "vectors/sensitivity/ishigami.json").read_text()
    known = json.loads(text)["ishigami"]

    def ishigami(u: Array) -> Array:
        x = -math.pi + 2 * math.pi * u
        waves = np.sin(x[0]) + known["a"] * np.sin(x[1]) ** 2
        return np.asarray(waves + known["b"] * x[2] ** 4 * np.sin(x[0]))

    found = variance_shares(pick_freeze(ishigami, *sobol_points(3, 2**14)), names(3))
    assert np.abs(found.first_order[:, 0] - known["S1"]).max() < 0.001
    assert np.abs(found.total_effect[:, 0] - known["ST"]).max() < 0.001
    assert found.variance[0] == pytest.approx(known["variance"], rel=0.001)
    # the only interaction is of the first and third, half to each
    half = (known["ST"][0] - known["S1"][0]) / 2
    shapley = [known["S1"][0] + half, known["S1"][1], half]
    assert np.abs(found.shapley[:, 0] - shapley).max() < 0.001


G_FUNCTION = np.array([0.0, 0.5, 3.0, 9.0, 99.0])


def g_function(u: Array) -> Array:
    a = G_FUNCTION[: len(u), None]
    return np.asarray(np.prod((np.abs(4 * u - 2) + a) / (1 + a), axis=0))


def exact_g_function() -> tuple[Array, Array, Array]:
    """First order, total and Shapley from the variance of every set of inputs, by hand."""
    own = 1 / (3 * (1 + G_FUNCTION) ** 2)
    k = len(own)
    first, total, shapley = np.zeros(k), np.zeros(k), np.zeros(k)
    for size in range(1, k + 1):
        for members in itertools.combinations(range(k), size):
            part = float(np.prod(own[list(members)]))
            for i in members:
                first[i] += part if size == 1 else 0
                total[i] += part
                shapley[i] += part / size
    variance = np.prod(1 + own) - 1
    return first / variance, total / variance, shapley / variance


def test_the_g_function_of_sobol_has_its_closed_form() -> None:
    found = variance_shares(pick_freeze(g_function, *sobol_points(5, 2**13)), names(5))
    first, total, shapley = exact_g_function()
    assert np.abs(found.first_order[:, 0] - first).max() < 0.005
    assert np.abs(found.total_effect[:, 0] - total).max() < 0.005
    assert np.abs(found.shapley[:, 0] - shapley).max() < 0.005


def test_another_library_finds_the_same_indices() -> None:
    sample = pytest.importorskip("SALib.sample.sobol")
    analyze = pytest.importorskip("SALib.analyze.sobol")
    problem = {"num_vars": 3, "names": names(3), "bounds": [[0.0, 1.0]] * 3}
    points = sample.sample(problem, 2**13, calc_second_order=False, seed=3)
    theirs = analyze.analyze(
        problem, g_function(points.T), calc_second_order=False, num_resamples=10, seed=3
    )
    ours = variance_shares(pick_freeze(g_function, *sobol_points(3, 2**13)), names(3))
    assert np.abs(ours.first_order[:, 0] - theirs["S1"]).max() < 0.01
    assert np.abs(ours.total_effect[:, 0] - theirs["ST"]).max() < 0.01


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("groups", [4, 10])
def test_a_linear_gaussian_model_has_its_closed_form(seed: int, groups: int) -> None:
    slope = np.array([3.0, 2.0, 1.0, 0.5, 0.25, 0.5, 1.0, 1.5, 0.1, 0.0])[:groups]

    def linear(x: Array) -> Array:
        return np.asarray(100 + slope @ x)

    found = variance_shares(pick_freeze(linear, *random_normals(groups, 4096, seed)), names(groups))
    share = (slope**2 / (slope**2).sum())[:, None]
    # thirty comparisons a case: the largest of so many is allowed four errors
    assert near(found.first_order, share, found.first_order_standard_error, 4)
    assert near(found.total_effect, share, found.total_effect_standard_error, 4)
    assert near(found.shapley, share, found.shapley_standard_error, 4)
    assert near(found.variance, (slope**2).sum(), found.variance_standard_error)
    assert near(found.outside, 0.0, found.outside_standard_error)


def test_what_two_groups_do_only_together_is_dealt_out_half_and_half() -> None:
    pair = pick_freeze(lambda x: np.asarray(x[0] * x[1]), *random_normals(3, 8192))
    found = variance_shares(pair, names(3))
    assert near(found.first_order, 0.0, found.first_order_standard_error)
    assert near(found.total_effect[:2], 1.0, found.total_effect_standard_error[:2])
    assert near(found.shapley[:2], 0.5, found.shapley_standard_error[:2])
    assert found.shapley[2, 0] == found.first_order[2, 0] == found.total_effect[2, 0] == 0


@pytest.mark.parametrize("groups", [4, 9])
def test_a_group_that_matters_to_nothing_has_no_share(groups: int) -> None:
    def irrelevant_last(x: Array) -> Array:
        return np.asarray(np.exp(0.3 * x[:-1].sum(axis=0)))

    found = variance_shares(
        pick_freeze(irrelevant_last, *random_normals(groups, 1024)), names(groups)
    )
    assert near(found.shapley[-1], 0.0, found.shapley_standard_error[-1])
    assert near(found.first_order[-1], 0.0, found.first_order_standard_error[-1])
    assert found.total_effect[-1] == 0.0


def slow_shares(evaluate: Evaluate, count: int) -> tuple[Array, Array, Array]:
    """The same indices as they are defined: c(S) over all pairs, Shapley over all orders."""
    label = names(count)

    def outputs(members: frozenset[int]) -> Array:
        return np.asarray(evaluate(frozenset(label[i] for i in members))[0])

    everyone = [
        frozenset(s) for n in range(count + 1) for s in itertools.combinations(range(count), n)
    ]

    def cost(flipped: frozenset[int]) -> float:
        moved = [np.mean((outputs(r) - outputs(r ^ flipped)) ** 2) / 2 for r in everyone]
        return float(np.mean(moved))

    c = {s: cost(s) for s in everyone}
    whole = frozenset(range(count))
    first = np.array([c[whole] - c[whole - {i}] for i in range(count)])
    total = np.array([c[frozenset({i})] for i in range(count)])
    shapley = np.zeros(count)
    orders = list(itertools.permutations(range(count)))
    for order in orders:
        for place, i in enumerate(order):
            before = frozenset(order[:place])
            shapley[i] += (c[before | {i}] - c[before]) / len(orders)
    return first / c[whole], total / c[whole], shapley / c[whole]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([0.0, 1e6]))
def test_all_indices_are_what_their_definitions_say(seed: int, count: int, level: float) -> None:
    weight = uniforms(seed, "weights", "", count, count)

    def mixed(x: Array) -> Array:
        return np.asarray(level + np.einsum("id,ij,jd->d", x, weight, x) + x.sum(axis=0))

    evaluate = pick_freeze(mixed, *random_normals(count, 80, seed))
    found = variance_shares(evaluate, names(count))
    first, total, shapley = slow_shares(evaluate, count)
    assert found.first_order[:, 0] == pytest.approx(first, abs=1e-6)
    assert found.total_effect[:, 0] == pytest.approx(total, abs=1e-6)
    assert found.shapley[:, 0] == pytest.approx(shapley, abs=1e-6)
    assert found.shapley.sum(axis=0) == pytest.approx(1.0, abs=1e-12)
    assert np.all(found.shapley >= 0)
    assert np.all(found.total_effect >= found.first_order - 1e-12)


def three_outputs(x: Array) -> Array:
    return np.array([x.sum(axis=0), np.prod(x[:2], axis=0), np.full(x.shape[1], 7.0)])


@pytest.mark.parametrize("groups", [3, 9])
def test_an_output_without_variance_has_shares_of_zero_and_says_so(groups: int) -> None:
    found = variance_shares(
        pick_freeze(three_outputs, *random_normals(groups, 512)), names(groups), pairs=2
    )
    assert found.moves.tolist() == [True, True, False]
    for share in (
        found.first_order,
        found.total_effect,
        found.shapley,
        found.shapley_standard_error,
    ):
        assert np.all(share[:, 2] == 0)
    assert found.variance[2] == found.outside[2] == 0
    assert found.shapley[:, :2].sum(axis=0) == pytest.approx(1.0, abs=1e-12)


def test_rounding_is_not_taken_for_variance() -> None:
    def same(x: Array) -> Array:
        return np.asarray(24_000 + 1e-15 * x.sum(axis=0) * 24_000)

    found = variance_shares(pick_freeze(same, *random_normals(2, 128)), names(2))
    assert not found.moves[0]
    assert np.all(found.shapley == 0)


def test_a_group_that_was_forgotten_shows_as_a_share_outside() -> None:
    evaluate = pick_freeze(lambda x: np.asarray(x.sum(axis=0)), *random_normals(4, 8192))
    found = variance_shares(evaluate, names(3))
    assert near(found.outside, 0.25, found.outside_standard_error)
    assert near(found.shapley, 1 / 3, found.shapley_standard_error)


def test_sampled_orders_agree_with_all_of_them() -> None:
    """Nine groups, the ninth without effect, beside the same eight with every order counted."""
    slope = np.array([2.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.2, 0.1])

    def mixed(x: Array) -> Array:
        return np.asarray(slope @ x[:8] + 0.8 * x[0] * x[1] + 0.6 * x[2] * x[3] * x[4])

    exact = slope**2
    exact[:2] += 0.8**2 / 2
    exact[2:5] += 0.6**2 / 3
    kept, anew = random_normals(9, 4096, seed=5)
    all_orders = variance_shares(pick_freeze(mixed, kept[:8], anew[:8]), names(8))
    some_orders = variance_shares(pick_freeze(mixed, kept, anew), names(9), pairs=8)
    assert all_orders.exact
    assert not some_orders.exact
    assert all_orders.evaluations == 2**8
    assert some_orders.evaluations <= 4 * 9 + 2 * 8 * 6
    share = (exact / exact.sum())[:, None]
    assert near(all_orders.shapley, share, all_orders.shapley_standard_error)
    assert near(some_orders.shapley[:8], share, some_orders.shapley_standard_error[:8])
    assert np.all(all_orders.order_standard_error == 0)
    assert np.all(some_orders.order_standard_error[:5] > 0)


@pytest.mark.parametrize("groups", [3, 9])
def test_standard_errors_are_the_spread_over_seeds(groups: int) -> None:
    def mixed(x: Array) -> Array:
        return np.asarray(x.sum(axis=0) + 0.8 * x[0] * x[1])

    runs = [
        variance_shares(
            pick_freeze(mixed, *random_normals(groups, 256, seed)),
            names(groups),
            pairs=4,
            seed=seed,
        )
        for seed in range(60)
    ]

    def ratio(value: str) -> float:
        spread = np.std([getattr(run, value) for run in runs], axis=0, ddof=1)
        stated = np.mean([getattr(run, f"{value}_standard_error") for run in runs], axis=0)
        return float(np.mean(stated / spread))

    # the spread over 60 runs is itself known to a tenth; orders and draws count a little twice
    for value in ("first_order", "total_effect", "shapley", "variance", "outside"):
        assert 0.8 < ratio(value) < 1.35, value


def test_the_same_call_gives_the_same_shares() -> None:
    evaluate = pick_freeze(three_outputs, *random_normals(10, 256))
    one, two = (variance_shares(evaluate, names(10), pairs=3, seed=4) for _ in range(2))
    other = variance_shares(evaluate, names(10), pairs=3, seed=5)
    assert np.array_equal(one.shapley, two.shapley)
    assert np.array_equal(one.first_order, other.first_order)
    assert not np.array_equal(one.shapley, other.shapley)


def test_groups_are_ranked_by_their_shapley_effect() -> None:
    slope = np.array([1.0, 3.0, 0.0, 0.0])
    found = variance_shares(
        pick_freeze(lambda x: np.asarray(slope @ x), *random_normals(4, 256)), names(4)
    )
    ranked = found.ranked()
    assert [share.group for share in ranked] == ["x1", "x0", "x2", "x3"]
    assert ranked[0].shapley.mean == found.shapley[1, 0]
    assert ranked[0].total_effect.standard_error == found.total_effect_standard_error[1, 0]
    with pytest.raises(InputError, match="output 1 was asked for; 0 to 0"):
        found.ranked(1)


def test_a_simulated_schedule_is_explained_by_renaming_its_streams() -> None:
    def evaluate(resampled: frozenset[str]) -> Array:
        def stream(name: str) -> str:
            return name + " anew" if name in resampled else name

        cause = stream("regime")
        result = simulate(
            [
                Activity(
                    "licence",
                    Quantiles(18, 27, 48),
                    loadings={cause: 0.8},
                    entity=stream("licence"),
                ),
                Activity("build", Quantiles(40, 54, 80), ["licence"], entity=stream("build")),
            ],
            factors=[cause],
            draws=4096,
            keep=["build"],
        )
        return result.finish_months

    found = variance_shares(evaluate, ["licence", "build", "regime"])
    licence = variance_of(Quantiles(18, 27, 48))
    build = variance_of(Quantiles(40, 54, 80))
    whole = licence + build
    assert near(found.shapley[1], build / whole, found.shapley_standard_error[1])
    regime = float(found.shapley[2, 0])
    # a loading of 0.8 explains 64% of the score, and about that of the months
    assert regime == pytest.approx(0.64 * licence / whole, rel=0.1)
    assert near(found.outside, 0.0, found.outside_standard_error)


def variance_of(duration: Quantiles) -> float:
    months = simulate([Activity("a", duration)], draws=200_000, seed=99).finish("a")
    return float(months.var())


@pytest.mark.parametrize(
    ("outputs", "groups", "options", "message"),
    [
        (np.zeros((1, 64)), [], {}, "there is no group"),
        (np.zeros((1, 64)), ["a", "a"], {}, "same name"),
        (np.zeros(64), ["a"], {}, r"nothing drawn anew have shape \(64,\)"),
        (np.zeros((0, 64)), ["a"], {}, r"shape \(0, 64\)"),
        (np.full((1, 64), np.inf), ["a"], {}, "64 of 64 outputs .* give it a last month"),
        (np.full((1, 64), np.nan), ["a"], {}, "not finite"),
        (np.zeros((1, 63)), ["a"], {}, "63 draws are too few .* 64 or more"),
        (np.zeros((1, 64)), ["a"], {"batches": 1}, "1 batches were asked for"),
        (np.zeros((1, 64)), names(9), {"pairs": 1}, "1 pairs of orders"),
    ],
)
def test_input_that_cannot_be_used_is_named(
    outputs: Array, groups: list[str], options: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        variance_shares(lambda _: outputs, groups, **options)


def test_evaluations_of_different_shape_are_named() -> None:
    def uneven(resampled: frozenset[str]) -> Array:
        return np.zeros((1, 128 if "b" in resampled else 64))

    with pytest.raises(InputError, match=r"a, b drawn anew have shape \(1, 128\).*\(1, 64\)"):
        variance_shares(uneven, ["a", "b"])


def test_shares_are_of_all_outputs_at_once() -> None:
    kept, anew = random_normals(3, 512)
    both: VarianceShares = variance_shares(pick_freeze(three_outputs, kept, anew), names(3))
    for row in range(2):
        alone = variance_shares(
            pick_freeze(lambda x, row=row: three_outputs(x)[row], kept, anew),  # type: ignore[misc]
            names(3),
        )
        assert both.shapley[:, row] == pytest.approx(alone.shapley[:, 0], abs=1e-12)
