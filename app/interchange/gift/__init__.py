"""GIFT, the text format of Moodle: https://docs.moodle.org/en/GIFT_format"""

from __future__ import annotations

from app.interchange.formats import BankFormat
from app.interchange.gift.reader import fits_gift, read_gift
from app.interchange.gift.writer import write_gift

FORMATS = (BankFormat("gift", "GIFT", (".gift", ".txt"), fits=fits_gift, read=read_gift, write=write_gift),)
