"""From how many learners on the insight pages draw conclusions. One rule for every page.

A share is described in words or put in a headline only if it rests on enough learners: with ten answers, the 95%
interval of a share is still up to 30 points wide in each direction, and below that it says next to nothing. A wrong
idea is a headline only if enough learners share it, because one learner in any class is certain of something wrong.
"""

from __future__ import annotations

FEW_LEARNERS = 10
"""With fewer learners, figures are shown as counts, without conclusions."""

MIN_HOLDERS = 3
"""The minimum number of learners who share a wrong idea before it is listed at the top."""

MIN_SHARE = 0.1
"""The minimum share of those who answered. In a large class, three learners are no pattern."""


def is_notable(holders: int, answered: int, *, is_critical: bool = False) -> bool:
    """Return whether a wrong idea is shared widely enough for a headline.

    If a question is safety-critical, two learners are enough.
    """
    return holders >= (2 if is_critical else MIN_HOLDERS) and holders >= MIN_SHARE * answered
