"""The sentences of the report say what the tables hold."""

from __future__ import annotations

import pandas as pd

from gigaplan.report.wording import unchosen_sentences


def test_what_was_not_chosen_is_told_in_words_of_capital_or_price() -> None:
    rows = pd.DataFrame(
        [
            {
                "kind": "unit",
                "title": "Reactor",
                "year": 2034,
                "capex_usd_per_mw": 1.2e6,
                "capex_fraction": 0.12,
                "usd_per_mwh": 0.0,
            },
            {
                "kind": "unit",
                "title": "Wind",
                "year": 2031,
                "capex_usd_per_mw": 0.0,
                "capex_fraction": 0.0,
                "usd_per_mwh": 6.5,
            },
            {
                "kind": "phase",
                "title": "Hall",
                "year": 2030,
                "capex_usd_per_mw": 40.0,
                "capex_fraction": 1e-6,
                "usd_per_mwh": 0.0,
            },
            {
                "kind": "connection",
                "title": "Line",
                "year": 2030,
                "capex_usd_per_mw": 4e5,
                "capex_fraction": 1.0,
                "usd_per_mwh": 0.0,
            },
        ]
    )
    hall, reactor, wind, line = unchosen_sentences(rows)
    assert hall["worth"] == "hardly any less"
    assert reactor["worth"] == "12% less capital"
    assert reactor["sentence"] == "Would be built for 2034 at 1.2 million USD per MW less."
    assert wind["worth"] == "6.5 USD per MWh less"
    assert line["worth"] == "no use at any cost"
    assert unchosen_sentences(pd.DataFrame()) == []
