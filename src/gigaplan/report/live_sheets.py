"""One world's money as a workbook that is reckoned by its own formulas.

Sheet ``inputs`` holds the terms, each with a name; ``months`` one line a row and one month a
column, what is given in blue and what follows by formula; ``accounts`` the statements by year,
by formula, and what gigaplan found beside them. Whoever changes an input changes all that
follows from it. `finance.waterfall` and `finance.statements` say why each formula is what it is.
"""

from __future__ import annotations

from typing import Any

from gigaplan.core.errors import InputError
from gigaplan.report.live_accounts import write_accounts
from gigaplan.report.live_cash import write_cash
from gigaplan.report.live_cells import (
    FIRST_MONTH,
    HEAD_ROWS,
    Months,
    minus,
    name_of,
    plus,
)
from gigaplan.report.view import RunView

Key = tuple[str, str, str]
_LIFE = "book life months"


class LiveSheets:
    """Writes the sheets ``inputs``, ``months`` and ``accounts`` of a run into a workbook."""

    def __init__(self, book: Any, view: RunView) -> None:
        self.book = book
        self.world, self.terms = view.table("one_world"), view.table("one_world_terms")
        self.told = view.table("one_world_statements")
        money = "#,##0;[Red]-#,##0"
        self.formats = {
            "given": book.add_format({"num_format": money, "font_color": "#1F4E9E"}),
            "sum": book.add_format({"num_format": money}),
            "input": book.add_format({"num_format": "#,##0.######", "font_color": "#1F4E9E"}),
            "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF1F4"}),
            "section": book.add_format({"bold": True, "font_size": 12, "top": 1}),
            "small": book.add_format({"font_color": "#777777"}),
            "title": book.add_format({"bold": True, "font_size": 15}),
            "hidden": book.add_format({"num_format": ";;;"}),
            "strong": book.add_format({"num_format": money, "bold": True, "top": 1}),
        }
        self.month_names = list(dict.fromkeys(self.world["month"]))
        self.values: dict[Key, list[float]] = {
            (str(kind), str(owner), str(line)): rows["value"].tolist()
            for (kind, owner, line), rows in self.world.groupby(
                ["kind", "owner", "line"], sort=False
            )
        }
        self.classes = [line for kind, owner, line in self.values if owner == "capital"]
        rows = self.terms[self.terms["kind"] != ""]
        self.drawn = list(dict.fromkeys(zip(rows["owner"], rows["kind"], strict=True)))

    def write(self) -> None:
        """Write the three sheets."""
        self._inputs()
        sheet = self.book.add_worksheet("months")
        self.months = Months(sheet, len(self.month_names), self.formats)
        self._head(sheet)
        self._flows()
        self._write_offs()
        self._before_cash()
        self._cash()
        write_accounts(self)

    def effects(self, kind: str, line: str | None = None) -> list[str]:
        """Return the rows of what instruments do, of one kind, and of one line if given."""
        return [
            self.key_of(key)
            for key in self.values
            if key[0] == kind and (line is None or key[2] == line)
        ]

    @staticmethod
    def key_of(key: Key) -> str:
        """Return the row of an input."""
        return "|".join(key)  # never ends as a formula's sign

    def _inputs(self) -> None:
        sheet = self.book.add_worksheet("inputs")
        sheet.set_column(0, 1, 26)
        sheet.set_column(2, 2, 22)
        sheet.set_column(3, 3, 44)
        draw = int(self.world["draw"].iloc[0])
        sheet.write_string(
            0, 0, "One world of the programme, month by month", self.formats["title"]
        )
        words = (
            f"World {draw}: the one whose net present value is the middle of all. Blue is given "
            "and may be changed; black follows by formula. In LibreOffice press Ctrl+Shift+F9."
        )
        sheet.write_string(1, 0, words)
        for j, head in enumerate(("of", "term", "value", "name in formulas")):
            sheet.write_string(3, j, head, self.formats["head"])
        rows = self.terms[["owner", "term", "value"]].to_numpy().tolist()
        taken: set[str] = set()
        for i, (owner, term, value) in enumerate(rows, start=4):
            name = name_of(owner, term)
            if name in taken:
                raise InputError(f"two instruments have one name in a workbook: '{owner}'.")
            taken.add(name)
            sheet.write_string(i, 0, owner or "the programme")
            sheet.write_string(i, 1, term)
            sheet.write_number(i, 2, value, self.formats["input"])
            sheet.write_string(i, 3, name)
            self.book.define_name(name, f"=inputs!$C${i + 1}")

    def _head(self, sheet: Any) -> None:
        sheet.set_column(0, 0, 46)
        sheet.set_column(1, 1, 9)
        sheet.set_column(2, 2, 2)
        sheet.set_column(3, 2 + len(self.month_names), 15)
        sheet.freeze_panes(HEAD_ROWS + 1, FIRST_MONTH)
        last = len(self.month_names) - 1
        for row, words in enumerate(("Month", "Year", "Number of the month", "Last of its year")):
            sheet.write_string(row, 0, words, self.formats["head"])
            self.months.rows[("month", "year", "number", "last")[row]] = row
        for m, text in enumerate(self.month_names):
            year, month = int(text[:4]), int(text[5:])
            sheet.write_string(0, FIRST_MONTH + m, text, self.formats["head"])
            for row, number in enumerate((year, m + 1, int(month == 12 or m == last)), start=1):
                sheet.write_number(row, FIRST_MONTH + m, number)

    def _flows(self) -> None:
        m = self.months
        m.title("What delivery and operations bring, real; nominal at the price level")
        m.given("price", "Nominal USD per real USD", self.values["given", "", "price level"])
        for name in self.classes:
            m.given(f"real {name}", f"Capital, real: {name}", self.values["real", "capital", name])
        for name in ("revenue", "running cost", "energy"):
            m.given(f"real {name}", f"{name.capitalize()}, real", self.values["real", "", name])
        for name in self.classes:
            m.follows(f"gross {name}", f"Capital: {name}", f"{{real {name}}}*{{price}}")
        for name in ("revenue", "running cost", "energy"):
            m.follows(name, name.capitalize(), f"{{real {name}}}*{{price}}")
        m.given("tax credits", "Tax credits", self.values["given", "", "tax credits"])
        m.title("The company without the programme, nominal")
        for kind, _, line in [key for key in self.values if key[0] == "company"]:
            m.given(f"company {line}", line.capitalize(), self.values[kind, "", line])
        m.title("What instruments with a schedule do, nominal")
        known = {"given", "real", "company"}
        for key, values in self.values.items():
            if key[0] not in known:
                words = f"{key[1]}: {key[0].replace('_', ' ')} {key[2]}"
                m.given(self.key_of(key), words, values)

    def _write_offs(self) -> None:
        m = self.months
        m.title("Capital of the company, what is written off, and property tax")
        for name in self.classes:
            others = minus(self.effects("capital_paid", name))
            m.follows(
                f"capital {name}",
                f"Capital of the company: {name}",
                f"MAX({{gross {name}}}{others},0)",
            )
            added = plus(self.effects("capitalised", name))
            m.follows(
                f"added {name}", f"Added to {name} with interest", f"{{capital {name}}}{added}"
            )
            lag, life = name_of(name, "months to service"), name_of(name, _LIFE)
            m.follows(
                f"service {name}",
                f"Begins service: {name}",
                f"IF({{number}}>{lag},INDEX({{added {name}:}},{{number}}-{lag}),0)",
            )
            gone = f"IF({{number}}-1-{life}>=1,INDEX({{service {name}:}},{{number}}-1-{life}),0)"
            m.follows(
                f"book {name}",
                f"Book depreciation: {name}",
                f"{{book {name}-}}+({{service {name}-}}-{gone})/{life}",
                "0",
            )
            m.follows(
                f"plant {name}",
                f"Book value in service: {name}",
                f"{{plant {name}-}}+{{service {name}}}-{{book {name}}}",
                f"{{service {name}}}-{{book {name}}}",
            )
            self._tax_write_off(name)
        due = "0" + "".join(self._property_tax(name) for name in self.classes)
        m.follows("property tax", "Property tax", due, "0")

    def _property_tax(self, name: str) -> str:
        """Write what all capital of a class is worth in the books of who taxes it; return the tax.

        Capital that others paid for counts, at cost; and so does, apart, what each abatement ends.
        """
        m, head, due = self.months, "property tax rate ", ""
        mine = self.terms[self.terms["owner"] == name]["term"]
        numbers = [str(term).removeprefix(head) for term in mine if str(term).startswith(head)]
        if not numbers:
            return due
        lag = name_of(name, "months to service")
        m.follows(
            f"stands {name}",
            f"Begins service, whoever paid: {name}",
            f"IF({{number}}>{lag},INDEX({{gross {name}:}},{{number}}-{lag}),0)",
        )
        value = self._book_value(name, f"of all {name}", "0")
        for number in numbers:
            rate = name_of(name, head + number)
            abated = name_of(name, f"property tax abated {number}")
            months = name_of(name, f"months abated {number}")
            older = self._book_value(name, f"of {name} past abatement {number}", months)
            due += f"+{rate}/12*({value}-{abated}*({value}-{older}))"
        return due

    def _book_value(self, name: str, what: str, months: str) -> str:
        """Write the book value of capital in service for some months; return that of the last."""
        m, life = self.months, name_of(name, _LIFE)
        left = f"MAX({life}-{months},1)"
        m.follows(
            f"starts {what}",
            f"Value {what}",
            f"IF(AND({{number}}>{months},{life}>{months}),"
            f"INDEX({{stands {name}:}},{{number}}-{months})*({life}-{months})/{life},0)",
        )
        gone = f"IF({{number}}-1-{left}>=1,INDEX({{starts {what}:}},{{number}}-1-{left}),0)"
        m.follows(
            f"off {what}",
            f"Written off {what}",
            f"{{off {what}-}}+({{starts {what}-}}-{gone})/{left}",
            "0",
        )
        m.follows(
            f"old {what}",
            f"Book value {what}",
            f"{{old {what}-}}+{{starts {what}}}-{{off {what}}}",
            f"{{starts {what}}}-{{off {what}}}",
        )
        return f"{{old {what}-}}"

    def _tax_write_off(self, name: str) -> None:
        """Write what is written off for tax: vintages of years before, and of this year so far."""
        m, head = self.months, "tax write-off year "
        years = self.terms[(self.terms["owner"] == name) & self.terms["term"].str.startswith(head)]
        terms = [str(term) for term in years["term"]]
        before = "+".join(
            f"SUMIF({{year:}},{{year}}-{age},{{service {name}:}})*{name_of(name, terms[age])}"
            for age in range(1, len(terms))
        )
        january = "MOD({number}-1+in_first_month,12)=0"
        m.follows(
            f"vintages {name}",
            f"Written off for tax from years before: {name}",
            f"IF({january},({before or '0'})/12,{{vintages {name}-}})",
            "0",
        )
        share = name_of(name, terms[0])
        now = f"{{service {name}}}*{share}/(12-MOD({{number}}-1+in_first_month,12))"
        m.follows(
            f"this year {name}",
            f"Written off for tax from this year so far: {name}",
            f"IF({january},0,{{this year {name}-}})+{now}",
            now,
        )
        m.follows(
            f"tax write-off {name}",
            f"Tax depreciation: {name}",
            f"{{vintages {name}}}+{{this year {name}}}",
        )

    def _before_cash(self) -> None:
        m = self.months
        m.title("Before cash is balanced")
        write_offs = minus([f"tax write-off {name}" for name in self.classes])
        m.follows(
            "taxable",
            "Taxable income of the programme before interest",
            "{revenue}-{running cost}-{energy}-{property tax}"
            f"{write_offs}{plus(self.effects('taxable'))}",
        )
        capital = minus([f"capital {name}" for name in self.classes])
        m.follows(
            "net",
            "Cash before interest, tax and what is drawn",
            "{company operating cash flow}+{company reallocation}+{revenue}+{tax credits}"
            f"{plus(self.effects('sources'))}{capital}-{{running cost}}-{{energy}}"
            "-{property tax}-{company other capital}-{company shareholder payments}"
            f"{minus(self.effects('uses'))}",
        )

    def _cash(self) -> None:
        self.book.define_name("in_first_month", f"={int(self.month_names[0][5:]) - 1}")
        write_cash(self)
