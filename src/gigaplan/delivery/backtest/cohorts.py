"""US reactors, as of their approval, against the nuclear reference class of cost.

Figures, with their sources:

* Cohorts by year of construction start: CBO, Nuclear Power's Role in Generating Electricity, May
  2008, Table 2-1 (from DOE/EIA-0485, 1986): overnight cost a MW of plants completed by 1986.
* Vogtle 3 and 4: $14bn approved in 2009; above $35bn in 2023 (Atlanta Journal-Constitution,
  6 March 2023). Headline totals, whose treatment of financing cost differs.
* Summer 2 and 3: $9.8bn when a licence was asked for in 2008; estimate approaching $16bn when
  stopped in 2017 (Center for Land Use Interpretation, Virgil C. Summer). A lower bound: it was
  never finished, and its owners' last estimates reached $25bn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from gigaplan import catalogue
from gigaplan.delivery.backtest.model import BackTest, Cases, score
from gigaplan.delivery.backtest.scoring import Array
from gigaplan.delivery.reference_class import ReferenceClass, from_published

_DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Overrun:
    """Promised and final cost, in one unit."""

    name: str
    plants: int
    promised: float
    final: float
    unfinished: bool = False

    @property
    def ratio(self) -> float:
        """Final over promised."""
        return self.final / self.promised


CBO = (
    Overrun("begun 1966-67", 11, 612, 1279),
    Overrun("begun 1968-69", 26, 741, 2180),
    Overrun("begun 1970-71", 12, 829, 2889),
    Overrun("begun 1972-73", 7, 1220, 3882),
    Overrun("begun 1974-75", 14, 1263, 4817),
    Overrun("begun 1976-77", 5, 1630, 4377),
)
"""Thousand USD a MW, on the 1982 basis of the table."""

SINCE = (
    Overrun("Vogtle 3 and 4", 2, 14.0, 35.0),
    Overrun("Summer 2 and 3", 2, 9.8, 16.0, unfinished=True),
)
"""Billion USD."""


def nuclear_class() -> ReferenceClass:
    """Return the catalogue's class of nuclear projects."""
    figures = catalogue.reference_class("nuclear").by_field
    found = [figures[k].value for k in ("mean", "tail_share_fraction", "tail_mean", "threshold")]
    mean, share, tail, threshold = (float(v) for v in found)
    return from_published(mean, share, tail, threshold)


def percentile(ratio: float, of: ReferenceClass) -> float:
    """Return the share of the class that ends no dearer."""
    return float((_draws(of) <= ratio).mean())


def _draws(of: ReferenceClass) -> Array:
    return of.at_scores(ndtri((np.arange(_DRAWS) + 0.5) / _DRAWS))


def back_test(*, seed: int = 0) -> BackTest:
    """Return scores of the class, and each outcome's percentile in it."""
    of = nuclear_class()
    every = CBO + SINCE
    names = tuple(o.name for o in every)
    cases = Cases(
        names=names,
        groups=names,
        draws=np.tile(_draws(of), (len(every), 1)),
        announced=np.ones(len(every)),
        outcome=np.array([o.ratio for o in every]),
        unfinished=np.array([o.unfinished for o in every]),
    )
    cohorts = np.array([o in CBO for o in every])
    facts = tuple(
        (
            o.name,
            str(o.plants),
            f"{'at least ' if o.unfinished else ''}{o.ratio:.2f}",
            f"{percentile(o.ratio, of):.0%}{' or more' if o.unfinished else ''}",
        )
        for o in every
    )
    return BackTest(
        name="US reactors, cost as of approval",
        question="Where in the nuclear class does final over promised cost stand?",
        unit="ratio of final to promised cost",
        announced="no overrun",
        rows={
            "all": score(cases, seed=seed),
            "CBO cohorts": score(cases.where(cohorts), seed=seed),
        },
        notes=(
            "A cohort is a mean of 5 to 26 plants: it spreads less than plants do, and six cohorts "
            "of one country share their causes, so coverage says little; their lean says more.",
            "The class was published in 2023 and holds such plants: this is no test out of sample.",
            "Cohorts hold plants finished by 1986 only. Summer was abandoned: a lower bound.",
        ),
        facts=(("", "plants", "final/promised", "percentile"), *facts),
    )
