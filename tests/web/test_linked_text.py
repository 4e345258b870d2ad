"""Plain text in pages: what is escaped, and what becomes markup."""

from __future__ import annotations

import pytest

from app.web.linked_text import with_commands


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Restart the server.", "Restart the server."),
        ("Run `flask db upgrade`.", 'Run <code class="monospace">flask db upgrade</code>.'),
        ("`a` or `b <c>`", '<code class="monospace">a</code> or <code class="monospace">b &lt;c&gt;</code>'),
        ("<b>`&`</b>", '&lt;b&gt;<code class="monospace">&amp;</code>&lt;/b&gt;'),
        ("", ""),
    ],
)
def test_commands_between_backticks_are_marked_as_code(text: str, shown: str) -> None:
    assert str(with_commands(text)) == shown
