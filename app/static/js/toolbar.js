// The toolbar of a text field: it inserts Markdown where the cursor is. Without a script there is no toolbar.

/** Replace the selection as if it was typed, so that it can be undone, and select what stands for the text to write. */
const typeText = (field, text, from, length) => {
  const start = field.selectionStart;
  field.focus();
  // The only way to write that the browser's own undo knows.
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, start, field.selectionEnd, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  field.setSelectionRange(start + from, start + from + length);
};

/** Extend the selection to whole lines. */
const selectLines = (field) => {
  const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const end = field.value.indexOf("\n", field.selectionEnd);
  field.setSelectionRange(start, end < 0 ? field.value.length : end);
};

/** Put a mark before each of the selected lines. */
const markLines = (field, mark, sample) => {
  selectLines(field);
  const selected = field.value.slice(field.selectionStart, field.selectionEnd);
  const lines = (selected.trim() ? selected : sample).split("\n");
  const text = lines.map((line) => (line.startsWith(mark) ? line : mark + line)).join("\n");
  typeText(field, text, mark.length, text.length - mark.length);
};

/** Put marks around the selection, or around a sample if nothing is selected. */
const wrapText = (field, before, after, sample) => {
  const selected = field.value.slice(field.selectionStart, field.selectionEnd) || sample;
  typeText(field, before + selected + after, before.length, selected.length);
};

/** Insert a block behind the line of the cursor, with an empty line around it. */
const insertBlock = (field, block, sample) => {
  const end = field.value.indexOf("\n", field.selectionEnd);
  const at = end < 0 ? field.value.length : end;
  const above = field.value.slice(0, at);
  const gap = above.trim() === "" ? "" : above.endsWith("\n\n") ? "" : above.endsWith("\n") ? "\n" : "\n\n";
  field.setSelectionRange(at, at);
  const text = `${gap}${block}\n`;
  const found = sample ? text.indexOf(sample) : -1;
  typeText(field, text, found < 0 ? text.length : found, found < 0 ? 0 : sample.length);
};

const press = (field, { insert, before, after, mark, sample = "" }) => {
  if (insert !== undefined) insertBlock(field, insert, sample);
  else if (mark !== undefined) markLines(field, mark, sample);
  else wrapText(field, before, after ?? before, sample);
};

/** Move the cursor to a line of the text, for example that of a fault. */
const scrollToLine = (field, number) => {
  const lines = field.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  field.focus();
  field.setSelectionRange(start, start + (lines[number - 1]?.length ?? 0));
};

/** The arrow keys move between the buttons of a toolbar, which is one stop of the tab key. */
const startRoving = (bar) => {
  const controls = [...bar.querySelectorAll("button, select")];
  const enter = (one) => {
    for (const other of controls) other.tabIndex = other === one ? 0 : -1;
  };
  enter(controls[0]);
  bar.addEventListener("focusin", (event) => enter(event.target));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const sign = getComputedStyle(bar).direction === "rtl" ? -step : step;
    controls[(controls.indexOf(event.target) + sign + controls.length) % controls.length].focus();
  });
};

export const startToolbar = (bar) => {
  const field = document.getElementById(bar.dataset.toolbar);
  bar.hidden = false;
  for (const button of bar.querySelectorAll("button:not([data-inserts])")) {
    button.addEventListener("click", () => press(field, button.dataset));
  }
  const chosen = bar.querySelector("select");
  bar.querySelector("[data-inserts]")?.addEventListener("click", () => {
    const option = chosen.selectedOptions[0];
    if (option.value) press(field, option.dataset);
    else chosen.focus();
  });
  startRoving(bar);
  field.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const button = bar.querySelector(`button[data-shortcut="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  field.form.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    scrollToLine(field, Number(link.dataset.line));
  });
};
