"""Income statement, cash flow statement and balance sheet, by month and draw.

The programme and the company are one reporting entity. The business without the
programme enters by its cash flow from operations and its depreciation (its income is
the one less the other); its debt is rolled over. Tax expense is the rate on book
income of the programme; what differs from tax paid is deferred tax (26 USC differs
from book in depreciation, in fees deducted a month later, and in losses carried
forward). A shortfall that no instrument covers stands as "unfunded need" among the
liabilities, so that the balance sheet shows it instead of hiding it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from gigaplan.finance.amounts import Array, spread, total
from gigaplan.finance.flows import Terms
from gigaplan.finance.waterfall import Waterfall


@dataclass(frozen=True)
class Statements:
    """Lines of the three statements, nominal USD, [month, draw].

    ``income`` and ``cash_flow`` are flows of the month, ``balance_sheet`` balances at
    its end. ``ratios`` are over the last twelve months where they rest on flows.
    """

    income: Mapping[str, Array]
    cash_flow: Mapping[str, Array]
    balance_sheet: Mapping[str, Array]

    def imbalance_usd(self) -> float:
        """Return the largest difference between assets and what stands against them."""
        sheet = self.balance_sheet
        left = sheet["total assets"]
        right = sheet["total liabilities"] + sheet["equity"]
        return float(np.abs(left - right).max())


def statements(flow: Waterfall, terms: Terms) -> Statements:
    """Return the statements of a waterfall made with `terms`."""
    income = _income(flow, terms)
    cash_flow = _cash_flow(flow)
    return Statements(
        MappingProxyType(income),
        MappingProxyType(cash_flow),
        MappingProxyType(_balance_sheet(flow, income)),
    )


def _income(flow: Waterfall, terms: Terms) -> dict[str, Array]:
    company, shape = flow.company, flow.shape
    like = flow.cash
    base = spread(company.operating_cash_usd + company.reallocated_usd, shape)
    rent = total([v.rent_usd + v.guarantee_usd for v in flow.ventures.values()], like)
    gain = total([v.income_usd for v in flow.ventures.values()], like)
    depreciation = total(list(flow.book_depreciation.values()), like)
    lines = {
        "business without the programme": base - spread(company.depreciation_usd, shape),
        "revenue": flow.sources["revenue"],
        "running cost": -flow.uses["running cost"],
        "energy": -flow.uses["energy"],
        "property tax": -flow.uses["property tax"],
        "rent and guarantees": -rent,
    }
    lines["programme EBITDA"] = total(
        [v for k, v in lines.items() if not k.startswith("bus")], like
    )
    lines |= {
        "programme depreciation": -depreciation,
        "interest": -flow.interest,
        "fees": -flow.fees,
        "interest on cash": flow.sources["interest on cash"],
        "share of joint ventures": gain,
    }
    pretax = lines["programme EBITDA"] + total([lines[k] for k in _BELOW_EBITDA], like)
    lines["programme income before tax"] = pretax
    lines["tax on the programme"] = -terms.tax_fraction * pretax
    lines["tax credits"] = flow.sources["tax credits"]
    lines["net income"] = (
        lines["business without the programme"]
        + pretax
        + lines["tax on the programme"]
        + lines["tax credits"]
    )
    return lines


_BELOW_EBITDA = (
    "programme depreciation",
    "interest",
    "fees",
    "interest on cash",
    "share of joint ventures",
)


def _cash_flow(flow: Waterfall) -> dict[str, Array]:
    like, uses, sources = flow.cash, flow.uses, flow.sources
    loans, ventures = flow.loans, flow.ventures
    loan_interest = total([v.interest_usd - v.capitalised_usd for v in loans.values()], like)
    operating = (
        sources["operating cash flow"]
        + sources["reallocation"]
        + sources["revenue"]
        + sources["tax credits"]
        + sources["interest on cash"]
        - uses["running cost"]
        - uses["energy"]
        - uses["property tax"]
        - uses["tax"]
        - uses["interest"]
        - uses["fees"]
        - loan_interest
        - total([v.rent_usd + v.guarantee_usd for v in ventures.values()], like)
    )
    capital = -total(list(flow.capex.values()), like)
    lines = {
        "cash from operations": operating,
        "capital of the programme": capital,
        "other capital": -uses["other capital"],
        "joint ventures": total(
            [v.distribution_usd + v.closing_usd - v.contribution_usd for v in ventures.values()],
            like,
        ),
        "free cash flow": operating + capital - uses["other capital"],
        "shareholder payments": -uses["shareholder payments"],
        "project debt": total(
            [
                v.drawn_usd - (v.payment_usd - (v.interest_usd - v.capitalised_usd))
                for v in loans.values()
            ],
            like,
        ),
        "other debt": _on_demand_debt(flow),
        "equity issued": total(list(flow.drawn.values()), like),
        "unfunded need": flow.gap,
    }
    lines["change of cash"] = total([v for k, v in lines.items() if k != "free cash flow"], like)
    return lines


def _on_demand_debt(flow: Waterfall) -> Array:
    names = [name for name in flow.debt if name not in flow.loans]
    issued = total([flow.sources[name] for name in names], flow.cash)
    return issued - total([flow.uses[f"{name} repaid"] for name in names], flow.cash)


def _balance_sheet(flow: Waterfall, income: Mapping[str, Array]) -> dict[str, Array]:
    company, shape, like = flow.company, flow.shape, flow.cash
    closing = total([v.closing_usd for v in flow.ventures.values()], like)
    other = np.cumsum(
        spread(company.other_capex_usd - company.depreciation_usd, shape) - closing, axis=0
    )
    added = total([*flow.capex.values(), *flow.capitalised_interest.values()], like)
    written = total(list(flow.book_depreciation.values()), like)
    assets = {
        "cash": flow.cash,
        "plant without the programme": company.plant_usd + other,
        "plant of the programme": np.cumsum(added - written, axis=0),
        "joint ventures": total([v.stake_usd for v in flow.ventures.values()], like),
    }
    deferred = np.cumsum(-income["tax on the programme"] - flow.tax, axis=0)
    liabilities = {"debt at the start": np.full(shape, company.debt_usd)}
    liabilities |= dict(flow.debt)
    liabilities |= {"unfunded need": flow.unfunded, "deferred tax": deferred}
    opening = company.cash_usd + company.plant_usd - company.debt_usd
    earned = income["net income"] - spread(company.shareholder_usd, shape)
    equity = opening + np.cumsum(earned + total(list(flow.drawn.values()), like), axis=0)
    return (
        assets
        | {"total assets": total(list(assets.values()), like)}
        | liabilities
        | {"total liabilities": total(list(liabilities.values()), like), "equity": equity}
    )


def twelve_months(flow: Array) -> Array:
    """Return the sum of the last twelve months, scaled up where fewer have passed."""
    total = np.cumsum(flow, axis=0)
    out = total.copy()
    out[12:] -= total[:-12]
    months = np.minimum(np.arange(1, len(flow) + 1), 12)
    result: Array = out * (12 / months)[:, None]
    return result
