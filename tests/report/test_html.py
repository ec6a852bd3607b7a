from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gigaplan.core.errors import InputError
from gigaplan.report import RunView, amounts, write_html
from gigaplan.report.html import render

_VOID = {"meta", "link", "br", "img", "input", "hr"}
_SECTIONS = (
    "answer", "compute", "places", "power", "reliability", "money", "revenue", "risk",
    "scarce", "figures", "run",
)  # fmt: skip
_CHARTS = (
    "online", "bottlenecks", "map", "mix", "dispatch", "short", "clean", "water", "carbon",
    "short-months", "clean-months", "water-months", "capex", "stated", "accounts", "rating", "earn",
    "cash", "gap", "cost", "fleet", "drivers",
)  # fmt: skip
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class _Page(HTMLParser):
    """Reads a page strictly: every element that opens is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def attribute(self, name: str) -> list[str]:
        return [a[name] or "" for _, a in self.elements if name in a]


@pytest.fixture(scope="module")
def html(run_folder: Path) -> str:
    return render(RunView.load(run_folder))


@pytest.fixture(scope="module")
def page(html: str) -> _Page:
    return _Page(html)


def _data(page: _Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.scripts[0])
    return found


def test_every_section_and_chart_stands_in_the_page(page: _Page) -> None:
    identifiers = page.attribute("id")
    assert len(identifiers) == len(set(identifiers))
    assert {*_SECTIONS, *(f"chart-{name}" for name in _CHARTS)} <= set(identifiers)
    assert set(_data(page)) == set(_CHARTS)


def test_every_entry_of_the_contents_leads_to_a_section(page: _Page) -> None:
    targets = {a["href"] or "" for tag, a in page.elements if tag == "a"}
    inner = {target[1:] for target in targets if target.startswith("#")}
    assert inner == set(_SECTIONS)


def test_the_page_loads_nothing(page: _Page) -> None:
    assert not page.attribute("src")
    assert not [tag for tag, _ in page.elements if tag in ("link", "iframe", "img", "object")]
    for tag, attributes in page.elements:
        if (attributes.get("href") or "").startswith("http"):
            assert tag == "a"
            assert "noreferrer" in (attributes.get("rel") or "")


def test_the_policy_allows_the_pages_own_scripts_and_no_others(page: _Page) -> None:
    policy = next(
        a["content"] or ""
        for _, a in page.elements
        if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    running = page.scripts[1:]
    made = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in running}
    assert allowed == made
    assert len(running) == 2


def test_tiles_say_what_the_summary_says(page: _Page, view: RunView) -> None:
    summary = view.summary
    at = summary["delivery"]["months"].index("2030-12")
    online = {p: v[at] for p, v in summary["delivery"]["online_it_mw"].items()}
    period = next(p for p in summary["operations"]["by_period"] if p["year"] == 2030)
    by_year = summary["finance"]["capex_usd_by_year"]
    through = sum(v["mean"] for y, v in by_year.items() if int(y) <= 2028)
    words = page.text
    for shown in (
        amounts.power(online["p50"]),
        f"P10 to P90: {amounts.spread(online, amounts.power)}",
        amounts.percent(summary["delivery"]["target_probability"]["2030"]["probability"]),
        amounts.usd(through),
        amounts.usd(summary["finance"]["funding_gap_usd"]["p50"]),
        amounts.usd(summary["finance"]["required_revenue_usd_per_gw_year"]["p50"]),
        amounts.energy(period["eue_mwh"]),
        amounts.percent(period["clean_share_hourly"]),
        amounts.percent(period["clean_share_annual"]),
    ):
        assert shown in words.replace(" ", " "), shown


def test_charts_hold_the_tables_numbers(page: _Page, view: RunView) -> None:
    rows = _data(page)["online"]["rows"]["rows"]
    table = view.tables["online"]
    assert rows["p50"] == pytest.approx((table["p50"] / 1e3).tolist(), rel=6e-4, abs=1e-9)
    capex = _data(page)["capex"]["rows"]["total"]
    total = view.tables["capex"].query("group == 'total'")
    assert capex["p90"] == pytest.approx((total["p90"] / 1e9).tolist(), rel=6e-4)
    assert capex["limit"][:2] == [220, 220]
    assert capex["limit"][-1] is None


def test_every_figure_stands_with_its_mark_and_source(page: _Page, view: RunView) -> None:
    links = {a.get("href") for tag, a in page.elements if tag == "a"}
    assert "https://example.org/atb" in links
    words = page.text.replace("\u200b", "")
    for figure in view.figures:
        assert str(figure["field"]) in words
    assert "100 stated, 100 derived, 100 assumed" in words


def test_a_source_that_is_no_web_address_is_not_a_link(view: RunView) -> None:
    figure = {**view.figures[1], "source_url": "javascript:alert(1)"}
    changed = RunView(view.summary, view.tables, [figure], view.inputs)
    assert "javascript:" not in render(changed)


def test_nothing_missing_is_printed_as_nan_or_none(page: _Page, html: str) -> None:
    assert not re.search(r"\bnan\b|\bNaN\b|\bNone\b|\bNaT\b|<NA>|\binf\b", page.text)
    assert "NaN" not in page.scripts[0]
    tips = " ".join([*page.attribute("title"), *page.attribute("aria-label")])
    assert not re.search(r"\bnan\b|\bNone\b", tips)
    assert "undefined" not in page.text
    assert html.startswith("<!doctype html>")


def test_a_hostile_title_stays_a_text(make_run: Callable[..., Path]) -> None:
    view = RunView.load(make_run(title=HOSTILE))
    entities = view.tables["entities"].assign(title=HOSTILE, owner=HOSTILE, site=HOSTILE)
    tables = {**view.tables, "entities": entities}
    tables["drivers"] = view.tables["drivers"].assign(factor=HOSTILE)
    notes = {**view.summary, "notes": [HOSTILE]}
    figures = [{**view.figures[0], "source_title": HOSTILE, "note": HOSTILE}]
    text = render(RunView(notes, tables, figures, view.inputs))
    page = _Page(text)
    assert len(page.scripts) == 3
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert not page.attribute("onerror")
    assert HOSTILE in page.text
    assert json.loads(page.scripts[0])


def test_a_run_with_a_summary_alone_still_makes_a_page(view: RunView) -> None:
    page = _Page(render(RunView(view.summary, {})))
    assert set(_SECTIONS) <= set(page.attribute("id"))
    assert "4." in page.text or "GW" in page.text


def test_an_empty_summary_still_makes_a_page() -> None:
    summary = {"run_id": "x", "programme": "p", "plan": None, "delivery": None,
               "operations": None, "finance": None}  # fmt: skip
    page = _Page(render(RunView(summary, {})))
    assert not re.search(r"\bnan\b|\bNone\b", page.text)


def test_the_file_is_small_and_the_same_each_time(view: RunView, tmp_path: Path) -> None:
    first, second = tmp_path / "a.html", tmp_path / "b.html"
    write_html(view, first)
    write_html(view, second)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < 3_000_000


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no run: run\.json is missing"):
        RunView.load(tmp_path)


def test_a_broken_summary_says_which_file(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match=r"run\.json: is not readable as JSON"):
        RunView.load(tmp_path)
