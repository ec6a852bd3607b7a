from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.delivery.backtest import cohorts, slip
from gigaplan.delivery.backtest.model import BackTest
from gigaplan.delivery.backtest.real_files import Plan, power_at, read_plans, read_reactors


@pytest.fixture(scope="module")
def plans(shared: Path) -> tuple[Plan, ...]:
    return read_plans(shared / "data", slip.EARLIER, slip.LATER)


@pytest.fixture(scope="module")
def dates(plans: tuple[Plan, ...]) -> BackTest:
    return slip.dates_back_test(plans)


def test_every_campus_of_the_first_snapshot_is_found_in_the_second(
    plans: tuple[Plan, ...],
) -> None:
    assert len(plans) == 16
    abilene = next(p for p in plans if "Abilene" in p.name)
    # the later snapshot has its expansion as a campus of its own
    assert abilene.earlier[-1][1] == abilene.later[-1][1] == 2121.0


def test_slips_are_those_read_by_eye(plans: tuple[Plan, ...]) -> None:
    m = slip.milestones(plans)
    found = dict(zip(m.names, m.slip, strict=True))
    for start, months in (
        ("Google New Albany Ohio, 679", 8.6),
        ("OpenAI-Oracle Stargate Abilene Texas, 2121", 8.3),
        ("xAI Colossus 2 Memphis Tennessee, 1379", 2.8),
        ("Microsoft Fairwater Mount Pleasant Wisconsin, 555", 0.0),
        ("Alibaba Zhangbei Zhangjiakou Hebei, 432", 0.0),
    ):
        name = next(n for n in found if n.startswith(start))
        assert found[name] == pytest.approx(months, abs=0.06)


def test_power_measured_anew_is_no_slip_but_a_later_date_is() -> None:
    before = ((2025.0, 100.0), (2026.0, 200.0), (2026.1, 300.0))
    after = ((2025.0, 50.0), (2026.0, 100.0), (2026.6, 150.0))
    m = slip.milestones((Plan("a", before, after),))
    assert m.slip == pytest.approx([0.0, 6.0])


def test_milestones_due_between_the_snapshots_gain_and_the_others_do_not(
    dates: BackTest,
) -> None:
    assert dates.rows["due between the snapshots"].skill.mean > 0.2
    assert dates.rows["due: due apart from not due"].skill.mean > 0.3
    assert abs(dates.rows["not yet due"].skill.mean) < 0.1


def test_power_online_gains_thirty_percent_on_the_announced(plans: tuple[Plan, ...]) -> None:
    found = slip.power_back_test(plans).rows["MW online"]
    assert found.cases == 8
    assert found.skill.mean >= 0.3


def test_a_campus_has_no_say_in_its_own_forecast(plans: tuple[Plan, ...]) -> None:
    m = slip.milestones(plans)
    campus = np.array(m.campuses) == m.campuses[4]
    moved = slip.Milestones(
        m.names, m.campuses, m.lead, np.where(campus, m.slip + 30, m.slip), m.unfinished
    )
    assert np.array_equal(slip.nested(m)[0][campus], slip.nested(moved)[0][campus])


def test_a_plan_reads_as_steps() -> None:
    path = ((2025.0, 10.0), (2026.0, 30.0))
    assert [power_at(path, t) for t in (2024.9, 2025.0, 2025.9, 2026.5)] == [0, 10, 10, 30]


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"reactors_geonucleardata\.csv: there is no such file"):
        read_reactors(tmp_path)


def test_a_wrong_date_of_a_reactor_is_named_by_line_and_field(tmp_path: Path) -> None:
    folder = tmp_path / "nuclear"
    folder.mkdir()
    (folder / "reactors_geonucleardata.csv").write_text(
        "Name,Country,Status,ConstructionStartAt,OperationalFrom\n"
        "A,France,Operational,1980-01-01,1986-13-01\n"
    )
    with pytest.raises(InputError, match=r"csv:2: OperationalFrom: found '1986-13-01'; allowed"):
        read_reactors(tmp_path)


def test_vogtle_stands_high_in_the_nuclear_class_and_summer_at_least_at_the_middle() -> None:
    of = cohorts.nuclear_class()
    vogtle, summer = cohorts.SINCE
    assert cohorts.percentile(vogtle.ratio, of) == pytest.approx(0.80, abs=0.02)
    assert summer.unfinished
    assert cohorts.percentile(summer.ratio, of) > 0.5


def test_the_nuclear_class_beats_no_overrun_by_half() -> None:
    found = cohorts.back_test()
    assert found.rows["CBO cohorts"].skill.mean > 0.5
    assert "above" in found.rows["CBO cohorts"].verdict


def test_over_confidence_in_power_added_is_told(plans: tuple[Plan, ...]) -> None:
    found = slip.power_back_test(plans).rows["MW added, each from own base"]
    assert found.verdict.startswith("over-confident")
