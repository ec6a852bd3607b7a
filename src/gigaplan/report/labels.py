"""What things are called in the report, and the colour each has in every chart.

A colour is the name of a CSS variable of report.css, so that a chart follows
the page from light to dark and to paper. The values there are for readers
who do not tell red from green (after Paul Tol's muted scheme).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

BOTTLENECK_WORDS: dict[str, tuple[str, str]] = {
    "none": ("Nothing: online as planned", "var(--c-none)"),
    "permission": ("Permission to build or operate", "var(--c-wine)"),
    "hall": ("Halls not finished", "var(--c-sand)"),
    "chips": ("Chips not delivered", "var(--c-teal)"),
    "connection": ("Grid connection", "var(--c-indigo)"),
    "power": ("Power plants", "var(--c-rose)"),
    "money": ("Money", "var(--c-olive)"),
}

BOTTLENECK_PHRASES = {
    "permission": "permission to build or operate",
    "hall": "halls that are not finished",
    "chips": "chips that are not delivered",
    "connection": "the grid connection",
    "power": "power plants that are not ready",
    "money": "money",
}

CAPEX_WORDS: dict[str, tuple[str, str]] = {
    "servers": ("Chips and servers", "var(--c-teal)"),
    "hall": ("Halls", "var(--c-sand)"),
    "power": ("Power plants", "var(--c-rose)"),
    "connection": ("Grid connections", "var(--c-indigo)"),
}

KIND_WORDS = {
    "unit": "Power",
    "phase": "Halls",
    "accelerator": "Chips",
    "connection": "Grid connection",
}

CAUSE_WORDS = {
    "grid": "Delays of grid connections",
    "labour": "Craft labour, shared by all sites",
    "chips": "Chip deliveries",
    "neighbours": "Neighbours' consent",
    "supply_chain": "Supply chain, shared by all plants",
    "licensing": "Licences and their regime",
    "design holds": "Holds of a reactor design",
    "own course": "Each thing's own course",
}

POLICY_WORDS = {
    "exercise at once": "Exercised at once, as a duty",
    "wait for the last step": "Decided in the last month only",
    "threshold rule": "By one threshold on the price",
    "least squares": "Best rule on the price",
    "least squares, on price and lateness": "Best rule on price and lateness",
    "with foresight": "With foresight, out of reach",
}

STAGE_WORDS = {
    "delay": "Delay of the grid connection",
    "construct": "Construction",
    "delivery": "Delivery of chips",
    "permission": "Permission",
    "licence": "Licence",
    "long_lead": "Long-lead order",
    "commission": "Commissioning",
    "site": "Site work",
    "fuel": "Fuel",
}

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SOURCE_CLASSES: dict[str, tuple[str, str]] = {
    "grid": ("Bought from the grid", "var(--c-grey)"),
    "nuclear": ("Nuclear, operating plants", "var(--c-indigo)"),
    "reactors": ("Nuclear, new reactors", "var(--c-cyan)"),
    "gas": ("Gas", "var(--c-rose)"),
    "bridge": ("Gas engines and fuel cells", "var(--c-wine)"),
    "solar": ("Solar", "var(--c-sand)"),
    "wind": ("Wind", "var(--c-teal)"),
    "geothermal": ("Geothermal", "var(--c-green)"),
    "battery": ("Batteries", "var(--c-purple)"),
    "other": ("Other", "var(--c-olive)"),
    "unserved": ("Not served", "var(--c-alarm)"),
}

_TECHNOLOGY_CLASS = {
    "nuclear_ppa": "nuclear",
    "nuclear_uprate": "nuclear",
    "nuclear_large": "reactors",
    "smr": "reactors",
    "natrium": "reactors",
    "oklo_aurora": "reactors",
    "ccgt": "gas",
    "simple_cycle": "gas",
    "recip_engine": "bridge",
    "fuel_cell": "bridge",
    "solar": "solar",
    "wind": "wind",
    "geothermal": "geothermal",
    "battery": "battery",
    "grid": "grid",
}

_SOURCE_NAME_CLASS = {
    "grid": "grid",
    "import": "grid",
    "market": "grid",
    "unserved": "unserved",
    "discharge": "battery",
    "charge": "battery",
    "storage": "battery",
}

SERIES_COLOURS = (
    "var(--c-indigo)",
    "var(--c-teal)",
    "var(--c-sand)",
    "var(--c-rose)",
    "var(--c-cyan)",
    "var(--c-wine)",
    "var(--c-green)",
    "var(--c-purple)",
    "var(--c-olive)",
)
OTHER_COLOUR = "var(--c-grey)"


class Names:
    """Titles of a run's sites and projects, found in its own tables.

    Parameters
    ----------
    entities, decisions : DataFrame
        The run's tables of those names.
    inputs : mapping
        The run's inputs by dotted field, for the titles of sites and of what is not in the plan.
    """

    def __init__(self, entities: pd.DataFrame, decisions: pd.DataFrame, inputs: Any = ()) -> None:
        self._title: dict[str, str] = {}
        self._technology: dict[str, str] = {}
        if {"kind", "name", "title"} <= set(decisions.columns):
            units = decisions[decisions["kind"] == "unit"]
            self._title.update(_pairs(units, "name", "title"))
        if {"kind", "owner", "title", "technology"} <= set(entities.columns):
            units = entities[entities["kind"] == "unit"]
            self._title.update(_pairs(units, "owner", "title"))
            self._technology.update(_pairs(units, "owner", "technology"))
        self._places: dict[str, str] = {}
        for field in inputs:
            parts = str(field).split(".")
            if len(parts) == 3 and parts[2] == "title":
                if parts[0] in ("sites", "zones"):
                    self._places[parts[1]] = str(inputs[field])
                elif parts[0] == "power":
                    self._title.setdefault(parts[1], str(inputs[field]))

    def site(self, name: Any) -> str:
        """Return a site's or zone's title."""
        if name == "programme":
            return "All sites"
        if name in ("", None):
            return "In the wider power market"
        return self._places.get(str(name)) or readable(name)

    def project(self, name: Any) -> str:
        """Return a power project's title."""
        return self._title.get(str(name)) or readable(name)

    def entity(self, name: Any) -> str:
        """Return the title of whatever a name stands for."""
        key = str(name)
        return self._places.get(key) or self._title.get(key) or readable(key)

    def source_class(self, source: Any) -> str:
        """Return the key in `SOURCE_CLASSES` of a source of energy."""
        name = str(source)
        if name in _SOURCE_NAME_CLASS:
            return _SOURCE_NAME_CLASS[name]
        return _TECHNOLOGY_CLASS.get(self._technology.get(name, name), "other")


def _pairs(table: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    pairs = zip(table[key], table[value], strict=True)
    return {str(k): str(v) for k, v in pairs if isinstance(v, str) and v}


def brief(title: str) -> str:
    """Return a title without a remark in brackets at its end."""
    head, _, tail = title.partition(" (")
    return head if tail.endswith(")") else title


def readable(name: Any) -> str:
    """Return a name that the run's files use as words: ``next-ohio_gas`` as Next Ohio gas."""
    text = str(name).replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


def in_order(found: Iterable[Any], known: Iterable[str]) -> list[str]:
    """Return the known names that were found, in known order, then the others."""
    present = [str(name) for name in dict.fromkeys(found)]
    known = list(known)
    return [n for n in known if n in present] + [n for n in present if n not in known]


def sites_in(table: pd.DataFrame) -> list[str]:
    """Return the sites of a table, the programme first."""
    if "site" not in table.columns:
        return []
    return in_order(table["site"].tolist(), ["programme"])
