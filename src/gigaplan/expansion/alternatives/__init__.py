"""Plans that cost nearly the least: what all of them build, what some do, and what none does."""

from gigaplan.expansion.alternatives.groups import Group, default_groups
from gigaplan.expansion.alternatives.near_optimal import near_optimal
from gigaplan.expansion.alternatives.result import Alternative, NearOptimal, Range

__all__ = ["Alternative", "Group", "NearOptimal", "Range", "default_groups", "near_optimal"]
