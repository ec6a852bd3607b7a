from __future__ import annotations

from typing import Any

from gigaplan.programme.trajectories import headline_year
from gigaplan.report import RunView
from gigaplan.report.answer import answer_of, paragraph, tiles


def _view(**finance: Any) -> RunView:
    months = [f"2030-{m:02d}" for m in range(1, 13)]
    return RunView(
        {
            "draws": 1000,
            "delivery": {
                "months": months,
                "online_it_mw": {"p10": [0.8e3] * 12, "p50": [1e3] * 12, "p90": [1.2e3] * 12},
                "target_probability": {
                    "2030": {"probability": 0.04, "standard_error": 0.006, "target_it_mw": 1500.0}
                },
                "bottleneck_share": {"none": [0.4] * 12, "power": [0.5] * 12, "hall": [0.1] * 12},
            },
            "finance": {
                "capex_usd_by_year": {"2027": {"mean": 1e9}, "2028": {"mean": 2e9},
                                      "2029": {"mean": 4e9}},
                **finance,
            },
        },
        {},
    )  # fmt: skip


def test_the_answer_is_for_2030_where_it_is_a_target_and_else_the_last() -> None:
    assert headline_year([2028, 2030, 2035]) == 2030
    assert headline_year([2029, 2027]) == 2029
    assert headline_year([]) is None


def test_the_first_sentence_holds_the_middle_case_the_range_the_target_and_the_chance() -> None:
    first = paragraph(answer_of(_view()))[0]
    assert first == (
        "At the end of 2030 the middle case has 1 GW of IT online, and eight of ten simulated "
        "worlds lie between 800 MW and 1.2 GW. The target is 1.5 GW; the chance of meeting it "
        "is 4%."
    )


def test_what_is_in_the_way_leaves_out_what_is_online() -> None:
    answer = answer_of(_view())
    assert [name for name, _ in answer.bottlenecks] == ["power", "hall"]
    assert "power plants that are not ready, in 50% of cases" in paragraph(answer)[1]


def test_capital_is_a_sum_of_means() -> None:
    answer = answer_of(_view())
    assert answer.capex_through_usd == 3e9
    assert answer.capex_total_usd == 7e9


def test_a_gap_of_nought_reads_as_none() -> None:
    gap = {"p10": 0.0, "p50": 0.0, "p90": 0.0}
    answer = answer_of(_view(funding_gap_usd=gap))
    tile = next(t for t in tiles(answer) if t.label.startswith("Funding gap"))
    assert (tile.value, tile.tone) == ("No gap", "good")
    assert any("cover it in nine of ten worlds" in s for s in paragraph(answer))


def test_a_gap_in_bad_worlds_alone_is_said() -> None:
    gap = {"p10": 0.0, "p50": 0.0, "p90": 2e9}
    text = " ".join(paragraph(answer_of(_view(funding_gap_usd=gap))))
    assert "in one of ten worlds 2 billion USD or more is missing" in text
