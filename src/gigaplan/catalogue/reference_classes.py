"""Reference classes: what past projects of a kind cost and took, over what was planned.

The body of final over estimated cost is lognormal; above `threshold` it has a
Pareto tail of exponent `alpha` where one could be fitted. Method: B. Flyvbjerg
and D. Gardner, How Big Things Get Done (2023), Appendix A, gives mean overrun,
share of projects at 50% or more over, and the mean overrun of those.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from gigaplan.catalogue.entry import Maybe, Needed, TypedEntry


@dataclass(frozen=True)
class ReferenceClass(TypedEntry):
    """Overruns of a class of past projects; all ratios are final over estimated.

    ``mean`` is the mean cost ratio, ``schedule_mean`` the mean ratio of
    durations. ``tail_share_fraction`` is the share of projects at or above
    `threshold` (1.5), ``tail_mean`` their mean ratio. A single lognormal (`mu`,
    `sigma`) is matched to the mean and the tail share; ``body_mean`` is the
    mean of the rest where body and tail are drawn apart.
    """

    of_kind: ClassVar[str] = "reference_class"

    mean = Needed()
    mu = Needed()
    sigma = Needed()
    schedule_mean = Needed()
    tail_share_fraction = Needed()
    tail_mean = Needed()
    body_mean = Needed()
    threshold = Maybe()
    alpha = Maybe()


@cache
def reference_class(name: str) -> ReferenceClass:
    """Return a reference class.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return ReferenceClass.named(name)
