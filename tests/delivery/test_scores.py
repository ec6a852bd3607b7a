from __future__ import annotations

import numpy as np
from scipy import stats
from tests.delivery.exact_normals import block_scores, block_words, exact_scores

from gigaplan.core.random_streams import philox4x32, stream_key
from gigaplan.delivery.scores._kernels import BLOCK


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


def test_scores_are_those_of_double_precision() -> None:
    key = stream_key(1, "delivery.duration", "b")
    for block in range(800):
        word = block_words(key, block)
        exact = exact_scores(word)
        off = np.abs(block_scores(word) - exact)
        assert off.max() < 4e-5
        radius = np.hypot(exact[: BLOCK // 2], exact[BLOCK // 2 :])
        assert off[np.tile(radius > 0.1, 2)].max() < 3e-6


def test_scores_hold_at_the_ends_of_the_range() -> None:
    word = np.zeros(BLOCK, np.int32)
    ends = [-(2**31), 2**31 - 1, -(2**31) + 1, 0, -1, 1 << 20]
    for n, (radius, angle) in enumerate((a, b) for a in ends for b in ends):
        word[n], word[n + BLOCK // 2] = radius, angle
    found = block_scores(word)
    assert np.abs(found - exact_scores(word)).max() < 4e-5
    assert 6.6 < found.max() < 6.7


def test_scores_of_a_stream_are_standard_normal() -> None:
    key = stream_key(5, "delivery.duration", "c")
    z = np.concatenate([block_scores(block_words(key, b)) for b in range(400)])
    assert stats.kstest(z.astype(np.float64), stats.norm.cdf).pvalue > 1e-3
    for apart in (1, BLOCK // 2, BLOCK):
        assert abs(np.corrcoef(z[:-apart], z[apart:])[0, 1]) < 4 / np.sqrt(z.size)
    assert abs(np.mean(z.astype(np.float64) ** 4) - 3) < 4 * np.sqrt(96 / z.size)
