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

from gigaplan.finance.amounts import Array, spread, to_date, total
from gigaplan.finance.flows import Terms
from gigaplan.finance.instruments import CREDIT_LINE, EBITDA_LINES, OTHER_LINES
from gigaplan.finance.waterfall import Waterfall


@dataclass(frozen=True)
class Statements:
    """Lines of the three statements, nominal USD, [month, draw].

    ``income`` and ``cash_flow`` are flows of the month, ``balance_sheet`` balances at
    its end.
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
    company, shape, like = flow.company, flow.shape, flow.cash
    base = spread(company.operating_cash_usd + company.reallocated_usd, shape)
    changed = _added(flow, "income")
    above = {
        "revenue": flow.sources["revenue"],
        "running cost": -flow.uses["running cost"],
        "energy": -flow.uses["energy"],
        "property tax": -flow.uses["property tax"],
        "rent and guarantees": np.zeros(shape),
    }
    below = {
        "programme depreciation": -total(list(flow.book_depreciation.values()), like),
        "interest": -flow.interest,
        "fees": -flow.fees,
        "interest on cash": flow.sources["interest on cash"],
        "share of joint ventures": np.zeros(shape),
    }
    for name in EBITDA_LINES:
        if name in changed:
            above[name] = above[name] + changed[name]
    for name in OTHER_LINES:
        if name in changed:
            below[name] = below.get(name, 0.0) + changed[name]
    ebitda = total(list(above.values()), like)
    pretax = ebitda + total(list(below.values()), like)
    tax = -terms.tax_fraction * pretax
    credits = flow.sources["tax credits"] + changed.get(CREDIT_LINE, 0.0)
    own = base - spread(company.depreciation_usd, shape)
    return (
        {"business without the programme": own}
        | above
        | {"programme EBITDA": ebitda}
        | below
        | {
            "programme income before tax": pretax,
            "tax on the programme": tax,
            "tax credits": credits,
            "net income": own + pretax + tax + credits,
        }
    )


def _added(flow: Waterfall, name: str) -> dict[str, Array]:
    """Return lines of instruments, those of one label added."""
    out: dict[str, Array] = {}
    for effect in flow.effects.values():
        for label, values in getattr(effect, name).items():
            out[label] = out[label] + values if label in out else values
    return out


def _cash_flow(flow: Waterfall) -> dict[str, Array]:
    like, uses, sources = flow.cash, flow.uses, flow.sources
    changed = _added(flow, "cash_flow")
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
        + changed.pop("cash from operations", 0.0)
    )
    capital = -total(list(flow.capex.values()), like)
    lines = {
        "cash from operations": operating,
        "capital of the programme": capital,
        "other capital": -uses["other capital"],
        "joint ventures": changed.pop("joint ventures", np.zeros_like(like)),
        "free cash flow": operating + capital - uses["other capital"],
        "shareholder payments": -uses["shareholder payments"],
        "project debt": changed.pop("project debt", np.zeros_like(like)),
        **changed,
        "other debt": _on_demand_debt(flow),
        "equity issued": total(list(flow.drawn.values()), like),
        "unfunded need": flow.gap,
    }
    lines["change of cash"] = total([v for k, v in lines.items() if k != "free cash flow"], like)
    return lines


def _on_demand_debt(flow: Waterfall) -> Array:
    scheduled = _added(flow, "debt")
    names = [name for name in flow.debt if name not in scheduled]
    issued = total([flow.sources[name] for name in names], flow.cash)
    return issued - total([flow.uses[f"{name} repaid"] for name in names], flow.cash)


def _balance_sheet(flow: Waterfall, income: Mapping[str, Array]) -> dict[str, Array]:
    company, shape, like = flow.company, flow.shape, flow.cash
    given = [e.plant_given for e in flow.effects.values() if e.plant_given is not None]
    other = to_date(
        spread(company.other_capex_usd - company.depreciation_usd, shape) - total(given, like)
    )
    added = total([*flow.capex.values(), *flow.capitalised_interest.values()], like)
    written = total(list(flow.book_depreciation.values()), like)
    assets = {
        "cash": flow.cash,
        "plant without the programme": company.plant_usd + other,
        "plant of the programme": to_date(added - written),
        "joint ventures": np.zeros(shape),
    }
    assets |= _added(flow, "assets")
    deferred = to_date(-income["tax on the programme"] - flow.tax)
    liabilities = {"debt at the start": np.full(shape, company.debt_usd)}
    liabilities |= dict(flow.debt)
    liabilities |= _added(flow, "liabilities")
    liabilities |= {"unfunded need": flow.unfunded, "deferred tax": deferred}
    opening = company.cash_usd + company.plant_usd - company.debt_usd
    earned = income["net income"] - spread(company.shareholder_usd, shape)
    equity = opening + to_date(earned + total(list(flow.drawn.values()), like))
    return (
        assets
        | {"total assets": total(list(assets.values()), like)}
        | liabilities
        | {"total liabilities": total(list(liabilities.values()), like), "equity": equity}
    )
