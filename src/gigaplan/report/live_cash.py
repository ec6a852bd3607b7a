"""The monthly balancing of cash as formulas: see `finance._kernels.balance_cash`.

Rows refer to rows below them, never to a later month: nothing is circular.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gigaplan.report.live_cells import minus, name_of, plus

if TYPE_CHECKING:
    from gigaplan.report.live_sheets import LiveSheets


def write_cash(sheets: LiveSheets) -> None:
    """Write interest, tax, what each instrument gives and takes, cash and the gap."""
    m, drawn = sheets.months, sheets.drawn
    m.title("Cash, month by month")
    names = (
        "interest",
        "due",
        "interest on cash",
        "total taxable",
        "losses used",
        "losses",
        "tax",
        "left",
        *(f"{what} {name}" for name, _ in drawn for what in _ROWS),
        "fees",
        "gap",
        "unfunded",
        "cash",
    )
    # rows refer to one another: each has its place before the first is written
    for at, name in enumerate(names):
        m.rows[name] = m.next_row + at

    _tax(sheets)
    _instruments(sheets)
    minimum = name_of("", "minimum cash")
    fees = "+".join(
        f"{{issued {name}}}*{name_of(name, 'fee')}" for name, kind in drawn if kind != "revolver"
    )
    m.follows("fees", "Fees on what is issued", fees or "0")
    net_drawn = "".join(
        f"+{{issued {name}}}" + ("" if kind == "revolver" else f"*(1-{name_of(name, 'fee')})")
        for name, kind in drawn
    )
    short = f"MAX(-{{left}}-(0{net_drawn}),0)"
    m.follows(
        "gap",
        "Funding gap of the month (below nought: repaid)",
        f"IF({{left}}<0,IF({short}>0.01,{short},0),-MIN({{unfunded-}},{{left}}))",
    )
    m.follows("unfunded", "Funding gap to date", "{unfunded-}+{gap}")
    lines = [name for name, kind in drawn if kind == "revolver"]
    paid_back = minus(f"repaid {name}" for name in lines)
    m.follows("cash", "Cash", f"{{left}}+{{gap}}+(0{net_drawn}){paid_back}+{minimum}")


_ROWS = ("repaid", "issued", "owed", "so far")


def _instruments(sheets: LiveSheets) -> None:
    """Write what is repaid, issued and owed of each instrument, in the order of drawing."""
    m = sheets.months
    drawn_before, back_before = "", ""
    for name, kind in sheets.drawn:
        term = {
            what: name_of(name, what)
            for what in ("most", "most a year", "fee", "tenor months", "months before")
        }
        tenor = term["tenor months"]
        if kind == "bond":
            repaid = f"IF({{number}}>{tenor},INDEX({{issued {name}<}},{{number}}-{tenor}+1),0)"
        elif kind == "revolver":
            spare = f"({{left}}-MIN({{unfunded-}},{{left}}){back_before})"
            repaid = f"IF({{left}}<0,0,MIN({{owed {name}-}},{spare}))"
            back_before += minus([f"repaid {name}"])
        else:
            repaid = "0"
        m.follows(f"repaid {name}", f"{name}: repaid", repaid)
        owed = f"{{owed {name}-}}-{{repaid {name}}}" if kind == "bond" else f"{{owed {name}-}}"
        kept = 1.0 if kind == "revolver" else f"(1-{term['fee']})"
        short = f"(-{{left}}-(0{drawn_before}))"
        this_year = f"IF(MOD({{number}}-1+in_first_month,12)=0,0,{{so far {name}-}})"
        room = f"MAX(MIN({term['most']}-({owed}),{term['most a year']}-{this_year}),0)"
        m.follows(
            f"issued {name}",
            f"{name}: issued or drawn",
            f"IF(AND({{left}}<0,{{number}}>{term['months before']},{short}>0),"
            f"MIN({short}/{kept},{room}),0)",
        )
        m.follows(
            f"owed {name}", f"{name}: owed", f"{{owed {name}-}}-{{repaid {name}}}+{{issued {name}}}"
        )
        m.follows(
            f"so far {name}", f"{name}: issued in the year so far", f"{this_year}+{{issued {name}}}"
        )
        drawn_before += f"+{{issued {name}}}*{kept}"


def _tax(sheets: LiveSheets) -> None:
    """Write interest, what is due, tax, and the cash that is left before anything is drawn."""
    m, drawn = sheets.months, sheets.drawn
    interest = "0"
    for name, kind in drawn:
        interest += f"+{{owed {name}-}}*{name_of(name, 'rate')}/12"
        if kind == "revolver":
            undrawn = f"({name_of(name, 'most')}-{{owed {name}-}})"
            since = f"{{number}}>{name_of(name, 'months before')}"
            interest += f"+IF({since},{undrawn}*{name_of(name, 'fee')}/12,0)"
    m.follows("interest", "Interest", interest)
    bonds = [name for name, kind in drawn if kind == "bond"]
    m.follows("due", "Bonds due", "0" + plus(f"repaid {name}" for name in bonds))
    opening, minimum = name_of("", "opening cash"), name_of("", "minimum cash")
    rate, limit = name_of("", "tax rate"), name_of("", "loss limit")
    earned = f"{{cash-}}*{name_of('', 'interest on cash')}/12"
    m.follows("interest on cash", "Interest on cash", earned, earned.replace("{cash-}", opening))
    m.follows(
        "total taxable",
        "Taxable income of company and programme",
        "{company taxable income}+{taxable}+{interest on cash}-{interest}-{fees-}",
    )
    m.follows(
        "losses used",
        "Losses brought forward that are used",
        f"IF({{total taxable}}>0,MIN({{losses-}},{limit}*{{total taxable}}),0)",
    )
    m.follows("losses", "Losses carried forward", "{losses-}-{losses used}-MIN({total taxable},0)")
    m.follows(
        "tax",
        "Tax (the change the programme makes)",
        f"{rate}*(MAX({{total taxable}},0)-{{losses used}}-{{company taxable income}})",
    )
    left = f"{{cash-}}+{{net}}+{{interest on cash}}-{{interest}}-{{tax}}-{{due}}-{minimum}"
    m.follows(
        "left",
        "Cash over what is kept, before anything is drawn",
        left,
        left.replace("{cash-}", opening),
    )
