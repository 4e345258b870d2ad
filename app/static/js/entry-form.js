// Forms of the studio: the server checks them while somebody types, and rows are moved without a new page.
import { icon } from "./icons.js";

const ENTRY_CHECK_MS = 600;

/**
 * Send a form to its checker without saving it, and return the page that it answers: null if there is none, undefined
 * if a later request took its place.
 */
const sendEntry = async (form, act, signal) => {
  const fields = new URLSearchParams(new FormData(form));
  fields.append("act", act);
  try {
    const reply = await fetch(form.dataset.checks, { method: "POST", body: fields, signal });
    return reply.ok ? new DOMParser().parseFromString(await reply.text(), "text/html") : null;
  } catch {
    return signal.aborted ? undefined : null;
  }
};

const markInvalid = (slot) => {
  const field = document.getElementById(slot.id.replace(/-err$/, ""));
  if (!field?.matches("input, select, textarea")) return;
  if (slot.childElementCount) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
};

/** What the server wrote into each slot last: scripts change it afterwards. */
const slotTexts = new Map();

/** Replace the parts that the server writes: findings, their summary, and the preview. */
const fillSlots = (page, onFilled) => {
  for (const slot of document.querySelectorAll("[data-slot]")) {
    const fresh = page.getElementById(slot.id);
    const text = fresh?.innerHTML;
    if (!fresh || text === slotTexts.get(slot.id)) continue;
    slotTexts.set(slot.id, text);
    const isOpen = slot.querySelector("details")?.open;
    slot.replaceChildren(...fresh.childNodes);
    if (isOpen && slot.querySelector("details")) slot.querySelector("details").open = true;
    markInvalid(slot);
    onFilled(slot);
  }
};

const sayFailed = (form) => {
  const line = document.createElement("p");
  line.className = "notice notice--warn";
  line.append(icon("alert"), form.dataset.failed);
  document.getElementById("entry-summary").replaceChildren(line);
  slotTexts.delete("entry-summary");
};

/** The list that a button of a row or of the list itself changes: `up:options.2`, `add:options`. */
const findEntryList = (act) => {
  const [verb, name] = act.split(":");
  const list = verb === "add" ? name : name.slice(0, name.lastIndexOf("."));
  return document.getElementById(`f-${list.replaceAll(".", "-")}`);
};

const focusAfter = (list, act) => {
  const [verb] = act.split(":");
  if (verb === "add") {
    const fields = list.querySelectorAll(":scope > ol > li:last-child :is(textarea, input:not([type=hidden]))");
    const names = list.querySelectorAll(":scope > .entry-name input");
    (fields[0] ?? names[names.length - 1] ?? list).focus();
    return;
  }
  const button = [...list.querySelectorAll('button[name="act"]')].find((one) => one.value === act);
  const row = button?.closest("li, .entry-name");
  const next = button?.disabled ? row.querySelector('button[name="act"]:not([disabled])') : button;
  (next ?? list).focus();
};

/** Rows are dragged by a handle. Their buttons do the same by keyboard. */
const startDragging = (form, settle) => {
  for (const rows of form.querySelectorAll("ol[data-rows]:not(.is-live)")) {
    rows.classList.add("is-live");
    for (const head of rows.querySelectorAll(":scope > li > .entry-row__head")) {
      const handle = document.createElement("span");
      handle.className = "drag-handle";
      handle.append(icon("sort"));
      head.prepend(handle);
    }
    window.Sortable?.create(rows, {
      animation: 120,
      forceFallback: true,
      fallbackTolerance: 4,
      handle: ".drag-handle",
      onEnd: (event) => event.oldIndex !== event.newIndex && settle(rows.closest("fieldset")),
    });
  }
};

export const startEntryForm = (form, onFilled) => {
  let timer;
  let pending = new AbortController();
  let isChanged = false;
  const cancel = () => {
    clearTimeout(timer);
    pending.abort();
    pending = new AbortController();
    return pending.signal;
  };
  /** Check the form; with an act of a row, or after a row was dragged, show its list as the server does. */
  const refresh = async (act, list) => {
    const page = await sendEntry(form, act, cancel());
    const fresh = list && page?.getElementById(list.id);
    if (fresh) list.replaceWith(fresh);
    if (page) fillSlots(page, onFilled);
    if (page === null) sayFailed(form);
    startDragging(form, settle);
    return fresh;
  };
  const settle = (list) => {
    isChanged = true;
    refresh("check", list);
  };
  form.addEventListener("input", () => {
    isChanged = true;
    cancel();
    timer = setTimeout(refresh, ENTRY_CHECK_MS, "check");
  });
  form.addEventListener("submit", async (event) => {
    const act = event.submitter?.name === "act" ? event.submitter.value : "";
    if (!act.includes(":")) {
      isChanged = false;
      return;
    }
    event.preventDefault();
    isChanged = true;
    const list = await refresh(act, findEntryList(act));
    if (list) focusAfter(list, act);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });
  startDragging(form, settle);
};
