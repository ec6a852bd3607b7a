from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import ndtri

from gigaplan.core.random_streams import philox4x32, stream_key
from gigaplan.delivery.scores._kernels import BLOCK, scores, words


def block_words(key: np.uint64, block: int) -> np.ndarray:
    out = np.empty(BLOCK, np.int32)
    words(key, block, out)
    return out


def block_scores(word: np.ndarray) -> np.ndarray:
    out = np.empty(BLOCK, np.float32)
    scores(word, np.empty(BLOCK, np.float32), out)
    return out


def test_a_draw_takes_the_word_of_its_counter() -> None:
    key = stream_key(7, "delivery.duration", "a")
    low, high = np.uint64(int(key) & 0xFFFFFFFF), np.uint64(int(key) >> 32)
    zero = np.uint64(0)
    for draw in (0, 63, 64, 255, 256, 1_000_003):
        block, inside = divmod(draw, BLOCK)
        counter = np.uint64(64 * block + inside % 64)
        four = philox4x32(counter, zero, zero, zero, low, high)
        expected = np.uint32(four[inside // 64]).astype(np.int32)
        assert block_words(key, block)[inside] == expected


def test_scores_are_inverse_normals_to_two_millionths() -> None:
    key = stream_key(1, "delivery.duration", "b")
    worst = 0.0
    for block in range(800):
        word = block_words(key, block)
        exact = ndtri((word.astype(np.float64) + 0.5) * 2.0**-32 + 0.5)
        worst = max(worst, float(np.abs(block_scores(word) - exact).max()))
    assert worst < 2e-6


def test_scores_hold_at_the_ends_of_the_range() -> None:
    word = np.zeros(BLOCK, np.int32)
    word[:6] = [-(2**31), 2**31 - 1, -(2**31) + 1, 0, -1, 1 << 20]
    exact = ndtri((word.astype(np.float64) + 0.5) * 2.0**-32 + 0.5)
    assert np.abs(block_scores(word) - exact).max() < 2e-6


def test_scores_of_a_stream_are_standard_normal() -> None:
    key = stream_key(5, "delivery.duration", "c")
    z = np.concatenate([block_scores(block_words(key, b)) for b in range(400)])
    assert stats.kstest(z.astype(np.float64), stats.norm.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 4 / np.sqrt(z.size)
