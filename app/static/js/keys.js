import { storage } from "./storage.js";

const OFF_KEY = "palpate-shortcuts-off";
export const TYPED = 'input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable]';
const OWN_ENTER = "a, button, summary, input, textarea, select, label";

export const isOff = () => storage.get(OFF_KEY) === "1";

/** What names an option: the letter beside it or, without letters, that of its text ("Test P"), else its first. */
const getName = (option) => {
  const words = (option.querySelector(".answer-option__letter") ?? option).textContent.trim().split(/\s+/);
  return (words.find((word, at) => at && word.length === 1) ?? words[0]).charAt(0).toLowerCase();
};

const findOption = (name) =>
  [...document.querySelectorAll(".question-page .answer-option")]
    .find((option) => getName(option) === name)
    ?.querySelector("input");

const findCertainty = (digit) => document.querySelector(`.question-bar [name="certainty"][value="${digit}"]`);

const choose = (input) => {
  input.click();
  input.focus();
};

const proceed = () => document.querySelector("[data-proceeds]")?.click();

/** A link or button is pressed, a field gets the focus. */
const use = (element) => {
  if (element.matches(TYPED)) element.focus();
  else element.click();
};

const findByKey = (key) => (/^[a-z]$/i.test(key) ? document.querySelector(`[data-key="${key.toLowerCase()}"]`) : null);

const act = (event) => {
  const { key, target } = event;
  if (key === "Enter") {
    if (target.closest(OWN_ENTER)) return false;
    proceed();
    return true;
  }
  if (isOff() || target.closest(TYPED)) return false;
  if (key === "?") {
    document.getElementById("keys").showModal();
    return true;
  }
  const named = findByKey(key);
  if (named) {
    use(named);
    return true;
  }
  const input =
    (/^[1-3]$/.test(key) && findCertainty(key)) || (/^[a-z\d]$/i.test(key) && findOption(key.toLowerCase()));
  if (!input || input.disabled) return false;
  choose(input);
  return true;
};

/**
 * Keys of the question page: letters choose, digits say how sure, Enter goes on, U undoes in a review, "?" lists them.
 *
 * On other pages, `data-key` names the letter of a link, button or field; Ctrl+Enter sends a form with `data-marks`.
 *
 * Modified keys and keys typed into a field are left alone, and the list can switch letters and digits off.
 */
export const startKeys = () => {
  const sheet = () => document.getElementById("keys");
  if (!sheet()) return;
  document.addEventListener("keydown", (event) => {
    const isModified = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (isModified || event.repeat || event.defaultPrevented || !sheet() || document.querySelector(":modal")) return;
    if (act(event)) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest?.("form[data-marks]");
    if (form) form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-opens-keys]")) sheet().showModal();
  });
};

/** Show the button that lists the keys, and the switch in the list, also after the page was replaced. */
export const startKeySheet = (sheet) => {
  for (const button of document.querySelectorAll("[data-opens-keys]")) button.hidden = false;
  const uses = sheet.querySelector("[data-uses-keys]");
  uses.checked = !isOff();
  uses.addEventListener("change", () => {
    if (uses.checked) storage.remove(OFF_KEY);
    else storage.set(OFF_KEY, "1");
  });
};
