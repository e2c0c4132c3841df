"""Workbooks made by hand, so that the tests depend on no writer's habits."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'


class Day(int):
    """A serial day of a spreadsheet (1 = 1900-01-01), shown as a date."""


def xlsx(*sheets: list[list[object]], extra: dict[str, bytes] | None = None) -> bytes:
    """Return a workbook with one sheet per table of rows; text, numbers, booleans and `Day`s."""
    return xlsx_of(*(_rows(rows) for rows in sheets), extra=extra)


def xlsx_sheets(sheets: dict[str, list[list[object]]]) -> bytes:
    """Return a workbook with one named sheet per table of rows."""
    return xlsx_of(*(_rows(rows) for rows in sheets.values()), names=list(sheets))


def xlsx_of(*sheets: str, extra: dict[str, bytes] | None = None, names: list[str] | None = None) -> bytes:
    """Return a workbook whose sheets have the given XML inside `sheetData`."""
    titles = names or [f"Feuille {n}" for n in range(1, len(sheets) + 1)]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        numbers = range(1, len(sheets) + 1)
        listed = "".join(f'<sheet name="{titles[n - 1]}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        rels = [
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        ]
        styles = f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        book = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS.format(book))
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr("xl/_rels/workbook.xml.rels", _RELS.format("".join(rels) + styles))
        archive.writestr("xl/styles.xml", _STYLES)
        for n, content in zip(numbers, sheets, strict=True):
            sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData></worksheet>'
            archive.writestr(f"xl/worksheets/sheet{n}.xml", sheet)
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return file.getvalue()


def _rows(rows: list[list[object]]) -> str:
    return "".join(
        f'<row r="{r}">' + "".join(_cell(value, f"{chr(64 + c)}{r}") for c, value in enumerate(row, 1)) + "</row>"
        for r, row in enumerate(rows, 1)
    )


def _cell(value: object, reference: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Day):
        return f'<c r="{reference}" s="1"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{reference}"><v>{value}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
