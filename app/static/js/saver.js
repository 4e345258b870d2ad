import { icon } from "./icons.js";
import { storage } from "./storage.js";
import { say } from "./words.js";

export const STORAGE_PREFIX = "palpate:unsent:";
export const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000];
const TYPING_PAUSE_MS = 600;
/** A long text is saved less often: each change is kept, and there may be only so many. */
const WRITING_PAUSE_MS = 4000;
/** Somebody who never pauses is saved as well. */
const LONGEST_WRITING_MS = 15000;
const LONGEST_WAIT_MS = 4000;

/** Fields of a question's form that are not part of the answer. */
const OTHER_FIELDS = new Set(["csrf_token", "revision", "save_id", "go", "clear"]);

const randomId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** The answer in a form as [name, value] pairs. */
const readAnswer = (form) => [...new FormData(form)].filter(([name]) => !OTHER_FIELDS.has(name));

/** Whether anything is chosen or typed in an answer form. */
export const hasAnswer = (form) =>
  readAnswer(form).some(([name, value]) => name !== "flag" && name !== "certainty" && value !== "");

/** Fill in an answer form from the [name, value] pairs of an earlier one. */
export const fillIn = (form, answer) => {
  for (const field of form.elements) {
    if (!field.name || OTHER_FIELDS.has(field.name) || field.type === "hidden") continue;
    const values = answer.filter(([name]) => name === field.name).map(([, value]) => value);
    if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
    else if (values.length) field.value = values.at(-1);
  }
};

/**
 * Saves the answer to one test question whenever it changes.
 *
 * Only one save is in flight at a time. It is repeated unchanged, with the same id, until the server acknowledges it;
 * then the next one is sent. "Saved" appears only when everything on the page has been acknowledged.
 */
export class Saver {
  /** `onSaved(reply)` is called whenever the server has acknowledged everything. */
  constructor(form, { onSaved = () => {} } = {}) {
    this.form = form;
    this.onSaved = onSaved;
    this.storageKey = STORAGE_PREFIX + form.dataset.saves;
    this.status = form.querySelector("[data-saved]");
    this.inFlight = null;
    this.nextSaveId = null;
    this.isDirty = false;
    this.isStopped = false;
    this.isSignedOut = false;
    this.isRejected = false;
    this.failures = 0;
    this.retryTimer = null;
    this.typingTimer = null;
    this.typedSince = null;
    this.waiting = [];
    form.addEventListener("change", (event) => {
      if (!event.target.closest("[data-waits]")) this.change();
    });
    // Save text while it is typed, because a learner may never leave the field.
    form.addEventListener("input", (event) => {
      if (event.target.type === "text") this.type(TYPING_PAUSE_MS);
      if (event.target.type === "textarea") this.type(WRITING_PAUSE_MS);
    });
    form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("online", () => this.retryNow());
    window.addEventListener("beforeunload", (event) => {
      if (this.hasUnsaved()) event.preventDefault();
    });
    this.restore();
  }

  hasUnsaved() {
    if (this.isStopped || this.isSignedOut) return false;
    return this.isDirty || this.isRejected || this.inFlight !== null;
  }

  answer() {
    return readAnswer(this.form);
  }

  /** An answer given in steps is complete when no step waits for its button. */
  isAnswered() {
    if (this.form.querySelector("[data-waits]")) return false;
    return hasAnswer(this.form);
  }

  isFlagged() {
    return this.answer().some(([name, value]) => name === "flag" && value === "1");
  }

  /**
   * Restore an answer that an earlier page could not send, and send it with that page's revision.
   *
   * If another answer was saved meanwhile, the revision is out of date and the server shows both answers.
   */
  restore() {
    const stored = storage.get(this.storageKey);
    if (!stored) return;
    const { answer, revision, saveId } = JSON.parse(stored);
    this.form.elements.revision.value = revision;
    this.nextSaveId = saveId;
    fillIn(this.form, answer);
    this.change();
  }

