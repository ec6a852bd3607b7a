"""Compiled loops of finance: rates of return, depreciation, loans and the monthly waterfall."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

_BLOCK = 64
_ROUNDS = 60
# Newton's error squares at each step: after a step this small what is left is rounding.
_STEP = 1e-8
_LOG_SPAN = 600.0  # exp(600) still fits a double


@nb.njit(cache=True, nogil=True)
def present_value_at(
    flows: NDArray[np.float64], log_rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the present value of `flows` at each ``ln(1 + r)``, scaled to stay finite.

    Below a rate of zero it is divided by the largest power, so that no term overflows;
    the sign is that of the present value.
    """
    last = flows.shape[0] - 1
    out = np.empty(log_rates.shape[0])
    for i in range(log_rates.shape[0]):
        total = 0.0
        if log_rates[i] >= 0:
            x = math.exp(-log_rates[i])
            for t in range(last, -1, -1):
                total = total * x + flows[t]
        else:
            x = math.exp(log_rates[i])
            for t in range(last + 1):
                total = total * x + flows[t]
        out[i] = total
    return out


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


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def _parts(
    flows: NDArray[np.float64],
    receipts: NDArray[np.float64],
    x: NDArray[np.float64],
    p: NDArray[np.float64],
    dp: NDArray[np.float64],
    f: NDArray[np.float64],
    df: NDArray[np.float64],
) -> None:
    """Fill receipts P and all flows F with their slopes at `x`, by Horner's rule over a block."""
    last, width = flows.shape[0] - 1, flows.shape[1]
    for d in range(width):
        p[d] = receipts[last, d]
        f[d] = flows[last, d]
        dp[d] = 0.0
        df[d] = 0.0
    t = last - 1
    # Four periods at a time: the sums stay in registers instead of going to memory each period.
    while t >= 3:
        for d in range(width):
            at, a, b, da, db = x[d], p[d], f[d], dp[d], df[d]
            da = da * at + a
            a = a * at + receipts[t, d]
            db = db * at + b
            b = b * at + flows[t, d]
            da = da * at + a
            a = a * at + receipts[t - 1, d]
            db = db * at + b
            b = b * at + flows[t - 1, d]
            da = da * at + a
            a = a * at + receipts[t - 2, d]
            db = db * at + b
            b = b * at + flows[t - 2, d]
            dp[d] = da * at + a
            p[d] = a * at + receipts[t - 3, d]
            df[d] = db * at + b
            f[d] = b * at + flows[t - 3, d]
        t -= 4
    while t >= 0:
        for d in range(width):
            dp[d] = dp[d] * x[d] + p[d]
            p[d] = p[d] * x[d] + receipts[t, d]
            df[d] = df[d] * x[d] + f[d]
            f[d] = f[d] * x[d] + flows[t, d]
        t -= 1


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def _improve(
    x: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    opening: NDArray[np.float64],
    moving: NDArray[np.float64],
    p: NDArray[np.float64],
    dp: NDArray[np.float64],
    f: NDArray[np.float64],
    df: NDArray[np.float64],
) -> float:
    """Move every `x` by one step of Newton's method on ``ln P - ln N``; return who still moves.

    With ``N = P - F`` the logarithm is ``2 atanh(F / (2 P - F))``, cut after three terms,
    and the exponential of the step is its first Padé form: both are exact where they
    meet, at the root, so the steps end on it and still square their error.
    """
    left = 0.0
    for d in range(x.shape[0]):
        z = f[d] / (2.0 * p[d] - f[d])
        zz = z * z
        phi = 2.0 * z * (1.0 + zz * (1.0 / 3.0 + 0.2 * zz))
        slope = x[d] * (dp[d] / p[d] - (dp[d] - df[d]) / (p[d] - f[d]))
        below = f[d] * opening[d] > 0.0
        floor = x[d] if below else low[d]
        ceiling = high[d] if below else x[d]
        step = min(max(phi / slope, -1.0), 1.0)
        new = x[d] * (2.0 - step) / (2.0 + step)
        inside = (new >= floor) & (new <= ceiling)
        middle = math.sqrt(floor * ceiling)
        new = new if inside else middle
        still = moving[d]
        low[d] = floor
        high[d] = ceiling
        change = abs(new - x[d])
        x[d] = new if still > 0.0 else x[d]
        moving[d] = still if change > _STEP * new else 0.0
        left += moving[d]
    return left


@nb.njit(cache=True, nogil=True)
def _changes(
    flows: NDArray[np.float64],
    width: int,
    sign: NDArray[np.float64],
    count: NDArray[np.int64],
    opening: NDArray[np.float64],
) -> None:
    """Fill the number of sign changes and the first sign of each draw of a block."""
    for d in range(width):
        sign[d] = 0.0
        count[d] = 0
        opening[d] = 0.0
    for t in range(flows.shape[0]):
        for d in range(width):
            c = flows[t, d]
            s = 1.0 if c > 0 else (-1.0 if c < 0 else 0.0)
            changed = s * sign[d] < 0
            count[d] += 1 if changed else 0
            sign[d] = s if s != 0 else sign[d]
            opening[d] = s if opening[d] == 0 else opening[d]


