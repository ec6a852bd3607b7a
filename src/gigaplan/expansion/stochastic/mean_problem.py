"""The problem of a planner who reads the mean of every figure as if it were certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from gigaplan.core.errors import InputError
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.stochastic.model import Scenario, TwoStage, option_names

_NO_MEAN = frozenset(
    (
        "year",
        "earliest_year",
        "latest_year",
        "committed_year",
        "available_from_year",
        "available_until_year",
        "through_year",
        "hours",
        "unit_mw",
        "at_most",
        "whole",
        "sequential",
        "sunk_before_start",
    )
)
"""Fields that scenarios must agree on: a mean date is no date."""


def mean_scenario(two_stage: TwoStage) -> Scenario:
    """Return the one scenario whose every figure, delays too, is the mean over the scenarios.

    Raises
    ------
    InputError
        If scenarios differ in what has no mean: a name, a choice, a date, what there is.
    """
    scenarios, chance = two_stage.scenarios, two_stage.probabilities
    names = option_names(scenarios[0].problem)
    late = [
        np.array([scenario.delay_years.get(name, 0.0) for scenario in scenarios])
        for name in sorted(names)
    ]
    problem = _mean([scenario.problem for scenario in scenarios], chance, "problem")
    assert isinstance(problem, ExpansionProblem)
    return Scenario(
        name="mean",
        probability=1.0,
        problem=problem,
        delay_years={
            name: float(years @ chance)
            for name, years in zip(sorted(names), late, strict=True)
            if years.any()
        },
    )


def _mean(values: Sequence[Any], chance: FloatArray, path: str) -> Any:
    first = values[0]
    last = path.rpartition(".")[2]
    if all(_same(value, first) for value in values):
        return first
    if last in _NO_MEAN:
        raise _no_mean(path)
    if is_dataclass(first) and all(type(value) is type(first) for value in values):
        parts = {
            item.name: _mean([getattr(v, item.name) for v in values], chance, f"{path}.{item.name}")
            for item in fields(first)
        }
        return replace(first, **parts)  # type: ignore[type-var]
    if isinstance(first, Mapping):
        if any(set(value) != set(first) for value in values):
            raise _no_mean(path)
        return {k: _mean([v[k] for v in values], chance, f"{path}.{k}") for k in first}
    if isinstance(first, tuple) and first and (is_dataclass(first[0]) or last == "rules"):
        return _mean_of_tuples(values, chance, path)
    if any(value is None or isinstance(value, str | bool) for value in values):
        raise _no_mean(path)
    try:
        arrays = np.broadcast_arrays(*(_as_array(value) for value in values))
    except ValueError as error:
        raise _no_mean(path) from error
    found = np.tensordot(chance, np.stack(arrays), axes=1)
    if isinstance(first, tuple):
        return tuple(found.tolist())
    return float(found) if found.ndim == 0 else found


def _mean_of_tuples(values: Sequence[Any], chance: FloatArray, path: str) -> tuple[Any, ...]:
    """Return the mean of things in a row, matched by name where they have one."""
    if any(len(value) != len(values[0]) for value in values):
        raise _no_mean(path)
    if not hasattr(values[0][0], "name"):
        return tuple(
            _mean(items, chance, f"{path}.{i}") for i, items in enumerate(zip(*values, strict=True))
        )
    by_name = [{item.name: item for item in value} for value in values]
    if any(set(group) != set(by_name[0]) for group in by_name):
        raise _no_mean(path)
    return tuple(
        _mean([group[name] for group in by_name], chance, f"{path}.{name}") for name in by_name[0]
    )


def _as_array(value: Any) -> FloatArray:
    return np.asarray(value, dtype=np.float64)


def _same(one: Any, other: Any) -> bool:
    """Return whether two values of the input are equal; arrays inside are compared whole."""
    if one is other:
        return True
    if is_dataclass(one) and type(one) is type(other):
        return all(_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.shape(one) == np.shape(other) and bool(np.all(np.asarray(one) == other))
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _no_mean(path: str) -> InputError:
    return InputError(
        "differs between scenarios and has no mean; give the plan to compare with as `reference`.",
        field=path,
    )
