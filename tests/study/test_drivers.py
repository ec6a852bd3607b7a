"""What an outcome moves with: a cause that things share is named itself, not what it moves."""

from __future__ import annotations

import numpy as np
import pytest

from gigaplan import delivery
from gigaplan.programme import Entity, Plan, Trajectories
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.study.drivers import driver_rows

DRAWS = 4000


def test_a_shared_cause_is_named_before_a_bystander_that_it_moves_too() -> None:
    programme = resolve(read_programme(locate("one-campus")))
    labour = delivery.shared_cause_scores(programme, draws=DRAWS, seed=programme.seed)["labour"]
    rng = np.random.default_rng(5)
    own = rng.normal(size=(2, DRAWS))
    first, second = list(programme.power)[:2]
    months = 24000 + np.array([labour + own[0], labour + own[1]])
    # the outcome is the shared cause and the first project's own luck; the second stands by
    outcome = labour + 0.5 * own[0]
    entities = tuple(Entity("unit", name, name, "", 1.0, 24000) for name in (first, second))
    timeline = programme.timeline
    moves = Trajectories(
        timeline,
        DRAWS,
        programme.seed,
        entities,
        np.minimum(months, timeline.last),
        np.ones((2, DRAWS)),
        (),
        np.zeros((0, len(timeline), DRAWS), np.float32),
        np.zeros((0, len(timeline), DRAWS), np.int8),
        {},
        np.zeros((2, DRAWS)),
        (),
    )
    moves.online_month[:] = months - months.mean() + timeline.first + 60
    rows = {row["factor"]: row for row in driver_rows({"y": outcome}, moves, programme)}
    # correlation with the cause is 1 / sqrt(1.25); with what is the first's own, 0.5 / sqrt(1.25)
    shared = rows["Shared cause: labour"]
    assert shared["share_fraction"] == pytest.approx(0.8, abs=0.03)
    mine = rows[f"{programme.power[first].title}: date"]
    assert mine["share_fraction"] == pytest.approx(0.2, abs=0.03)
    bystander = rows.get(f"{programme.power[second].title}: date")
    assert bystander is None or bystander["share_fraction"] < 0.01


def test_shared_causes_are_those_that_move_delivery() -> None:
    programme = resolve(read_programme(locate("one-campus")))
    plan = Plan(programme.name, programme.years, (), (), (), (), 0, 0, 0, "", (), (), ())
    found = delivery.deliver(programme, plan, draws=500)
    scores = delivery.shared_cause_scores(programme, draws=500)
    assert set(scores) == {c for c, share in programme.shared_cause_share.items() if share > 0}
    late = [i for i, e in enumerate(found.entities) if np.ptp(found.online_month[i]) > 0]
    assert late
    for i in late:
        assert np.corrcoef(scores["grid"], found.online_month[i])[0, 1] > 0.3
    fewer = delivery.shared_cause_scores(programme, draws=100)
    np.testing.assert_array_equal(scores["grid"][:100], fewer["grid"])
