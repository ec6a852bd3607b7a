from __future__ import annotations

import math
import re

import numpy as np
import pytest
from scipy import stats

from gigaplan.core.errors import InputError
from gigaplan.delivery import (
    Activity,
    Factors,
    Lognormal,
    Triangular,
    from_kendall,
    from_rank_correlation,
    simulate,
)
from gigaplan.delivery.factors import CorrelationKind, usable_correlation

PAIR = ("labour", "rates")


@pytest.mark.parametrize("rho", [-0.7, 0.3, 0.85])
@pytest.mark.parametrize("kind", ["spearman", "kendall"])
def test_drawn_durations_have_the_rank_correlation_that_was_asked_for(
    rho: float, kind: CorrelationKind
) -> None:
    drawn = simulate(
        [
            Activity("a", Lognormal(60, 0.9), loadings={"labour": 1.0}),
            Activity("b", Triangular(1, 2, 30), loadings={"rates": 1.0}),
        ],
        factors=Factors(PAIR, {PAIR: rho}, kind),
        draws=40_000,
        seed=5,
    ).finish_months
    blocks = drawn.reshape(2, 40, 1000).transpose(1, 0, 2)
    if kind == "spearman":
        found = np.array([stats.spearmanr(*block).statistic for block in blocks])
    else:
        found = np.array([stats.kendalltau(*block).statistic for block in blocks])
    # each block is an estimate of its own, so their spread gives the error of the mean;
    # Spearman's sample value is biased by O(1 / 1000), added to the tolerance
    error = found.std(ddof=1) / math.sqrt(found.size)
    assert abs(found.mean() - rho) < 3 * error + 1e-3


def test_rank_correlations_convert_by_their_closed_forms() -> None:
    assert from_rank_correlation(0.5) == pytest.approx(2 * math.sin(math.pi / 12))
    assert from_kendall(1 / 3) == pytest.approx(0.5)
    for convert in (from_rank_correlation, from_kendall):
        assert [convert(r) for r in (-1.0, 0.0, 1.0)] == [-1.0, 0.0, 1.0]
        with pytest.raises(InputError, match=r"rank correlation is 1\.2; -1 to 1 is allowed"):
            convert(1.2)


def test_a_correlation_left_without_a_kind_is_that_of_the_scores() -> None:
    assert Factors(PAIR, {PAIR: 0.6}).matrix()[0, 1] == 0.6


def test_a_repair_is_told_in_the_kind_that_was_given() -> None:
    pairs = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}
    kinds: tuple[CorrelationKind, ...] = ("spearman", "kendall")
    for kind in kinds:
        factors = Factors(tuple("abc"), pairs, kind)
        repaired, messages = usable_correlation(factors)
        assert np.linalg.eigvalsh(repaired)[0] > -1e-9
        found = re.search(r"from (-?0\.9) to (-?0\.\d+)\.$", messages[0])
        assert found is not None
        back = 6 / math.pi * math.asin(abs(repaired[1, 2]) / 2)
        if kind == "kendall":
            back = 2 / math.pi * math.asin(abs(repaired[1, 2]))
        assert abs(float(found[2])) == pytest.approx(back, abs=6e-4)


def test_an_unknown_kind_of_correlation_is_refused() -> None:
    with pytest.raises(InputError, match=r"of kind 'spearmann'; .* Did you mean 'spearman'\?"):
        Factors(PAIR, {PAIR: 0.1}, "spearmann")  # type: ignore[arg-type]