@nb.njit(cache=True, nogil=True)
def irr_block(
    flows: NDArray[np.float64], rates: NDArray[np.float64], status: NDArray[np.int64]
) -> None:
    """Fill the rate of each draw of `flows` [period, draw].

    `status` is 1 where the one root was found, 0 where the flows never change sign or
    the root is out of reach, 2 where they change sign more than once (rate not set).
    """
    periods, draws = flows.shape
    reach = math.exp(min(_LOG_SPAN / periods, 6.0))
    block = np.zeros((periods, _BLOCK))
    receipts = np.zeros((periods, _BLOCK))
    x, low, high, p, dp, f, df, sign, opening, moving = np.zeros((10, _BLOCK))
    count = np.zeros(_BLOCK, dtype=np.int64)
    for first in range(0, draws, _BLOCK):
        width = min(_BLOCK, draws - first)
        # A copy of the block stays in the nearest cache; the rows of `flows` lie far apart.
        for t in range(periods):
            for d in range(width):
                c = flows[t, first + d]
                block[t, d] = c
                receipts[t, d] = c if c > 0.0 else 0.0
        _changes(block, width, sign, count, opening)
        left = 0.0
        for d in range(_BLOCK):
            moving[d] = 1.0 if d < width and count[d] == 1 else 0.0
            left += moving[d]
            low[d], high[d], x[d] = 1.0 / reach, reach, 1.0
        for _ in range(_ROUNDS):
            if left == 0.0:
                break
            _parts(block, receipts, x, p, dp, f, df)
            left = _improve(x, low, high, opening, moving, p, dp, f, df)
        for d in range(width):
            status[first + d] = min(count[d], 2)
            rates[first + d] = 0.0
            if count[d] == 1:
                if 1.001 / reach < x[d] < reach / 1.001:
                    rates[first + d] = 1.0 / x[d] - 1.0
                else:
                    status[first + d] = 0


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
    for d in range(draws):
        owed = 0.0
        due = 0.0
        active = 0
        end = start[d] + tenor
        falls = np.zeros(months + 2)
        ends = np.zeros(months + 2, dtype=np.int64)
        for m in range(months):
            charge = owed * monthly_rate
            due -= falls[m]
            active -= ends[m]
            paid = 0.0
            if m > start[d] and active > 0:
                # The last payment of the last vintage clears what rounding left.
                paid = owed + charge if ends[m + 1] == active else min(due, owed + charge)
            elif m > start[d] and common_end and m >= end:
                paid = owed + charge
            owed += charge - paid + lent[m, d]
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
                due += levelled * share
                active += 1
                if m + left + 1 <= months:
                    falls[m + left + 1] += levelled * share
                    ends[m + left + 1] += 1


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
    for d in range(draws):
        cash = opening_cash
        losses = 0.0
        unfunded = 0.0
        fee_before = 0.0
        in_year = np.zeros(count)
        balance = np.zeros(count)
        for m in range(months):
            if (first_month + m) % 12 == 0:
                in_year[:] = 0.0
            interest = 0.0
            due = 0.0
            for i in range(count):
                interest += balance[i] * rate[i]
                if m >= first[i]:
                    interest += standby[i] * (limit_total[i] - balance[i])
                if kind[i] == 0 and m >= tenor[i]:
                    back = issued[i, m - tenor[i], d]
                    repaid[i, m, d] = back
                    balance[i] -= back
                    due += back
            earned = cash * cash_rate
            own = taxable[m, d] + earned - interest - fee_before
            total = other_taxable[m, d] + own
            if total > 0:
                used = min(losses, loss_limit * total)
                losses -= used
                tax = tax_rate * (total - used - other_taxable[m, d])
            else:
                losses -= total
                tax = -tax_rate * other_taxable[m, d]
            cash = cash + net[m, d] + earned - interest - tax - due - minimum_cash[m]
            fees = 0.0
            gap = 0.0
            if cash < 0:
                short = -cash
                cash = 0.0
                for i in range(count):
                    if m < first[i] or short <= 0:
                        continue
                    room = min(limit_total[i] - balance[i], limit_year[i] - in_year[i])
                    take = min(short / (1 - fee[i]), max(room, 0.0))
                    issued[i, m, d] = take
                    balance[i] += take
                    in_year[i] += take
                    fees += take * fee[i]
                    short -= take * (1 - fee[i])
                # A cent is rounding, not a need.
                gap = short if short > 0.01 else 0.0
                cash = gap - short
                unfunded += gap
            else:
                back = min(unfunded, cash)
                unfunded -= back
                gap = -back
                cash -= back
                for i in range(count):
                    if kind[i] == 1:
                        back = min(balance[i], cash)
                        repaid[i, m, d] = back
                        balance[i] -= back
                        cash -= back
            cash += minimum_cash[m]
            fee_before = fees
            for i in range(count):
                owed[i, m, d] = balance[i]
            flows[0, m, d] = cash
            flows[1, m, d] = tax
            flows[2, m, d] = interest
            flows[3, m, d] = fees
            flows[4, m, d] = earned
            flows[5, m, d] = unfunded
            flows[6, m, d] = gap