  type(pause) {
    this.isDirty = true;
    this.typedSince ??= Date.now();
    clearTimeout(this.typingTimer);
    if (Date.now() - this.typedSince > LONGEST_WRITING_MS) this.change();
    else this.typingTimer = setTimeout(() => this.change(), pause);
  }

  change() {
    if (this.isStopped) return;
    clearTimeout(this.typingTimer);
    this.typedSince = null;
    this.isRejected = false;
    this.isDirty = true;
    this.store(this.inFlight ? randomId() : (this.nextSaveId ?? randomId()));
    this.sendNext();
  }

  store(saveId) {
    this.nextSaveId = saveId;
    const unsent = { answer: this.answer(), revision: this.form.elements.revision.value, saveId };
    storage.set(this.storageKey, JSON.stringify(unsent));
  }

  sendNext() {
    if (this.inFlight || !this.isDirty || this.isStopped || this.isSignedOut) return;
    this.isDirty = false;
    const body = new URLSearchParams(new FormData(this.form));
    body.delete("go");
    body.set("save_id", this.nextSaveId ?? randomId());
    this.nextSaveId = null;
    // Browsers do not send unchecked boxes, so "clear" tells the server to remove the answer if none is checked.
    if (!body.has("option") && this.form.querySelector('[name="option"][type="checkbox"]')) body.set("clear", "1");
    this.inFlight = body;
    this.send();
  }

  async send() {
    try {
      const response = await fetch(this.form.action, {
        method: "POST",
        body: this.inFlight,
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      if (response.ok) this.acknowledge(await response.json());
      else if (response.status === 409) this.showConflict(await response.json());
      else if (response.status === 422) this.reject(await response.json());
      else if (response.type === "opaqueredirect" || [400, 401, 403, 404].includes(response.status)) this.signOut();
      else this.fail();
    } catch {
      this.fail();
    }
  }

  acknowledge(reply) {
    this.failures = 0;
    this.inFlight = null;
    this.form.elements.revision.value = reply.revision;
    if (this.isDirty) {
      this.store(this.nextSaveId ?? randomId());
      this.sendNext();
      return;
    }
    storage.remove(this.storageKey);
    this.showStatus("check", say("saved", { time: reply.saved ?? "" }).trim(), { isProblem: false });
    for (const field of this.form.querySelectorAll('[aria-invalid="true"]')) field.removeAttribute("aria-invalid");
    this.showProgress();
    this.onSaved(reply);
    for (const proceed of this.waiting.splice(0)) proceed();
  }

  /** Show that the server rejected the answer. It is not sent again until the learner changes it. */
  reject(reply) {
    this.failures = 0;
    this.inFlight = null;
    if (this.isDirty) {
      this.store(this.nextSaveId ?? randomId());
      this.sendNext();
      return;
    }
    this.isRejected = true;
    const isLeaving = this.waiting.splice(0).length > 0;
    const field = this.form.querySelector('input[type="text"], textarea');
    field?.setAttribute("aria-invalid", "true");
    if (isLeaving) field?.focus();
    const reason = reply.message || say("outdated");
    this.showStatus("alert", say("rejected", { reason }), { isProblem: true });
  }

  fail() {
    const delay = RETRY_DELAYS_MS[Math.min(this.failures, RETRY_DELAYS_MS.length - 1)];
    this.failures += 1;
    this.showStatus("alert", say("retrying"), { isProblem: true });
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      this.send();
    }, delay);
  }

  /** Send now instead of waiting for a pause in typing. */
  flush() {
    if (this.isDirty && !this.inFlight) this.change();
  }

  /** Retry a failed save now. Nothing happens while a request is in flight. */
  retryNow() {
    if (!this.retryTimer) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.send();
  }

  /** Load the server's page about a conflict, which shows both answers or that the attempt was submitted. */
  showConflict(reply) {
    this.isStopped = true;
    storage.remove(this.storageKey);
    if (reply.error !== "stale") {
      location.reload();
      return;
    }
    this.form.elements.save_id.value = this.inFlight.get("save_id");
    HTMLFormElement.prototype.submit.call(this.form);
  }

