"""Bad and odd input, case by case: what comes in, what becomes of it, and the words the docs have for it.

`python -m tests.bad_input` prints the table of docs/bad-input.md.
"""

from tests.bad_files import (
    ASHA,
    NO_TEXT,
    ORDERS,
    PEOPLE,
    Case,
    day,
    order,
    person,
    text,
    workbook,
)

CASES: tuple[Case, ...] = (
    Case(
        "Not in UTF-8",
        "Read as Western (Windows-1252), and the import says so. Another encoding can be chosen.",
        text(PEOPLE, "Zoë Müller,zoe@x.example", encoding="cp1252"),
        [person("Zoë Müller")],
        says="read as Western (Windows-1252)",
    ),
    Case(
        "A few broken letters in a file of UTF-8",
        "The rows with them are refused; the others' letters are right.",
        lambda: (
            text(PEOPLE, "Zoë,z@x.example", "Jürgen,j@x.example", "Ève,e@x.example")()
            + b"Andr\xe9,a@x.example\n"
        ),
        [person("Zoë"), person("Jürgen"), person("Ève"), "not_text"],
    ),
    Case(
        "UTF-16, with or without a byte-order mark",
        "Read as such.",
        text(PEOPLE, "Zoë,zoe@x.example", encoding="utf-16-le"),
        [person("Zoë")],
    ),
    Case(
        "A byte-order mark",
        "Not taken for a part of the first header.",
        text("email,name", "asha@x.example,Asha", encoding="utf-8-sig"),
        [person("Asha", email="asha@x.example")],
    ),
    Case(
        "Semicolons, tabs or bars instead of commas; a first line sep=;",
        "Read as such.",
        text("sep=;", "name;email", "Rao, Asha;asha@x.example"),
        [person("Rao, Asha")],
    ),
    Case(
        "Tabs",
        "Read as such.",
        text("name\temail", "Asha\tasha@x.example"),
        [person("Asha")],
    ),
    Case(
        "Rows with fewer cells than the header",
        "What is missing is not given: spreadsheets leave out empty cells at the end. Refused where the row "
        "lacks what its record needs.",
        text("email,name,city", "asha@x.example,Asha", "Ravi"),
        [person("Asha"), "invalid_email"],
    ),
    Case(
        "Rows with more cells than the header",
        "Refused: it can't be told which cell is which. Empty ones more are nothing.",
        text(PEOPLE, f"{ASHA},,", "Rao, Ravi,ravi@x.example"),
        [person("Asha"), "too_many_cells"],
    ),
    Case(
        "The same header twice",
        "The first of the columns counts, and the import says so.",
        text("email,name,email", "asha@x.example,Asha,other@x.example"),
        [person("Asha", email="asha@x.example")],
        says="The header “email” is there 2 times; the first column counts.",
    ),
    Case(
        "A column without a header",
        "Called by its number, and taken for a field only if its values alone say which, as e-mail addresses "
        "do.",
        text("name,,city", "Asha,asha@x.example,Pune"),
        [person("Asha", email="asha@x.example", city="Pune")],
        says="“column 2” is taken as email",
    ),
    Case(
        "No line of headers",
        "The first line is a row; columns are taken by their values where these say which field it is, and "
        "the import says so. A file in which no column is a key by its values fails.",
        text(ASHA, "Ravi,ravi@x.example"),
        [{"email": "asha@x.example"}, {"email": "ravi@x.example"}],
        says="“column 2” is taken as email",
    ),
    Case(
        "A header and no rows",
        "The import fails and says so.",
        text(PEOPLE),
        (),
        says="no rows",
    ),
    Case("An empty file", "The import fails and says so.", lambda: b"", fails="The file is empty."),
    Case(
        "Blank lines only", "The import fails and says so.", lambda: b"\n  \n\n", fails="The file is empty."
    ),
    Case(
        "One column",
        "Enough, if it is a key.",
        text("email", "asha@x.example", "", "ravi@x.example"),
        [{"email": "asha@x.example"}, {"email": "ravi@x.example"}],
    ),
    Case(
        "NUL bytes and other control characters in a cell",
        "The row is refused.",
        text(PEOPLE, "A\0sha,asha@x.example", "Ra\x1bvi,r@x.example", "Mei,mei@x.example"),
        ["not_text", "not_text", person("Mei")],
    ),
    Case(
        "A cell of 10 MB",
        "The row is refused and kept with the cell's beginning; the rest goes in.",
        lambda: text(PEOPLE, f"{'x' * 10_000_000},big@x.example", ASHA)(),
        ["too_long", person("Asha")],
    ),
    Case(
        "Text longer than 500 characters in a field",
        "The row is refused.",
        text(PEOPLE, f"{'x' * 501},big@x.example", ASHA),
        ["too_long", person("Asha")],
    ),
    Case(
        "Line breaks in quotes",
        "Part of the cell.",
        text(PEOPLE, '"Asha\nRao",asha@x.example', '"Ravi\r\n ""the\n\n boss""",ravi@x.example'),
        [person("Asha\nRao"), person('Ravi\r\n "the\n\n boss"')],
    ),
    Case(
        "A quote that is opened and never closed",
        "The line is refused; reading goes on with the next one.",
        text(PEOPLE, '"Asha,asha@x.example', "Ravi,ravi@x.example", '"Mei ""M"" Lin",mei@x.example'),
        ["broken_quotes", person("Ravi"), person('Mei "M" Lin')],
    ),
    Case(
        "A quote in the middle of a quoted cell",
        "The line is refused; in a cell without quotes it is text.",
        text(PEOPLE, '"5" screen",a@x.example', '5" screen,b@x.example'),
        ["broken_quotes", person('5" screen')],
    ),
    Case(
        "Line ends of every system in one file",
        "Each ends a line.",
        lambda: f"{PEOPLE}\r\n{ASHA}\rRavi,ravi@x.example\nMei,mei@x.example".encode(),
        [person("Asha"), person("Ravi"), person("Mei")],
    ),
    Case(
        "Delimiters at the end of lines",
        "No columns.",
        text(f"{PEOPLE},,", f"{ASHA},,"),
        [person("Asha")],
    ),
    Case(
        "Comment lines and titles above the table",
        "Left out; titles are named. Lines with a # first are rows where cells are told apart in them: #1001 "
        "may be an order.",
        text("# exported", "Our customers", "id,name,email", f"#1001,{ASHA}", "# the end"),
        [person("Asha", externalId="#1001")],
        says="“Our customers” stands before the table and is left out.",
    ),
    Case(
        "Decimal commas",
        "Read as the column's other rows have it: 12,50 says that 1.234 is a thousand.",
        text("order id;email;total", "A1;a@x.example;12,50", "A2;a@x.example;1.234"),
        [{"total": 12.5}, {"total": 1234.0}],
    ),
    Case(
        "1,234 or 1.234 where no row of the column says which sign is the decimal one",
        "Shown and asked; refused where nobody answers.",
        text(ORDERS, order(total="1,234"), order(total="1.234")),
        ["ambiguous_number", "ambiguous_number"],
        says="thousands from decimals",
    ),
    Case(
        "₹1,234.50 and other signs and codes of currencies",
        "An amount.",
        text(ORDERS, *[order(total=one) for one in ("₹1,234.50", "Rs. 1,23,456", "12 EUR", "$5")]),
        [{"total": 1234.5}, {"total": 123456.0}, {"total": 12.0}, {"total": 5.0}],
    ),
    Case(
        "(12.00)",
        "Minus 12, as accountants write it: refused as a total.",
        text(ORDERS, order(total="(12.00)")),
        ["negative"],
    ),
    Case(
        "Dates as a spreadsheet's numbers",
        "45658 is 2025-01-01, where the whole column has such numbers; among other dates it is refused.",
        text(ORDERS, order("45658"), order("45658.5")),
        [{"createdAt": day(2025, 1, 1)}, {"createdAt": day(2025, 1, 1, 12)}],
    ),
    Case(
        "03/04/2025, decided by another row",
        "28/02/2025 in the column says that it is the 3rd of April.",
        text(ORDERS, order("03/04/2025"), order("28/02/2025")),
        [{"createdAt": day(2025, 4, 3)}, {"createdAt": day(2025, 2, 28)}],
    ),
    Case(
        "03/04/2025, decided by no row",
        "Shown and asked; refused where nobody answers. Never guessed.",
        text(ORDERS, order("03/04/2025"), order("2025-01-31")),
        ["ambiguous_date", {"createdAt": day(2025, 1, 31)}],
        says="day from month",
    ),
    Case(
        "Impossible dates",
        "The row is refused.",
        text(ORDERS, *[order(one) for one in ("31/02/2025", "2025-13-01", "0000-00-00", "1025-01-01")]),
        ["impossible_date"] * 4,
    ),
    Case(
        "Negative, infinite or no amounts",
        "The row is refused.",
        text(ORDERS, *[order(total=one) for one in ("-5", "inf", "NaN", "1e999", "9" * 20, "free")]),
        ["negative", "not_a_number", "not_a_number", "not_a_number", "too_large", "not_a_number"],
    ),
    Case(
        "Several cells of a row that can't be taken",
        "The row is refused once, with the reason of each, so that it is mended at once.",
        text("email,age,birthday,phone", "asha,old,31/02/1990,9.19E+11"),
        ["invalid_email"],
    ),
    Case(
        "Invalid e-mail addresses",
        "The row is refused.",
        text(PEOPLE, *[f"Asha,{one}" for one in ("asha", "asha@x", "a sha@x.example", "<asha@x.example>")]),
        ["invalid_email"] * 4,
    ),
    Case(
        "Upper-case and padded e-mail addresses",
        "Kept as written without the blanks, visible or not; compared without case.",
        text(PEOPLE, "Asha,  ASHA@X.Example\u200b\u00a0", ASHA),
        [{"email": "ASHA@X.Example"}, {"email": "asha@x.example"}],
        stored=("customers", [{"email": "asha@x.example"}]),
    ),
    Case(
        "Internationalised e-mail addresses",
        "Taken.",
        text(PEOPLE, "Jürgen,jürgen@münchen.example", "Asha,आशा@उदाहरण.भारत"),
        [{"email": "jürgen@münchen.example"}, {"email": "आशा@उदाहरण.भारत"}],
    ),
    Case(
        "The same e-mail address twice",
        "One customer; what the later row gives counts.",
        text("name,email,city", f"{ASHA},Pune", "Asha Rao,ASHA@x.example,"),
        [person("Asha"), person("Asha Rao")],
        stored=("customers", [{"name": "Asha Rao", "city": "Pune"}]),
    ),
    Case(
        "Orders for unknown customers",
        "An e-mail address makes a customer; an unknown id alone is refused.",
        text("order id,email,customer id,total", "A1,new@x.example,,5", "A2,,nobody,5"),
        [{"customerEmail": "new@x.example"}, {"customerId": "nobody"}],
        refused=1,
        stored=("customers", [{"email": "new@x.example", "orderCount": 1, "totalSpent": 5.0}]),
    ),
    Case(
        "The same order reference twice, with the same content",
        "One order.",
        text(ORDERS, order(), order()),
        [{"orderReference": "A1"}] * 2,
        stored=("orders", [{"_id": "A1", "total": 5.0}]),
    ),
    Case(
        "The same order reference twice in a file, with different content",
        "The first row is the order, the other one is refused: nothing tells which is right, and rows of one "
        "order are not put together. Another status or refund is a change of the order, and so is a later "
        "file.",
        text(
            "order id,email,date,total,status",
            "A1,a@x.example,2025-01-31,5,placed",
            "A1,a@x.example,2025-01-31,7,placed",
            "A1,a@x.example,2025-01-31,5,paid",
        ),
        [{"orderReference": "A1"}] * 3,
        refused=1,
        stored=("orders", [{"_id": "A1", "total": 5.0, "status": "paid"}]),
    ),
    Case(
        "The same order reference twice in a file, for different customers",
        "One order; the other row is refused.",
        text(ORDERS, order(), "A1,b@x.example,2025-01-31,5"),
        [{"orderReference": "A1"}] * 2,
        refused=1,
        stored=("orders", [{"_id": "A1", "total": 5.0}]),
    ),
    Case(
        "Malformed lists of products",
        "The row is refused, with the product at fault.",
        text(
            "order id,email,total,products",
            'A1,a@x.example,5,"[{""name"": ""Mug"""',
            "A2,a@x.example,5,Mug",
            'A3,a@x.example,5,"[{""qty"": 1}]"',
            'A4,a@x.example,5,"[{""name"": ""Mug"", ""qty"": -1}]"',
            'A5,a@x.example,5,"[{""name"": ""Mug"", ""$where"": 1}]"',
        ),
        ["invalid_products", "invalid_products", "invalid_products", "not_a_quantity", {"total": 5.0}],
    ),
    Case(
        "Cells that are formulas, such as =cmd|…",
        "Text like any other; led by an apostrophe in every file that is downloaded, so that no spreadsheet "
        "takes it for a formula.",
        text(PEOPLE, "=cmd|'/C calc'!A0,asha@x.example", "@SUM(1),r@x.example", "-2+3,m@x.example"),
        [person("=cmd|'/C calc'!A0"), person("@SUM(1)"), person("-2+3")],
    ),
    Case(
        "Cells that a download from here has led by an apostrophe",
        "Read without it: what was downloaded comes back as it was.",
        text("name,email,phone", "'=1+1,asha@x.example,'+91 98765", "'t Hooft,r@x.example,'5"),
        [person("=1+1", phone="+91 98765"), person("'t Hooft", phone="'5")],
    ),
    Case(
        "A download of refused rows, corrected",
        "Read as the file that the rows are from; row, field, code and reason are left out.",
        text(
            "name,email,row,field,code,reason",
            f"{ASHA},7,email,invalid_email,“asha” is not an e-mail address",
        ),
        [{"name": "Asha", "email": "asha@x.example"}],
    ),
    Case(
        "Formulas in an Excel file",
        "Their saved value counts; without one the row is refused.",
        workbook(["name", "email"], ["=1+1", "a@x.example"], ["Asha", "asha@x.example"]),
        ["formula", person("Asha")],
    ),
    Case(
        "Errors of a spreadsheet, such as #N/A",
        "The row is refused. In a custom attribute of another type than text #N/A is nothing: it says so.",
        text(PEOPLE, "#N/A,asha@x.example", "#REF!,r@x.example", "#1 fan,m@x.example"),
        ["spreadsheet_error", "spreadsheet_error", person("#1 fan")],
    ),
    Case(
        "Numbers that a spreadsheet has shortened, such as 9.19E+11, as ids or phone numbers",
        "The row is refused: the digits are gone.",
        text("email,phone", "asha@x.example,9.19E+11"),
        ["shortened"],
    ),
    Case(
        "Headers such as $where, a.b or __proto__",
        "Names like any other; they never become a key or an operator in MongoDB.",
        text("email,$where,a.b,__proto__", "asha@x.example,1,2,3"),
        [{"email": "asha@x.example"}],
        stored=("customers", [{"email": "asha@x.example"}]),
    ),
    Case(
        "HTML and scripts in names",
        "Text; shown as text.",
        text(PEOPLE, "<script>alert(1)</script>,asha@x.example"),
        [person("<script>alert(1)</script>")],
        stored=("customers", [{"name": "<script>alert(1)</script>"}]),
    ),
    Case(
        "Names from right to left and with emoji",
        "Taken as they are.",
        text(PEOPLE, "مريم‎ حسن,m@x.example", "Zoë 👩🏽‍🚀,z@x.example"),
        [person("مريم‎ حسن"), person("Zoë 👩🏽‍🚀")],
    ),
    Case(
        "500 columns",
        "Taken, as far as there is room for new attributes: 200 at most, and the import names the others. "
        "More than 2,000 columns fail the import.",
        text(
            ",".join(["email", *[f"c{number}" for number in range(499)]]),
            ",".join(["asha@x.example", *["v"] * 499]),
        ),
        [{"email": "asha@x.example"}],
    ),
    *NO_TEXT,
)


def table() -> str:
    """The table of docs/bad-input.md."""
    rows = [f"| {case.title.replace('|', chr(92) + '|')} | {case.happens} |" for case in CASES]
    return "\n".join(["| what comes in | what happens |", "|---|---|", *rows])


if __name__ == "__main__":
    print(table())  # noqa: T201
