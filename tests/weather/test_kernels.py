from __future__ import annotations

import numpy as np

from gigaplan.core.random_streams import stream_key, uniform_pair
from gigaplan.weather import _kernels

RANDOM = np.random.default_rng(1)


def test_the_autoregression_is_its_recursion() -> None:
    e = RANDOM.standard_normal(200)
    y = [e[0]]
    for value in e[1:]:
        y.append(0.7 * y[-1] + np.sqrt(1 - 0.49) * value)
    assert np.allclose(_kernels.autoregress(e, 0.7), y)


def test_the_autoregression_has_unit_variance_and_its_persistence() -> None:
    y = _kernels.autoregress(RANDOM.standard_normal(200_000), 0.6)
    assert abs(y.std() - 1) < 0.02
    assert abs(np.corrcoef(y[1:], y[:-1])[0, 1] - 0.6) < 0.01


def test_days_pass_to_hours_on_a_straight_line_of_unit_variance() -> None:
    daily = RANDOM.standard_normal(20)
    found = _kernels.days_to_hours(daily, 2.25, 100, 0.5)
    at = 2.25 + np.arange(100) / 24
    day, w = np.floor(at).astype(int), at % 1
    straight = (1 - w) * daily[day] + w * daily[day + 1]
    spread = np.sqrt((1 - w) ** 2 + w**2 + 2 * w * (1 - w) * 0.5)
    assert np.allclose(found, straight / spread)


def test_tables_are_read_on_straight_lines_in_score_and_month() -> None:
    grid = np.linspace(-2, 2, 9)
    tables = np.stack([10.0 * m + grid for m in range(12)])
    score = np.array([-5.0, -0.3, 1.1, 9.0])
    month, weight = np.array([0, 3, 11, 5]), np.array([0.0, 0.25, 0.5, 1.0])
    found = _kernels.between_tables(tables, -2.0, 0.5, score, month, weight)
    level = (1 - weight) * 10 * month + weight * 10 * ((month + 1) % 12)
    assert np.allclose(found, level + np.clip(score, -2, 2))


def test_normals_are_the_box_muller_pairs_of_their_stream() -> None:
    key, draw = stream_key(1, "weather.test", "here"), np.uint64(3)
    found = np.ones(7)
    _kernels.add_normals(key, draw, 2.0, found)
    for i in range(7):
        first, second = uniform_pair(key, draw, np.uint64(i // 2))
        turn = np.sin if i % 2 else np.cos
        expected = np.sqrt(-2 * np.log(first)) * turn(2 * np.pi * second)
        assert np.isclose(found[i], 1 + 2 * expected)


def test_normals_have_normal_moments() -> None:
    found = np.zeros(400_000)
    _kernels.add_normals(stream_key(1, "weather.test", "there"), np.uint64(0), 1.0, found)
    error = 1 / np.sqrt(found.size)
    assert abs(found.mean()) < 4 * error
    assert abs(found.var() - 1) < 4 * np.sqrt(2) * error
    assert abs((found**3).mean()) < 4 * np.sqrt(15) * error
    assert abs((found**4).mean() - 3) < 4 * np.sqrt(96) * error
    assert abs(np.mean(found[1:] * found[:-1])) < 4 * error