  signOut() {
    this.inFlight = null;
    this.isDirty = true;
    this.isSignedOut = true;
    this.showStatus("alert", `${say("signedOut")} `, { isProblem: true });
    const link = document.createElement("a");
    link.href = `/login?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = say("signIn");
    this.status?.append(link);
  }

  showStatus(iconName, words, { isProblem }) {
    if (!this.status || this.status.textContent === words) return;
    this.status.replaceChildren(icon(iconName), words);
    this.status.classList.toggle("save-status--retry", isProblem);
  }

  /** Update the question map and the progress bar after an acknowledgement. */
  showProgress() {
    const link = this.form.querySelector('.question-map__link[aria-current="step"]');
    if (!link) return;
    const isAnswered = this.isAnswered();
    const isFlagged = this.isFlagged();
    link.classList.toggle("is-answered", isAnswered);
    link.classList.toggle("is-flagged", isFlagged);
    link.querySelector(".ico")?.remove();
    if (isFlagged) link.append(icon("flag"));
    const isUnsure = isAnswered && this.form.elements.certainty && !this.form.elements.certainty.value;
    const states = [isAnswered ? "answered" : "unanswered", isUnsure && "noCertainty", isFlagged && "flagged"];
    const words = states.filter(Boolean).map((state) => say(state));
    link.querySelector(".visually-hidden").textContent = words.join("");
    this.showCounts();
  }

  showCounts() {
    const count = (selector) => this.form.querySelectorAll(selector).length;
    const total = count(".question-map__link");
    const answered = count(".question-map__link.is-answered");
    const flagged = count(".question-map__link.is-flagged");
    const answeredCount = this.form.querySelector('[data-count="answered"]');
    if (answeredCount) answeredCount.textContent = say("count", { answered, total });
    const flaggedCount = this.form.querySelector('[data-count="flagged"]');
    if (flaggedCount) {
      flaggedCount.hidden = flagged === 0;
      flaggedCount.querySelector("span").textContent = flagged;
    }
    const bar = document.querySelector(".test-bar .bar");
    if (!bar) return;
    bar.value = answered;
    bar.setAttribute("aria-label", say("progress", { answered, total }));
  }

  /** Wait until everything is acknowledged before submitting the form or going to another page. */
  submit(event) {
    if (this.isStopped) return;
    const button = event.submitter;
    if (!this.hasUnsaved()) {
      if (button?.name === "go" && !this.goesForwardOnly(button)) this.goTo(event, button.value);
      return;
    }
    event.preventDefault();
    if (this.isRejected) {
      this.form.querySelector('[aria-invalid="true"]')?.focus();
      return;
    }
    this.flush();
    this.waiting.push(() => {
      if (button?.name === "go" && !this.goesForwardOnly(button)) this.goTo(event, button.value);
      else this.form.requestSubmit(button);
    });
    this.retryNow();
  }

  /** In a test that goes forward only, the server must learn that the question was left. The summary is only a look. */
  goesForwardOnly(button) {
    return "forwardOnly" in this.form.dataset && button.value !== "summary";
  }

  /** Open another page without a further POST, because everything is saved. */
  goTo(event, page) {
    event.preventDefault();
    const base = this.form.action.replace(/\/\d+$/, "");
    location.assign(`${base}/${page}`);
  }
}

const savers = [];

export const startSaving = (form, options) => savers.push(new Saver(form, options));

/** Call `proceed` when everything is acknowledged, at the latest after LONGEST_WAIT_MS. */
export const whenSaved = (proceed) => {
  const waiting = savers.find((saver) => saver.hasUnsaved());
  if (!waiting) {
    proceed();
    return;
  }
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    waiting.isStopped = true;
    proceed();
  };
  waiting.waiting.push(once);
  waiting.flush();
  waiting.retryNow();
  setTimeout(once, LONGEST_WAIT_MS);
};
