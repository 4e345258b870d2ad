"""Questions as rows of a sheet: CSV in any common separator and encoding, and Excel workbooks."""

from __future__ import annotations

from app.interchange.formats import BankFormat
from app.interchange.sheets.csv_files import fits_csv, read_csv, write_csv
from app.interchange.sheets.workbook import is_workbook, read_workbook, write_xlsx

FORMATS = (
    BankFormat("csv", "CSV", (".csv", ".tsv", ".txt"), fits_csv, read_csv, write_csv),
    BankFormat("xlsx", "Excel", (".xlsx",), is_workbook, read_workbook, write_xlsx),
)
