"""Commit before the future is known: scenarios from delivery, plans by expansion, value on both."""

from gigaplan.study.two_stage.carried_out import CarriedOut, carry_out
from gigaplan.study.two_stage.commit import CommitSettings, Hedge, Tested, hedge
from gigaplan.study.two_stage.from_file import hedge_programme
from gigaplan.study.two_stage.telling import as_json, as_text

__all__ = [
    "CarriedOut",
    "CommitSettings",
    "Hedge",
    "Tested",
    "as_json",
    "as_text",
    "carry_out",
    "hedge",
    "hedge_programme",
]
