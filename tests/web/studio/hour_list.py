"""A list as a colleague hands it over: 1,000 people in an Excel sheet, with what people do to such lists."""

from __future__ import annotations

from tests.exchange.books import xlsx_sheets

HEADER = ["Courriel", "NOM Prénom", "Structure", "Inscrit newsletter ?", "Dépt", "Tél. portable", "Date inscription"]
NO = ("Non", "désinscrit le 03/02/2025", "?")
UNKNOWN = (
    "Commune de Trifouilly",
    "Syndicat des eaux vives",
    "Association Les Tilleuls",
    "Agence Horizon",
    "Pays Bleu",
)


def hour_list() -> bytes:
    """Return the workbook: 560 plain rows, 120 that say no or nothing clear, and slips of every kind."""
    rows: list[list[object]] = [["Liste des contacts", ""], ["mise à jour du 12 mars"], [], list(HEADER)]
    for n in range(560):
        rows.append(_row(n, f"p{n}@ville{n % 40}.example"))
    for n in range(120):
        rows.append(_row(560 + n, f"non{n}@ville.example", says=NO[n // 40]))
    for n in range(40):
        rows.append(_row(680 + n, f"slip{n}@gmial.com"))
    for n in range(120):
        rows.append(_row(720 + n, f"org{n}@ville.example", structure=UNKNOWN[n % len(UNKNOWN)]))
    for n in range(120):
        rows.append(_row(840 + n, _bruised(n)))
    for n in range(40):
        rows.append(_row(960 + n, ("sans adresse", "a@b", "voir secrétariat", "x@ville")[n % 4]))
    rows.append(["Total", 1000])
    return xlsx_sheets({"Contacts": rows, "Notes": [["Demander à Claire"], ["puis à Paul"]]})


def _bruised(n: int) -> str:
    """Return an address that is put right without a question."""
    return (
        f"ab{n} @ville.example",
        f"ab{n}@ville,example",
        f"ab{n}@ville.example.",
        f"mailto:ab{n}@ville.example",
    )[n % 4]


def _row(n: int, address: str, *, structure: str = "", says: str = "Oui") -> list[object]:
    return [address, f"DUPONT{chr(65 + n % 26)} Jeanne", structure, says, "Gard", 612345687 + n, "12/03/2024"]
