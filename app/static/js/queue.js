import { icon } from "./icons.js";
import { fillIn, RETRY_DELAYS_MS } from "./saver.js";
import { storage } from "./storage.js";
import { say } from "./words.js";

const PREFIX = "palpate:waiting:";
const COPIES_PREFIX = "palpate-copies-";
/** The sign-in ended, or another account is signed in: the answer waits for a page of its attempt. */
const NOT_ALLOWED = [400, 401, 403, 404];
/** Answered elsewhere, over, or not readable: sending it again changes nothing. */
const NOT_TAKEN = [409, 422];

let isSending = false;
let failures = 0;
let retryTimer = null;
let isCut = false;
/** Pages of the questions of this attempt, by path. They have no keys: these stay on the server. */
const pages = new Map();

const listWaiting = () =>
  storage
    .keys(PREFIX)
    .map((key) => JSON.parse(storage.get(key)))
    .filter(Boolean) // another tab may have sent it just now
    .sort((one, other) => one.place - other.place);

const store = (answer) => storage.set(PREFIX + answer.name, JSON.stringify(answer));

const getAttempt = (path) => path.match(/^\/attempts\/\d+\//)?.[0];

const getNumber = (path) => Number(path.split("/").at(-1));

const showLine = (element, iconName, words) => element.replaceChildren(icon(iconName), words);

/** Say on the page of a question that its answer waits, and lead to the next one if that can be opened. */
const showWaiting = (form) => {
  for (const part of form.querySelectorAll("fieldset")) part.disabled = true;
  for (const button of form.querySelectorAll('button[type="submit"]')) button.remove();
  const status = form.querySelector("[data-saved]");
  showLine(status, "clock", say("waiting"));
  status.classList.add("save-status--retry");
  const next = form.querySelector("[data-skips]");
  if (!pages.has(next.pathname)) {
    next.remove();
    return;
  }
  next.className = "btn btn--main";
  next.dataset.proceeds = "";
  next.replaceChildren(say("next"), icon("next"));
  status.after(next);
};

const markMap = () => {
  const waiting = new Set(listWaiting().map(({ action }) => action));
  for (const link of document.querySelectorAll("a.question-map__link")) {
    if (!waiting.has(link.pathname)) continue;
    link.classList.add("is-answered");
    link.querySelector(".visually-hidden").textContent = say("keptHere");
  }
};

/** Show what became of answers that waited, above the question. */
const announce = (sent, refused) => {
  const words = [
    sent.length && say("sent", { numbers: sent.map(getNumber).join(", ") }),
    refused.length && say("notTaken", { numbers: refused.map(getNumber).join(", ") }),
  ].filter(Boolean);
  const main = document.getElementById("main");
  if (!words.some(Boolean) || !getAttempt(location.pathname)) return;
  const note = document.createElement("p");
  note.className = "notice notice--apart";
  note.setAttribute("role", "status");
  const text = document.createElement("span");
  text.textContent = words.join(" ");
  note.append(icon(refused.length ? "alert" : "check"), text);
  main.prepend(note);
};

/** Show the feedback if the question of this page was among those that were sent. */
const showFeedback = async (sent, refused) => {
  const here = [...sent, ...refused];
  const own = here.includes(location.pathname);
  if (own) await window.htmx.ajax("GET", location.pathname, { target: "#main", select: "#main", swap: "outerHTML" });
  announce(
    sent.filter((path) => getAttempt(path) === getAttempt(location.pathname)),
    refused.filter((path) => getAttempt(path) === getAttempt(location.pathname)),
  );
};

const post = (answer, token) => {
  const body = new URLSearchParams(answer.fields);
  body.set("csrf_token", token);
  return fetch(answer.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
};

/** The answer to send next: one of another attempt is left alone after its sign-in ended. */
const findNext = (tried) => {
  const isOwn = ({ action }) => getAttempt(action) === getAttempt(location.pathname);
  return listWaiting().find((one) => !tried.has(one.name) && (!one.isSignedOut || isOwn(one)));
};

/** Send what waits, in order. An answer that was stored without a reply has the same effect when it is sent again. */
const sendAll = async () => {
  const token = document.querySelector('[name="csrf_token"]')?.value;
  const [sent, refused, tried] = [[], [], new Set()];
  for (let answer = findNext(tried); token && answer; answer = findNext(tried)) {
    tried.add(answer.name);
    const response = await post(answer, token);
    if (response.type === "opaqueredirect" || NOT_ALLOWED.includes(response.status)) {
      store({ ...answer, isSignedOut: true });
      continue;
    }
    if (!response.ok && !NOT_TAKEN.includes(response.status)) throw new Error(`${response.status}`);
    storage.remove(PREFIX + answer.name);
    (response.ok ? sent : refused).push(answer.action);
  }
  if (sent.length || refused.length) await showFeedback(sent, refused);
};

/** Send what waits, now and again until it is sent. */
export const sendWaiting = async () => {
  clearTimeout(retryTimer);
  if (isSending || !listWaiting().length) return;
  isSending = true;
  try {
    await sendAll();
    failures = 0;
    isCut = false;
  } catch {
    const delay = RETRY_DELAYS_MS[Math.min(failures, RETRY_DELAYS_MS.length - 1)];
    failures += 1;
    retryTimer = setTimeout(sendWaiting, delay);
  } finally {
    isSending = false;
  }
};

/**
 * Put the answer of a form at the end of the queue. Its form cannot be changed any more, as after a check. Return false
 * if the browser does not store it: then the form stays as it is.
 */
export const queue = (form) => {
  const place = Math.max(0, ...listWaiting().map((answer) => answer.place)) + 1;
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  store({ name: form.dataset.queues, action: new URL(form.action).pathname, fields, place });
  if (!storage.get(PREFIX + form.dataset.queues)) return false;
  isCut = true;
  showWaiting(form);
  form.querySelector("[data-skips]")?.focus();
  markMap();
  sendWaiting();
  return true;
};

const hasCopies = async () => {
  if (!("caches" in window)) return false;
  return (await caches.keys()).some((name) => name.startsWith(COPIES_PREFIX));
};

/** With offline reading switched on, fetch the unanswered questions while there is a connection. */
export const fetchQuestions = async (map) => {
  if (!(await hasCopies())) return;
  for (const link of map.querySelectorAll("a.question-map__link:not(.is-answered)")) {
    try {
      const response = await fetch(link.href, { headers: { Accept: "text/html" } });
      if (response.ok && !response.redirected) pages.set(link.pathname, await response.text());
    } catch {
      return;
    }
  }
  document.documentElement.dataset.keptQuestions = pages.size;
};

/** Without a connection, open a question that was fetched before, in place. `start` is called with its main part. */
export const followKept = (start) =>
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#main a[href]");
    const isPlain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || !pages.has(link.pathname) || (navigator.onLine && !isCut)) return;
    event.preventDefault();
    const page = new DOMParser().parseFromString(pages.get(link.pathname), "text/html");
    const main = document.adoptNode(page.getElementById("main"));
    document.getElementById("main").replaceWith(main);
    document.title = page.title;
    history.replaceState(null, "", link.pathname);
    window.htmx.process(main);
    start(main);
    scrollTo(0, 0);
    main.querySelector("h1")?.setAttribute("tabindex", "-1");
    main.querySelector("h1")?.focus();
  });

/** Start the form of a practice question: show an answer that still waits. */
export const startQueue = (form) => {
  const stored = storage.get(PREFIX + form.dataset.queues);
  if (stored) {
    fillIn(form, JSON.parse(stored).fields);
    showWaiting(form);
  }
  markMap();
};
