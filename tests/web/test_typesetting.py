"""Files set with Typst."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.web import typesetting


def test_threads_can_draw_at_the_same_time() -> None:
    """Fails when two people who download at once share the compiler, which refuses the second of them."""

    def draw(title: str) -> bytes:
        return typesetting.compile_file(
            typesetting.BADGE, format="svg", sys_inputs={"title": title, "passed": "Test passed"}
        )

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(draw, [f"Test {number}" for number in range(12)]))

    assert all(picture.startswith(b"<svg") for picture in drawn)
    assert len(set(drawn)) == 12
