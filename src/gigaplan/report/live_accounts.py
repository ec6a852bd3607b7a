"""The statements by year as formulas over the months: see `finance.statements`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gigaplan.report.live_cells import letters

if TYPE_CHECKING:
    from gigaplan.report.live_sheets import LiveSheets

_TITLES = {
    "income": "Income statement",
    "cash_flow": "Cash flow statement",
    "balance_sheet": "Balance sheet",
}
_STRONG = frozenset(
    {
        "programme EBITDA",
        "programme income before tax",
        "net income",
        "free cash flow",
        "change of cash",
        "total assets",
        "total liabilities",
        "equity",
    }
)
_FIRST = 1  # column of the first year
_ABOVE = ("revenue", "running cost", "energy", "property tax", "rent and guarantees")


def write_accounts(sheets: LiveSheets) -> None:
    """Write sheet ``accounts`` by formula and sheet ``check`` with what gigaplan found."""
    told = sheets.told
    years = [int(year) for year in dict.fromkeys(told["year"])]
    sheet = sheets.book.add_worksheet("accounts")
    check = sheets.book.add_worksheet("check")
    for page in (sheet, check):
        page.set_column(0, 0, 40)
        page.set_column(_FIRST, _FIRST + len(years) - 1, 15)
        page.freeze_panes(3, _FIRST)
    sheet.write_string(0, 0, "Statements of one world, nominal USD", sheets.formats["title"])
    check.write_string(0, 0, "Formulas less what gigaplan found, USD", sheets.formats["title"])
    for i, year in enumerate(years):
        for page in (sheet, check):
            page.write_number(2, _FIRST + i, year, sheets.formats["head"])
    writer = _Accounts(sheets, sheet, check, len(years))
    row = 3
    for statement, title in _TITLES.items():
        rows = told[told["statement"] == statement]
        names = list(dict.fromkeys(str(line) for line in rows["line"]))
        for page in (sheet, check):
            page.write_string(row, 0, title, sheets.formats["section"])
        writer.lay_out(statement, names, row + 1)
        for name in names:
            values = rows[rows["line"] == name]["value"].tolist()
            writer.write(statement, name, names, [float(value) for value in values])
        row += len(names) + 2
    cells = f"{letters(_FIRST)}4:{letters(_FIRST + len(years) - 1)}{row}"
    check.write_string(1, 0, "Largest difference, as a part of total assets")
    assets = writer.places["balance_sheet", "total assets"] + 1
    whole = f"accounts!{letters(_FIRST)}{assets}:{letters(_FIRST + len(years) - 1)}{assets}"
    check.write_formula(1, _FIRST, f"=SUMPRODUCT(MAX(ABS({cells})))/SUMPRODUCT(MAX(ABS({whole})))")


class _Accounts:
    """Writes lines of statements: each a formula of the months and of lines above it."""

    def __init__(self, sheets: LiveSheets, sheet: Any, check: Any, years: int) -> None:
        self.sheets, self.sheet, self.check, self.years = sheets, sheet, check, years
        self.places: dict[tuple[str, str], int] = {}

    def lay_out(self, statement: str, names: list[str], first: int) -> None:
        """Give each line its row, so that formulas may name any of them."""
        for i, name in enumerate(names):
            self.places[statement, name] = first + i

    def write(self, statement: str, name: str, names: list[str], values: list[float]) -> None:
        """Write a line, and what it differs by from the values found."""
        row = self.places[statement, name]
        strong = self.sheets.formats["strong" if name in _STRONG else "sum"]
        for page in (self.sheet, self.check):
            page.write_string(row, 0, name)
        make: Callable[[int, str, list[str]], str] = getattr(self, f"_{statement}")
        for i, value in enumerate(values):
            formula = make(i, name, names)
            self.sheet.write_formula(row, _FIRST + i, "=" + formula, strong, value)
            cell = f"accounts!{letters(_FIRST + i)}{row + 1}"
            self.check.write_formula(row, _FIRST + i, f"={cell}-{value!r}", strong, 0)

    def _sum(self, key: str, i: int) -> str:
        months, year = self.sheets.months, f"{letters(_FIRST + i)}$3"
        return f"SUMIF({months.line('year')},{year},{months.line(key)})"

    def _end(self, key: str, i: int) -> str:
        months, year = self.sheets.months, f"{letters(_FIRST + i)}$3"
        return f"SUMIFS({months.line(key)},{months.line('year')},{year},{months.line('last')},1)"

    def _sums(self, keys: list[str], i: int) -> str:
        return "".join("+" + self._sum(key, i) for key in keys)

    def _ends(self, keys: list[str], i: int) -> str:
        return "0" + "".join("+" + self._end(key, i) for key in keys)

    def _line(self, statement: str, name: str, i: int) -> str:
        """Return the cell of a line; that of the year before the first is nought."""
        if i < 0:
            return "0"
        return f"{letters(_FIRST + i)}{self.places[statement, name] + 1}"

    def _all(self, statement: str, names: list[str], i: int) -> str:
        return "+".join(self._line(statement, name, i) for name in names) or "0"

    def _income(self, i: int, name: str, names: list[str]) -> str:
        e, total = self.sheets.effects, self._sum
        changed = self._sums(e("income", name), i)
        above = [n for n in names if n in _ABOVE]
        below = names[names.index("programme EBITDA") + 1 : names.index(_PRETAX)]
        if name == "business without the programme":
            flows = ("operating cash flow", "reallocation")
            own = "+".join(total(f"company {flow}", i) for flow in flows)
            return f"{own}-{total('company depreciation', i)}"
        if name == "programme EBITDA":
            return self._all("income", above, i)
        if name == _PRETAX:
            return self._all("income", ["programme EBITDA", *below], i)
        if name == "tax on the programme":
            return f"-in_tax_rate*{self._line('income', _PRETAX, i)}"
        if name == "net income":
            parts = ["business without the programme", _PRETAX, "tax on the programme"]
            return self._all("income", [*parts, "tax credits"], i)
        if name == "programme depreciation":
            return "".join("-" + total(f"book {c}", i) for c in self.sheets.classes)
        if name in ("running cost", "energy", "property tax", "interest", "fees"):
            return f"-{total(name, i)}{changed}"
        if name in ("revenue", "tax credits", "interest on cash"):
            return f"{total(name, i)}{changed}"
        return f"0{changed}"

    def _cash_flow(self, i: int, name: str, names: list[str]) -> str:
        total, sheets = self._sum, self.sheets
        changed = self._sums(sheets.effects("cash_flow", name), i)
        if name == "cash from operations":
            got = (
                "company operating cash flow",
                "company reallocation",
                "revenue",
                "tax credits",
                "interest on cash",
            )
            paid = ("running cost", "energy", "property tax", "tax", "interest", "fees")
            return (
                "+".join(total(key, i) for key in got)
                + "".join("-" + total(key, i) for key in paid)
                + changed
            )
        if name == "capital of the programme":
            return "".join("-" + total(f"capital {c}", i) for c in sheets.classes)
        if name in ("other capital", "shareholder payments"):
            return f"-{total(f'company {name}', i)}"
        if name == "free cash flow":
            parts = ["cash from operations", "capital of the programme", "other capital"]
            return self._all("cash_flow", parts, i)
        if name == "other debt":
            names = [n for n, kind in sheets.drawn if kind != "equity"]
            return "0" + "".join(
                f"+{total(f'issued {n}', i)}-{total(f'repaid {n}', i)}" for n in names
            )
        if name == "equity issued":
            issued = [f"issued {n}" for n, kind in sheets.drawn if kind == "equity"]
            return f"0{self._sums(issued, i)}"
        if name == "unfunded need":
            return total("gap", i)
        if name == "change of cash":
            others = [n for n in names if n not in ("free cash flow", "change of cash")]
            return self._all("cash_flow", others, i)
        return f"0{changed}"

    def _balance_sheet(self, i: int, name: str, names: list[str]) -> str:
        total, sheets = self._sum, self.sheets
        before = self._line("balance_sheet", name, i - 1)
        if name == "plant without the programme":
            start = "in_opening_plant" if i == 0 else before
            given = "".join("-" + total(key, i) for key in sheets.effects("plant_given"))
            change = f"{total('company other capital', i)}-{total('company depreciation', i)}"
            return f"{start}+{change}{given}"
        if name == "plant of the programme":
            parts = (f"+{total(f'added {c}', i)}-{total(f'book {c}', i)}" for c in sheets.classes)
            return before + "".join(parts)
        if name == "total assets":
            return self._all("balance_sheet", names[: names.index(name)], i)
        if name == "debt at the start":
            return "in_opening_debt"
        if name == "deferred tax":
            expense = self._line("income", "tax on the programme", i)
            return f"{before}-{expense}-{total('tax', i)}"
        if name == "total liabilities":
            owed = names[names.index("total assets") + 1 : names.index(name)]
            return self._all("balance_sheet", owed, i)
        if name == "equity":
            start = "in_opening_cash+in_opening_plant-in_opening_debt" if i == 0 else before
            issued = self._line("cash_flow", "equity issued", i)
            income = self._line("income", "net income", i)
            return f"{start}+{income}-{total('company shareholder payments', i)}+{issued}"
        if name == "cash":
            return self._end("cash", i)
        if name == "unfunded need":
            return self._end("unfunded", i)
        if name in [n for n, kind in sheets.drawn if kind != "equity"]:
            return self._end(f"owed {name}", i)
        kinds = ("assets", "debt", "liabilities")
        return self._ends([key for kind in kinds for key in sheets.effects(kind, name)], i)


_PRETAX = "programme income before tax"
