"""Counter-based random streams against published words, a plain twin, and their own promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba as nb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtri

from gigaplan.core.random_streams import normals, philox4x32, stream_key, uniforms

# Known answers of Philox4x32-10: the vectors that Random123's authors publish with it.
_ZEROS, _ONES = "00000000 " * 4, "ffffffff " * 4
_PI = "243f6a88 85a308d3 13198a2e 03707344"
_KNOWN = [
    (_ZEROS, "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (_ONES, "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (_PI, "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@nb.njit(cache=False)  # type: ignore[untyped-decorator]
def compiled(counter: NDArray[np.uint64], key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    a, b, c, d = philox4x32(counter[0], counter[1], counter[2], counter[3], key[0], key[1])
    return np.array([a, b, c, d])


def plain_philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 in whole numbers of Python, as its authors define it."""
    x, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * x[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * x[2], 2**32)
        x = [high1 ^ x[1] ^ k[0], low1, high0 ^ x[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return x


def plain_uniforms(key: int, count: int, draws: int, first_draw: int = 0) -> NDArray[np.float64]:
    """The uniforms of a stream, shape [count, draw]: 52 high bits of each pair of words."""
    out = np.empty((count, draws))
    for i in range(count):
        for d in range(draws):
            draw, pair = first_draw + d, i // 2
            a, b, c, e = plain_philox(
                [draw % 2**32, draw // 2**32, pair, 0], [key % 2**32, key // 2**32]
            )
            high, low = (c, e) if i % 2 else (a, b)
            out[i, d] = (high * 2**20 + low // 2**12) / 2**52 + 2**-53
    return out


@pytest.mark.parametrize(("counter", "key", "answer"), _KNOWN)
def test_the_published_known_answers_hold(counter: str, key: str, answer: str) -> None:
    found = compiled(np.array(words(counter), np.uint64), np.array(words(key), np.uint64))
    assert [int(word) for word in found] == words(answer)
    assert plain_philox(words(counter), words(key)) == words(answer)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4),
    st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=2),
)
def test_compiled_words_are_those_of_the_plain_twin(counter: list[int], key: list[int]) -> None:
    found = compiled(np.array(counter, np.uint64), np.array(key, np.uint64))
    assert [int(word) for word in found] == plain_philox(counter, key)


@pytest.mark.parametrize("first_draw", [0, 7, 2**32 - 2])
def test_uniforms_are_those_of_the_plain_twin(first_draw: int) -> None:
    key = int(stream_key(42, "delivery.duration", "plant"))
    found = uniforms(42, "delivery.duration", "plant", 5, 4, first_draw=first_draw)
    np.testing.assert_array_equal(found, plain_uniforms(key, 5, 4, first_draw))


def test_a_number_does_not_depend_on_how_many_are_asked_for() -> None:
    few = uniforms(1, "purpose", "a", 3, 10)
    many = uniforms(1, "purpose", "a", 8, 100)
    np.testing.assert_array_equal(few, many[:3, :10])
    np.testing.assert_array_equal(uniforms(1, "purpose", "a", 8, 40, first_draw=60), many[:, 60:])


def test_a_stream_does_not_depend_on_others_asked_for_before_or_between() -> None:
    alone = uniforms(1, "purpose", "b", 4, 50)
    uniforms(1, "purpose", "a", 4, 50)
    uniforms(1, "other", "b", 40, 500)
    np.testing.assert_array_equal(uniforms(1, "purpose", "b", 4, 50), alone)


def test_threads_do_not_change_a_number() -> None:
    whole = uniforms(3, "purpose", "a", 6, 4000)
    with ThreadPoolExecutor(4) as pool:
        parts = list(
            pool.map(
                lambda first: uniforms(3, "purpose", "a", 6, 500, first_draw=first),
                range(0, 4000, 500),
            )
        )
    np.testing.assert_array_equal(np.hstack(parts), whole)


def test_seed_purpose_and_entity_each_make_another_stream() -> None:
    keys = {
        int(stream_key(seed, purpose, entity))
        for seed in (0, 1, 2)
        for purpose in ("a", "b", "ab")
        for entity in ("", "a", "b")
    }
    assert len(keys) == 27


def test_keys_stay_the_same_between_versions() -> None:
    """Runs are compared on common draws across versions: these values may not change."""
    assert int(stream_key(1, "delivery.duration", "perry")) == 0x99BCC6C872937F32
    first = uniforms(1, "delivery.duration", "perry", 2, 1)[:, 0]
    np.testing.assert_array_equal(first, plain_uniforms(0x99BCC6C872937F32, 2, 1)[:, 0])


def test_streams_of_different_entities_are_not_correlated() -> None:
    draws = 20_000
    rows = np.vstack([uniforms(5, "purpose", f"e{i}", 2, draws) for i in range(6)])
    correlation = np.asarray(np.corrcoef(rows))
    off = correlation[~np.eye(len(rows), dtype=bool)]
    assert np.abs(off).max() < 5 / np.sqrt(draws)


def test_uniforms_are_uniform_and_stay_inside_zero_and_one() -> None:
    sample = uniforms(9, "moments", "", 1, 200_000)[0]
    assert sample.min() > 0
    assert sample.max() < 1
    assert sample.mean() == pytest.approx(0.5, abs=5 * np.sqrt(1 / 12 / sample.size))
    assert sample.var() == pytest.approx(1 / 12, abs=5 * np.sqrt(1 / 180 / sample.size))
    assert stats.kstest(sample, "uniform").pvalue > 1e-4


def test_normals_have_the_moments_of_a_standard_normal() -> None:
    sample = normals(9, "moments", "", 1, 200_000)[0]
    error = 1 / np.sqrt(sample.size)
    assert sample.mean() == pytest.approx(0, abs=5 * error)
    assert sample.var() == pytest.approx(1, abs=5 * np.sqrt(2) * error)
    assert stats.skew(sample) == pytest.approx(0, abs=5 * np.sqrt(6) * error)
    assert stats.kurtosis(sample) == pytest.approx(0, abs=5 * np.sqrt(24) * error)
    assert np.isfinite(sample).all()


def test_consecutive_numbers_of_one_draw_do_not_depend_on_each_other() -> None:
    rows = uniforms(11, "serial", "", 2000, 8)
    first, second = rows[:-1].ravel() - 0.5, rows[1:].ravel() - 0.5
    assert abs(12 * np.mean(first * second)) < 5 / np.sqrt(first.size)


def test_the_ends_of_the_range_are_never_reached() -> None:
    """Words of all zeros and all ones give the smallest and largest uniform."""
    smallest, largest = 2.0**-53, (2**52 - 1) / 2**52 + 2.0**-53
    assert 0 < smallest < largest < 1
    assert np.isfinite(ndtri(np.array([smallest, largest]))).all()
