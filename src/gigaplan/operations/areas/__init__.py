"""Areas joined by lines of limited transfer that may fail: pipe and bubble."""

from gigaplan.operations.areas.model import Area, AreaResult, Line, LineResult, NetworkAdequacy
from gigaplan.operations.areas.network import assess_network

__all__ = ["Area", "AreaResult", "Line", "LineResult", "NetworkAdequacy", "assess_network"]
