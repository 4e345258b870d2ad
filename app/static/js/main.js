// Enhancements of pages. Every page works without JavaScript.
import { startEntryForm } from "./entry-form.js";
import { startFilter } from "./filter.js";
import { icon } from "./icons.js";
import { startKeySheet, startKeys } from "./keys.js";
import { startNotes } from "./own-notes.js";
import { fetchQuestions, followKept, queue, sendWaiting, startQueue } from "./queue.js";
import { startHeadingLinks, startReading } from "./reading.js";
import { startRegions } from "./regions.js";
import { startMap, startRemembering } from "./remember.js";
import { startRunning } from "./running.js";
import { hasAnswer, STORAGE_PREFIX, startSaving, whenSaved } from "./saver.js";
import { startKeySwitch, startSearchKey } from "./searching.js";
import { startSorting } from "./sorting.js";
import { storage } from "./storage.js";
import { startSummaries } from "./summary.js";
import { setTimeLeft, startTimer } from "./timer.js";
import { startToolbar } from "./toolbar.js";
import { say } from "./words.js";
import { startWordCount } from "./writing.js";

const HTTP_UNPROCESSABLE = 422;
const SHOWN_ERRORS = [400, 401, 409, HTTP_UNPROCESSABLE, 429];

const startTheme = (form) => {
  form.classList.add("is-live");
  form.addEventListener("change", async () => {
    const choice = new FormData(form);
    try {
      await fetch(form.action, { method: "POST", body: new URLSearchParams(choice) });
      document.documentElement.dataset.theme = choice.get("theme");
    } catch {
      // This page already shows the choice, but it is not stored.
    }
  });
};

const startCopying = (button) => {
  // Browsers provide no clipboard over HTTP to another machine.
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.lastChild.textContent = "Copied";
  });
};

// Ask once per zone whether times should be shown in the zone of this device.
const startZone = (section) => {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const key = `zone-kept:${here}`;
  const isSame = !here || here === section.dataset.zone;
  if (isSame || storage.get(key) === section.dataset.zone) return;
  for (const place of section.querySelectorAll("[data-here]")) place.textContent = here;
  section.querySelector('[name="time_zone"]').value = here;
  section.querySelector("[data-keeps]").addEventListener("click", () => {
    storage.set(key, section.dataset.zone);
    section.hidden = true;
  });
  section.hidden = false;
};

const startShowing = (button) => {
  const field = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const isShown = field.type === "text";
    field.type = isShown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!isShown));
  });
  // A password manager saves only password fields.
  field.form.addEventListener("submit", () => {
    field.type = "password";
  });
};

const startPrinting = (button) => {
  button.hidden = false;
  document.querySelector("[data-print-hint]").hidden = true;
  button.addEventListener("click", () => window.print());
};

const forgetOnSubmit = (form, prefix) => form.addEventListener("submit", () => storage.removeAll(prefix));

/** Start what belongs to a question, on a new page and in a part that replaced another. */
const startQuestion = (part) => {
  const each = (selector, start) => part.querySelectorAll(selector).forEach(start);
  each("[data-picks]", startRegions);
  each("[data-sorts]", startSorting);
  each("[data-counts-words]", startWordCount);
  each("[data-remembers]", startRemembering);
  each(".question-map", startMap);
  each("form[data-queues]", startQueue);
  each("#keys", startKeySheet);
};

document.addEventListener("DOMContentLoaded", () => {
  const each = (selector, start) => document.querySelectorAll(selector).forEach(start);
  each("form[data-saves]", (form) => startSaving(form, { onSaved: (reply) => setTimeLeft(reply.seconds_left) }));
  each("[data-seconds-left]", (element) => startTimer(element, { whenSaved }));
  startQuestion(document);
  each("[data-keeps-questions]", fetchQuestions);
  followKept(startQuestion);
  window.addEventListener("online", sendWaiting);
  sendWaiting();
  startKeys();
  startSearchKey();
  each("[data-search-key]", startKeySwitch);
  each("[data-running-seconds]", startRunning);
  each("article[data-place]", startReading);
  each("article[data-copy-heading]", startHeadingLinks);
  each("[data-note-tool]", startNotes);
  each('input[name="time_zone"][type="hidden"]', (field) => {
    field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
  });
  each(".footer__theme", startTheme);
  each("form[data-signs-out]", (form) => forgetOnSubmit(form, "palpate:"));
  each("form[data-submits]", (form) => forgetOnSubmit(form, `${STORAGE_PREFIX}${form.dataset.submits}/`));
  each("[data-copy]", startCopying);
  each("form[data-summarises]", startSummaries);
  each("[data-filters]", startFilter);
  each("[data-shows]", startShowing);
  each("[data-prints]", startPrinting);
  each("[data-zone]", startZone);
  each("[data-toolbar]", startToolbar);
  each("form[data-checks]", (form) => startEntryForm(form, startQuestion));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { status } = event.detail.xhr;
  if (!SHOWN_ERRORS.includes(status)) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
  if (status === HTTP_UNPROCESSABLE) return;
  // An error page does not contain the element that the form selects, so use its #main.
  event.detail.target = document.getElementById("main");
  event.detail.selectOverride = "#main";
});

// After a swap, move the focus to the new content.
document.addEventListener("htmx:afterSettle", (event) => {
  const selector = event.detail.requestConfig?.elt?.dataset?.focus;
  if (event.detail.elt?.querySelectorAll) startQuestion(event.detail.elt);
  const target = selector && document.querySelector(selector);
  if (target) target.focus({ preventScroll: false });
});

const showNotSent = (event) => {
  const status = event.detail.elt.querySelector?.("[data-saved]");
  if (!status) return;
  status.replaceChildren(icon("alert"), say("notSent"));
  status.classList.add("save-status--retry");
};
document.addEventListener("htmx:responseError", showNotSent);
document.addEventListener("htmx:sendError", (event) => {
  const form = event.detail.elt;
  const isQueued = form.dataset?.queues && hasAnswer(form) && queue(form);
  if (!isQueued) showNotSent(event);
});
