"""Compiled loops of finance: present values, depreciation, loans and the monthly waterfall."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from gigaplan.core.references import uncounted


@nb.njit(cache=True, nogil=True)
def present_values(flows: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over periods of factor times flow, shape [draw].

    Summed in the order of the periods, whatever the width: a matrix product's last bits
    depend on it, and with it on how draws are divided into blocks.
    """
    out = np.zeros(flows.shape[1])
    for t in range(flows.shape[0]):
        for d in range(flows.shape[1]):
            out[d] += factors[t] * flows[t, d]
    return out


@uncounted()
def sum_periods(
    values: NDArray[np.float64], starts: NDArray[np.int64], out: NDArray[np.float64]
) -> None:
    """Fill out[period, draw] with sums of values [month, draw]; `starts` are first months."""
    for p in range(starts.size):
        last = starts[p + 1] if p + 1 < starts.size else values.shape[0]
        for d in range(values.shape[1]):
            out[p, d] = values[starts[p], d]
        for m in range(starts[p] + 1, last):
            for d in range(values.shape[1]):
                out[p, d] += values[m, d]


@uncounted()
def moments(
    rows: NDArray[np.float64],
    count: NDArray[np.float64],
    mean: NDArray[np.float64],
    square: NDArray[np.float64],
) -> None:
    """Fill count, mean and squared distance from it of each row's finite values, [row]."""
    for r in range(rows.shape[0]):
        there, total, off = 0.0, 0.0, 0.0
        for d in range(rows.shape[1]):
            if np.isfinite(rows[r, d]):
                there += 1.0
                total += rows[r, d]
        middle = total / max(there, 1.0)
        for d in range(rows.shape[1]):
            if np.isfinite(rows[r, d]):
                off += (rows[r, d] - middle) ** 2
        count[r], mean[r], square[r] = there, middle, off


@nb.njit(cache=True, nogil=True)
def cut_at(flow: NDArray[np.float64], limit: float, out: NDArray[np.float64]) -> None:
    """Fill out[month, draw] with a flow, cut where its running sum passes `limit`."""
    total = np.zeros(flow.shape[1])
    for m in range(flow.shape[0]):
        for d in range(flow.shape[1]):
            before, total[d] = min(total[d], limit), total[d] + flow[m, d]
            out[m, d] = min(total[d], limit) - before


@nb.njit(cache=True, nogil=True)
def straight_line(additions: NDArray[np.float64], life_months: int) -> NDArray[np.float64]:
    """Return monthly book depreciation of `additions` [month, draw], from the month after each."""
    months, draws = additions.shape
    out = np.zeros((months, draws))
    for m in range(1, months):
        for d in range(draws):
            gone = additions[m - 1 - life_months, d] if m - 1 - life_months >= 0 else 0.0
            out[m, d] = out[m - 1, d] + (additions[m - 1, d] - gone) / life_months
    return out


@nb.njit(cache=True, nogil=True)
def property_tax_due(
    service: NDArray[np.float64],
    life: int,
    rate: NDArray[np.float64],
    abated: NDArray[np.float64],
    months: NDArray[np.int64],
    due: NDArray[np.float64],
) -> None:
    """Fill the month's tax on the book value at the end of the month before, [month, draw].

    Yearly rates [tax], the share of each not paid, and for how many months from service. Straight
    line: what has been in service for so many months is written off by as much a month as before.
    """
    count, draws = service.shape
    value, falls = np.zeros(draws), np.zeros(draws)
    old, old_falls = np.zeros((len(rate), draws)), np.zeros((len(rate), draws))
    total = rate.sum() / 12
    for m in range(count):
        for d in range(draws):
            due[m, d] = total * value[d]
        for k in range(len(rate)):
            part, after = rate[k] * abated[k] / 12, months[k]
            left = (life - after) / life
            if part == 0.0 or left <= 0.0:
                for d in range(draws):
                    due[m, d] -= part * value[d]
                continue
            for d in range(draws):
                due[m, d] -= part * (value[d] - old[k, d])
                if m > after:
                    old_falls[k, d] += service[m - after - 1, d]
                if m > life:
                    old_falls[k, d] -= service[m - life - 1, d]
                if m >= after:
                    old[k, d] += left * service[m - after, d]
                old[k, d] -= old_falls[k, d] / life
        for d in range(draws):
            if m > 0:
                falls[d] += service[m - 1, d]
            if m > life:
                falls[d] -= service[m - life - 1, d]
            value[d] += service[m, d] - falls[d] / life


