"""Commitments in whole units: those nearest to what the rounds met at that can be ordered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from gigaplan.core.errors import InfeasibleError
from gigaplan.expansion.assembly import IntArray, Key, LinearProgram
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.highs import Session
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.stochastic.commitments import Commitments, FirstStage

WHOLE = 1e-6
SEARCH_S = 30.0
_NEAR = 1e-3


def nearest_whole(
    master: Master, shared: Commitments, wanted: FirstStage, scenario: int
) -> dict[Key, FloatArray]:
    """Return the whole orders nearest to `wanted`, in MW and summed over all, that keep all rows.

    Limits on what is ordered (slots, sequences, rules) are alike in all scenarios; the rows of
    one stand for all.

    Raises
    ------
    InfeasibleError
        If none keeps them.
    """
    whole = master.form.program.whole
    columns, aim, unit = [], [], []
    for share in shared.shares:
        here = share.columns[scenario]
        there = (here >= 0) & whole[np.maximum(here, 0)]
        columns.append(here[there])
        aim.append(wanted[share.key][there])
        unit.append(np.full(int(there.sum()), shared.unit_mw[share.key]))
    if not columns:
        return {}
    held, value = np.concatenate(columns), np.concatenate(aim)
    if not len(held) or np.abs(value - np.round(value)).max() < WHOLE:
        return {key: values.copy() for key, values in wanted.items()}
    program = _distance(master.program, held, value, np.concatenate(unit))
    found = Session(program, threads=1).solve_whole(gap=_NEAR, time_limit_s=SEARCH_S)
    if not len(found.values):
        raise InfeasibleError("no whole orders near those wanted keep every limit.")
    result = {}
    for share in shared.shares:
        here = share.columns[scenario]
        there = (here >= 0) & whole[np.maximum(here, 0)]
        values = wanted[share.key].copy()
        values[there] = np.round(found.values[here[there]])
        result[share.key] = values
    return result


def _distance(
    program: LinearProgram, columns: IntArray, values: FloatArray, unit: FloatArray
) -> LinearProgram:
    """Return a program that seeks whole columns near some values: ``|x - value| <= far``."""
    count, width = len(columns), program.matrix.shape[1]
    pick = csr_matrix((np.ones(count), (np.arange(count), columns)), shape=(count, width))
    far = csr_matrix(np.eye(count))
    matrix = vstack(
        [
            hstack([program.matrix, csr_matrix((program.matrix.shape[0], count))]),
            hstack([pick, -far]),
            hstack([pick, far]),
        ]
    )
    whole = np.zeros(width + count, dtype=bool)
    whole[columns] = True
    return replace(
        program,
        matrix=csr_matrix(matrix),
        cost=np.append(np.zeros(width), unit),
        lower=np.append(program.lower, np.zeros(count)),
        upper=np.append(program.upper, np.full(count, np.inf)),
        row_lower=np.concatenate([program.row_lower, np.full(count, -np.inf), values]),
        row_upper=np.concatenate([program.row_upper, values, np.full(count, np.inf)]),
        whole=whole,
    )
