"""How people operate a page: with a mouse, or with the keyboard alone. A journey is written once and done with both."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

FARTHEST = 150
"""How many times Tab is pressed before something counts as out of reach."""

_HAS_FOCUS = "(one) => one === document.activeElement"
_IS_FOCUS_SEEN = """() => {
  const outlined = (one) => {
    // On the button that opens its calendar, which the browser draws and marks inside the field.
    if (one.matches("[type=date], [type=time]") && !one.matches(":focus")) return true;
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  for (let one = document.activeElement; one && one !== document.body; one = one.parentElement) {
    if (outlined(one)) return true;
  }
  return document.activeElement === document.body;
}"""


class Hands(Protocol):
    page: Page

    def press(self, target: Locator) -> None:
        """Follow a link or press a button."""

    def choose(self, option: Locator) -> None:
        """Choose a radio button or tick a box."""

    def write(self, target: Locator, text: str) -> None: ...

    def pick(self, target: Locator, value: str) -> None:
        """Choose from a list."""


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def choose(self, option: Locator) -> None:
        option.check()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def pick(self, target: Locator, value: str) -> None:
        target.select_option(value)


class WithoutScripts(Mouse):
    """A mouse on a page whose JavaScript is off: nothing that is a script itself, such as axe, can look at it."""


class Touch(Mouse):
    """Fingers: what is tapped is what is seen, the words beside a radio button rather than the button."""

    def press(self, target: Locator) -> None:
        target.tap()

    def choose(self, option: Locator) -> None:
        option.locator("xpath=ancestor::label").tap()
        expect(option).to_be_checked()


class Keyboard:
    """Tab, arrows, Space, Enter, and typing. Every stop on the way must show that it has the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def choose(self, option: Locator) -> None:
        expect(option).to_be_attached()
        if option.get_attribute("type") == "checkbox":
            self._reach(option)
            self.page.keyboard.press("Space")
        else:
            self._among(option)
        expect(option).to_be_checked()

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def pick(self, target: Locator, value: str) -> None:
        self._reach(target)
        words = target.locator(f"option[value='{value}']").inner_text().strip()
        # As much as tells it from the others: a list takes what is typed within a moment for one word.
        self.page.keyboard.type(words[:12])
        expect(target).to_have_value(value)

    def _among(self, radio: Locator) -> None:
        """A group of radio buttons is one stop; arrows go from one to the next, and choose it. Space chooses the first."""
        name = radio.get_attribute("name")
        group = self.page.locator(f"input[type=radio][name='{name}']")
        self._tab(lambda: self.page.evaluate("document.activeElement.name") == name)
        if not radio.is_checked():
            self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
            assert self.page.evaluate(_IS_FOCUS_SEEN)

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        self._tab(lambda: bool(target.evaluate(_HAS_FOCUS)))

    def _tab(self, is_there: object) -> None:
        assert callable(is_there)
        for _ in range(FARTHEST):
            if is_there():
                assert self.page.evaluate(_IS_FOCUS_SEEN), f"no focus is seen on {self._focused()}"
                return
            self.page.keyboard.press("Tab")
            assert self.page.evaluate(_IS_FOCUS_SEEN), f"no focus is seen on {self._focused()}"
        raise AssertionError(f"Tab never gets there; it is on {self._focused()}")

    def _focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
