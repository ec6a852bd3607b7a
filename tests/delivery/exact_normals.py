"""Random words of a block, and their normals in double precision."""

from __future__ import annotations

import numpy as np

from gigaplan.delivery.scores._kernels import BLOCK, scores, words


def block_words(key: np.uint64, block: int) -> np.ndarray:
    out = np.empty(BLOCK, np.int32)
    words(key, block, out)
    return out


def block_scores(word: np.ndarray) -> np.ndarray:
    out = np.empty(BLOCK, np.float32)
    scores(word, np.empty(BLOCK, np.float32), out)
    return out


def exact_scores(word: np.ndarray) -> np.ndarray:
    """Box and Muller's transform in double precision: radius of draw d, angle of draw d + 128."""
    first, second = word[: BLOCK // 2], word[BLOCK // 2 :].astype(np.float64)
    share = ((first ^ (first >> 31)).astype(np.float64) + 0.5) * 2.0**-31
    radius, angle = np.sqrt(-2 * np.log(share)), second * np.pi * 2.0**-31
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
