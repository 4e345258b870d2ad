"""The words that corrections of faulty questions are said in."""

from __future__ import annotations

from enum import StrEnum


class Remedy(StrEnum):
    """What is done about a question that turned out to be faulty, for everybody who had it.

    ``VOID``: it counts for nothing, neither points nor maximum nor the safety gate. ``ACCEPT``: another key is right as well.
    ``CREDIT``: everybody gets its full points.
    """

    VOID = "void"
    ACCEPT = "accept"
    CREDIT = "credit"