@nb.njit(cache=True, nogil=True)
def tax_write_off(
    additions: NDArray[np.float64], first_month: int, schedule: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return monthly tax depreciation of `additions` [month, draw] on a yearly `schedule`.

    The first year's share is spread over the months left of the calendar year of
    service, each later year's over its twelve months. `first_month` is the month
    number of row 0, so that calendar years are known.
    """
    months, draws = additions.shape
    years = months // 12 + 2
    first_year = first_month // 12
    out = np.zeros((months, draws))
    vintage = np.zeros((years, draws))
    rate = np.zeros(draws)
    for m in range(months):
        year = (first_month + m) // 12 - first_year
        left = 12 - (first_month + m) % 12
        if left == 12 or m == 0:
            rate[:] = 0.0
            for age in range(1, min(year, schedule.shape[0] - 1) + 1):
                for d in range(draws):
                    rate[d] += vintage[year - age, d] * schedule[age] / 12
        for d in range(draws):
            vintage[year, d] += additions[m, d]
            rate[d] += additions[m, d] * schedule[0] / left
            out[m, d] = rate[d]
    return out


@nb.njit(cache=True, nogil=True)
def vintage_loan(
    lent: NDArray[np.float64],
    start: NDArray[np.int64],
    tenor: int,
    common_end: bool,
    monthly_rate: float,
    balance: NDArray[np.float64],
    interest: NDArray[np.float64],
    payment: NDArray[np.float64],
) -> None:
    """Fill balance, interest and payment of money lent in many months [month, draw].

    Before month `start` of a draw interest is added to the balance. At `start` what is
    owed is levelled over `tenor` payments, the first a month later. What is lent later
    is levelled over its own `tenor` payments, or, with `common_end`, over those left.
    """
    months, draws = lent.shape
    owed_of, due_of = np.zeros(draws), np.zeros(draws)
    active_of = np.zeros(draws, dtype=np.int64)
    # What the level payments of all vintages fall by, and how many end, in each month.
    falls = np.zeros((months + 2, draws))
    ends = np.zeros((months + 2, draws), dtype=np.int64)
    for m in range(months):
        for d in range(draws):
            owed, end = owed_of[d], start[d] + tenor
            charge = owed * monthly_rate
            due_of[d] -= falls[m, d]
            active_of[d] -= ends[m, d]
            paid = 0.0
            if m > start[d] and active_of[d] > 0:
                # The last payment of the last vintage clears what rounding left.
                last = ends[m + 1, d] == active_of[d]
                paid = owed + charge if last else min(due_of[d], owed + charge)
            elif m > start[d] and common_end and m >= end:
                paid = owed + charge
            owed += charge - paid + lent[m, d]
            owed_of[d] = owed
            interest[m, d] = charge
            payment[m, d] = paid
            balance[m, d] = owed
            levelled = owed if m == start[d] else (lent[m, d] if m > start[d] else 0.0)
            left = end - m if common_end else tenor
            if levelled > 0 and left > 0:
                if monthly_rate > 0:
                    share = monthly_rate / -math.expm1(-left * math.log1p(monthly_rate))
                else:
                    share = 1.0 / left
                due_of[d] += levelled * share
                active_of[d] += 1
                if m + left + 1 <= months:
                    falls[m + left + 1, d] += levelled * share
                    ends[m + left + 1, d] += 1


@nb.njit(cache=True, nogil=True)
def balance_cash(
    net: NDArray[np.float64],
    taxable: NDArray[np.float64],
    other_taxable: NDArray[np.float64],
    minimum_cash: NDArray[np.float64],
    opening_cash: float,
    cash_rate: float,
    tax_rate: float,
    loss_limit: float,
    first_month: int,
    kind: NDArray[np.int64],
    rate: NDArray[np.float64],
    fee: NDArray[np.float64],
    standby: NDArray[np.float64],
    limit_total: NDArray[np.float64],
    limit_year: NDArray[np.float64],
    first: NDArray[np.int64],
    tenor: NDArray[np.int64],
    flows: NDArray[np.float64],
    issued: NDArray[np.float64],
    repaid: NDArray[np.float64],
    owed: NDArray[np.float64],
) -> None:
    """Fill the monthly balancing of cash: tax, interest, what each instrument gives, the gap.

    `net` [month, draw] is every cash flow that does not depend on what is filled here.
    Instruments are drawn in their order; `kind` is 0 for bonds (repaid in one sum after
    `tenor` months), 1 for a revolver (repaid from surplus), 2 for equity. `flows`
    [7, month, draw] holds cash, tax, interest, fees, interest earned, unfunded need
    (balance) and the month's new gap; `issued`, `repaid`, `owed` are [instrument, month,
    draw]. Interest and tax of a month rest on balances at its start, fees are deducted
    for tax a month later: nothing is circular.
    """
    months, draws = net.shape
    count = kind.shape[0]
    # Month by month, all draws of it: rows are read in the order they lie in.
    cash_of, losses_of, unfunded_of, fees_of = (
        np.full(draws, opening_cash),
        np.zeros(draws),
        np.zeros(draws),
        np.zeros(draws),
    )
    in_year, balance = np.zeros((count, draws)), np.zeros((count, draws))
    for m in range(months):
        if (first_month + m) % 12 == 0:
            in_year[:] = 0.0
        for d in range(draws):
            interest = 0.0
            due = 0.0
            for i in range(count):
                interest += balance[i, d] * rate[i]
                if m >= first[i]:
                    interest += standby[i] * (limit_total[i] - balance[i, d])
                if kind[i] == 0 and m >= tenor[i]:
                    back = issued[i, m - tenor[i], d]
                    repaid[i, m, d] = back
                    balance[i, d] -= back
                    due += back
            earned = cash_of[d] * cash_rate
            own = taxable[m, d] + earned - interest - fees_of[d]
            total = other_taxable[m, d] + own
            if total > 0:
                used = min(losses_of[d], loss_limit * total)
                losses_of[d] -= used
                tax = tax_rate * (total - used - other_taxable[m, d])
            else:
                losses_of[d] -= total
                tax = -tax_rate * other_taxable[m, d]
            cash = cash_of[d] + net[m, d] + earned - interest - tax - due - minimum_cash[m]
            fees = 0.0
            gap = 0.0
            if cash < 0:
                short = -cash
                cash = 0.0
                for i in range(count):
                    if m < first[i] or short <= 0:
                        continue
                    room = min(limit_total[i] - balance[i, d], limit_year[i] - in_year[i, d])
                    take = min(short / (1 - fee[i]), max(room, 0.0))
                    issued[i, m, d] = take
                    balance[i, d] += take
                    in_year[i, d] += take
                    fees += take * fee[i]
                    short -= take * (1 - fee[i])
                # A cent is rounding, not a need.
                gap = short if short > 0.01 else 0.0
                cash = gap - short
                unfunded_of[d] += gap
            else:
                back = min(unfunded_of[d], cash)
                unfunded_of[d] -= back
                gap = -back
                cash -= back
                for i in range(count):
                    if kind[i] == 1:
                        back = min(balance[i, d], cash)
                        repaid[i, m, d] = back
                        balance[i, d] -= back
                        cash -= back
            cash_of[d] = cash + minimum_cash[m]
            fees_of[d] = fees
            for i in range(count):
                owed[i, m, d] = balance[i, d]
            flows[0, m, d] = cash_of[d]
            flows[1, m, d] = tax
            flows[2, m, d] = interest
            flows[3, m, d] = fees
            flows[4, m, d] = earned
            flows[5, m, d] = unfunded_of[d]
            flows[6, m, d] = gap
