"""Moodle XML, and what it has in common with GIFT."""

from __future__ import annotations

from app.interchange.formats import BankFormat
from app.interchange.moodle.xml_reader import fits_moodle_xml, read_moodle_xml
from app.interchange.moodle.xml_writer import write_moodle_xml

FORMATS = (
    BankFormat("moodle-xml", "Moodle XML", (".xml",), fits_moodle_xml, read=read_moodle_xml, write=write_moodle_xml),
)
