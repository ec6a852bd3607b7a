"""Shared causes: normal factors that move many activities in the same draw.

The normal score of activity i is ``z_i = sum_k l_ik F_k + sqrt(1 - l_i' R l_i) e_i``
with factors F of correlation R, loadings l, and e_i its own. So z_i is standard
normal, and two activities correlate by ``l_i' R l_j``.

Correlations may be given as rank correlations: those of a normal copula do not depend on the
distributions it joins. W. H. Kruskal, "Ordinal measures of association", J. American
Statistical Association 53 (1958) 814-861.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem, nearest, require
from gigaplan.delivery.heavy_tail import check_degrees

_TOLERANCE = 1e-9
CorrelationKind: TypeAlias = Literal["pearson", "spearman", "kendall"]


@dataclass(frozen=True)
class Factors:
    """Shared causes and how they correlate.

    Parameters
    ----------
    names : sequence of str
        The causes: a licensing regime, supply chain, craft labour, rates, grid, chips.
    correlation : mapping of pair of names to float
        Correlation of two causes; pairs left out are independent.
    kind : {"pearson", "spearman", "kendall"}
        Which correlation that is: of the normal scores, or a rank correlation.
    degrees_of_freedom : float, optional
        Given if all scores of a draw are jointly t (see `heavy_tail`): the fewer, the more often
        extremes come together. Spearman's correlations then hold nearly, Kendall's exactly.
    """

    names: Sequence[str]
    correlation: Mapping[tuple[str, str], float] = field(default_factory=dict)
    kind: CorrelationKind = "pearson"
    degrees_of_freedom: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.kind not in get_args(CorrelationKind):
            allowed = get_args(CorrelationKind)
            problems.append(
                Problem(
                    f"the correlations are of kind '{self.kind}'; {', '.join(allowed)} are known.",
                    hint=nearest(self.kind, allowed),
                )
            )
        if len(set(self.names)) != len(self.names):
            problems.append(Problem("two shared causes have the same name; each needs its own."))
        for (a, b), value in self.correlation.items():
            where = f"correlation of '{a}' with '{b}'"
            problems += [
                Problem(
                    f"'{name}' in the {where} is no shared cause.", hint=nearest(name, self.names)
                )
                for name in (a, b)
                if name not in self.names
            ]
            if not -1 <= value <= 1:
                problems.append(Problem(f"the {where} is {value:g}; -1 to 1 is allowed."))
            elif a == b and value != 1:
                problems.append(Problem(f"the {where} is {value:g}; a cause has 1 with itself."))
        if problems:
            raise InputError(problems)
        if self.degrees_of_freedom is not None:
            check_degrees(self.degrees_of_freedom)

    def matrix(self) -> NDArray[np.float64]:
        """Return the correlation of the normal scores as given, shape [factor, factor]."""
        place = {name: i for i, name in enumerate(self.names)}
        out = np.eye(len(self.names))
        for (a, b), value in self.correlation.items():
            score = value
            if self.kind == "spearman":
                score = from_rank_correlation(value)
            elif self.kind == "kendall":
                score = from_kendall(value)
            out[place[a], place[b]] = out[place[b], place[a]] = score
        return out


def from_rank_correlation(rho: float) -> float:
    """Return the correlation of the normal scores of two things of this Spearman correlation."""
    _check_rank("Spearman's rank correlation", rho)
    return math.copysign(1.0, rho) if abs(rho) == 1 else 2 * math.sin(math.pi * rho / 6)


def from_kendall(tau: float) -> float:
    """Return the correlation of the normal scores of two things of this Kendall correlation."""
    _check_rank("Kendall's rank correlation", tau)
    return math.sin(math.pi * tau / 2)


def _check_rank(what: str, value: float) -> None:
    require(-1 <= value <= 1, f"{what} is {value:g}; -1 to 1 is allowed.")


def _as_given(factors: Factors, score: float) -> float:
    """Return a correlation of normal scores in the kind that the user gave."""
    if factors.kind == "spearman":
        return 6 / math.pi * math.asin(score / 2)
    if factors.kind == "kendall":
        return 2 / math.pi * math.asin(min(1.0, max(-1.0, score)))
    return score


def nearest_correlation(
    matrix: NDArray[np.float64], *, iterations: int = 500
) -> NDArray[np.float64]:
    """Return the positive semidefinite correlation matrix nearest in the Frobenius norm.

    Alternating projections with Dykstra's correction: N. J. Higham, "Computing the nearest
    correlation matrix", IMA J. Numer. Anal. 22 (2002) 329-343.
    """
    y, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(iterations):
        r = y - correction
        values, vectors = np.linalg.eigh(r)
        x = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = x - r
        before = y
        y = x.copy()
        np.fill_diagonal(y, 1.0)
        if np.abs(y - before).max() < 1e-12:
            break
    values, vectors = np.linalg.eigh(y)
    y = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = np.sqrt(np.diag(y))
    out: NDArray[np.float64] = y / np.outer(scale, scale)
    return out


def usable_correlation(factors: Factors) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return a correlation matrix that can be drawn from, and a message if it was repaired."""
    given = factors.matrix()
    if not len(given) or np.linalg.eigvalsh(given)[0] >= -_TOLERANCE:
        return given, ()
    repaired = nearest_correlation(given)
    i, j = divmod(int(np.argmax(np.abs(repaired - given))), len(given))
    return repaired, (
        "the correlations of the shared causes contradict each other (the matrix is not positive "
        "semidefinite); the nearest ones that agree are used. The largest change is "
        f"'{factors.names[i]}' with '{factors.names[j]}', from "
        f"{_as_given(factors, given[i, j]):g} to {_as_given(factors, repaired[i, j]):.3f}.",
    )


def lower_root(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lower-triangular L with L L' = R, also where R is singular.

    Row k uses the numbers of the first k factors only: a factor added at the end leaves the
    others' draws as they were.
    """
    n = len(correlation)
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = correlation[i, j] - out[i, :j] @ out[j, :j]
            if i == j:
                out[i, i] = np.sqrt(max(rest, 0.0))
            elif out[j, j] > 1e-8:
                out[i, j] = rest / out[j, j]
    return out


def own_weight(
    loadings: Mapping[str, float],
    factors: Factors,
    correlation: NDArray[np.float64],
    whose: str,
) -> float:
    """Return the weight of an activity's own normal, after what its shared causes explain.

    Raises
    ------
    InputError
        If a cause is unknown, a loading outside -1 to 1, or they explain more than all.
    """
    for name, value in loadings.items():
        if name not in factors.names:
            known = f"There are: {', '.join(factors.names) or 'none'}."
            raise InputError(
                Problem(
                    f"{whose} is moved by '{name}', which is no shared cause.",
                    hint=nearest(name, factors.names) or known,
                )
            )
        require(
            -1 <= value <= 1,
            f"{whose} has a loading of {value:g} on '{name}'; -1 to 1 is allowed.",
        )
    row = {name: i for i, name in enumerate(factors.names)} if loadings else {}
    used = [row[name] for name in loadings]
    weight = list(loadings.values())
    explained = sum(
        v * w * float(correlation[i, j])
        for i, v in zip(used, weight, strict=True)
        for j, w in zip(used, weight, strict=True)
    )
    require(
        explained <= 1 + 1e-9,
        f"the shared causes of {whose} explain {explained:.0%} of its variance; at most 100% is "
        "possible.",
        hint="Lower its loadings.",
    )
    return float(np.sqrt(max(0.0, 1.0 - explained)))
