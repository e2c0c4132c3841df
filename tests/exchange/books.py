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


def ods(rows: list[list[str]], *, repeat_rows: int = 1, repeat_cells: int = 1, name: str = "Feuille1") -> bytes:
    """Return an OpenDocument sheet; the last row and cell stand as often as said, in one element."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = " ".join(f'xmlns:{short}="{office}{short}:1.0"' for short in ("office", "table", "text"))
    body = ""
    for number, row in enumerate(rows, 1):
        many = f' table:number-rows-repeated="{repeat_rows}"' if number == len(rows) and repeat_rows > 1 else ""
        cells = "".join(
            f'<table:table-cell office:value-type="string"{_repeated(at == len(row), repeat_cells)}>'
            f"<text:p>{escape(text)}</text:p></table:table-cell>"
            for at, text in enumerate(row, 1)
        )
        body += f"<table:table-row{many}>{cells}</table:table-row>"
    sheet = f'<table:table table:name="{name}">{body}</table:table>'
    content = f"<office:spreadsheet>{sheet}</office:spreadsheet>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        document = f"<office:document-content {spaces}><office:body>{content}</office:body></office:document-content>"
        archive.writestr("content.xml", document)
    return file.getvalue()


def _repeated(is_last: bool, times: int) -> str:
    return f' table:number-columns-repeated="{times}"' if is_last and times > 1 else ""


_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" '
    'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)
