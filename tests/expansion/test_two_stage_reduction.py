"""Scenario reduction against its definition and against transport solved as a program."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from gigaplan.core.errors import InputError
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.stochastic import reduce_scenarios


def some(seed: int, count: int = 9) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 2)), rng.dirichlet(np.ones(count))


def distances(values: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(values[:, None] - values[None], axis=2))


def left(apart: FloatArray, chance: FloatArray, kept: list[int]) -> float:
    return float(chance @ apart[:, kept].min(axis=1))


def transport(apart: FloatArray, given: FloatArray, taken: FloatArray) -> float:
    """Return the Kantorovich distance of two measures as the program that defines it."""
    n, m = apart.shape
    same = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    edges = np.concatenate([given, taken])
    told = linprog(apart.ravel(), A_eq=same, b_eq=edges, bounds=(0, None))
    assert told.fun is not None
    return float(told.fun)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [1, 3, 6])
def test_the_error_is_the_kantorovich_distance_to_what_is_kept(seed: int, count: int) -> None:
    values, chance = some(seed)
    apart = distances(values)
    kept, weights, error = reduce_scenarios(values, chance, count)
    single = min(left(apart, chance, [u]) for u in range(len(values)))
    assert weights.sum() == pytest.approx(1.0)
    assert error * single == pytest.approx(transport(apart[:, kept], chance, weights), rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_each_scenario_chosen_is_the_one_that_leaves_least(seed: int) -> None:
    values, chance = some(seed)
    apart = distances(values)
    kept = reduce_scenarios(values, chance, 5).chosen.tolist()
    for n in range(5):
        others = [u for u in range(len(values)) if u not in kept[:n]]
        best = min(others, key=lambda u: left(apart, chance, [*kept[:n], u]))
        assert kept[n] == best


def test_the_first_is_the_best_single_one_and_two_never_beat_the_best_two() -> None:
    for seed in range(20):
        values, chance = some(seed)
        apart = distances(values)
        pair = min(left(apart, chance, list(two)) for two in combinations(range(9), 2))
        single = min(left(apart, chance, [u]) for u in range(9))
        kept = reduce_scenarios(values, chance, 2).chosen.tolist()
        assert left(apart, chance, kept[:1]) == pytest.approx(single)
        assert left(apart, chance, kept) >= pair - 1e-12


def test_all_kept_leave_no_error_and_one_kept_leaves_it_all() -> None:
    values, chance = some(1)
    everything = reduce_scenarios(values, chance, 9)
    assert sorted(everything.chosen) == list(range(9))
    assert everything.probabilities == pytest.approx(chance[everything.chosen])
    assert everything.error_fraction == 0.0
    assert reduce_scenarios(values, chance, 1).error_fraction == 1.0


def test_two_clusters_are_told_by_their_heaviest_members() -> None:
    values = [[0.0], [0.1], [10.0], [10.1]]
    found = reduce_scenarios(values, [0.6, 0.1, 0.1, 0.2], 2)
    assert sorted(found.chosen) == [0, 3]
    by_place = dict(zip(found.chosen.tolist(), found.probabilities, strict=True))
    assert by_place == {0: pytest.approx(0.7), 3: pytest.approx(0.3)}


def test_twins_share_their_probability_whichever_is_kept() -> None:
    found = reduce_scenarios([[1.0], [1.0], [1.0]], [0.2, 0.3, 0.5], 2)
    assert found.chosen.tolist() == [0, 1]
    assert found.probabilities.sum() == pytest.approx(1.0)
    assert found.error_fraction == 0.0


def test_faults_are_named() -> None:
    with pytest.raises(InputError, match=r"probabilities: sum to 0\.9"):
        reduce_scenarios([[0.0], [1.0]], [0.4, 0.5], 1)
    with pytest.raises(InputError, match="count: found 3; a number from 1 to 2"):
        reduce_scenarios([[0.0], [1.0]], [0.5, 0.5], 3)
    with pytest.raises(InputError, match="values: holds what is not a number"):
        reduce_scenarios([[0.0], [np.nan]], [0.5, 0.5], 1)
