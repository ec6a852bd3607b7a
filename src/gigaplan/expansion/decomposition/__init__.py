"""Plans block by block: rounds of bound and plan over cuts and dispatches of site-years."""

from gigaplan.expansion.decomposition.cluster import Cluster
from gigaplan.expansion.decomposition.decompose import decompose
from gigaplan.expansion.decomposition.planner import Planner
from gigaplan.expansion.decomposition.processes import Processes
from gigaplan.expansion.decomposition.workers import Executor, Threads

__all__ = ["Cluster", "Executor", "Planner", "Processes", "Threads", "decompose"]
