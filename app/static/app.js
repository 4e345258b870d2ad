// What pages do better with JavaScript. Every page works without it.
"use strict";

(() => {
  const KEPT = "palpate:unsent:";
  const RETRY_MS = [1000, 2000, 4000, 8000];

  const icon = (name) => {
    const sprite = document.querySelector("svg.ico use")?.getAttribute("href")?.split("#")[0] ?? "/static/icons.svg";
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "ico");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#i-${name}`);
    svg.append(use);
    return svg;
  };

  // ---- storage that may be full or forbidden: then an unsent answer lives as long as its page
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* the page itself still has it */ } },
    remove(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
    forget(prefix) {
      try {
        Object.keys(localStorage).filter((key) => key.startsWith(prefix)).forEach((key) => localStorage.removeItem(key));
      } catch { /* nothing was kept */ }
    },
  };

  const freshId = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // The fields of a question's form that are not the answer.
  const NOT_ANSWER = new Set(["csrf_token", "revision", "save_id", "go", "clear"]);
  const FAULTS = {
    BadNumber: "Not saved: that is not a number. Give one in digits, such as 12 or 0.5.",
    BadAnswer: "Not saved: that is not on the page any more. Load it again.",
  };

  // ---- saving test answers: one save in flight, resent unchanged until acknowledged, then the next
  class Saver {
    constructor(form) {
      this.form = form;
      this.key = KEPT + form.dataset.saves;
      this.status = form.querySelector("[data-saved]");
      this.inFlight = null;
      this.isDirty = false;
      this.isStopped = false;
      this.isSignedOut = false;
      this.isRefused = false;
      this.failures = 0;
      this.whenDone = [];
      form.addEventListener("change", () => this.changed());
      // A number is an answer as soon as it stands there; leaving the field is not what a learner thinks of.
      form.addEventListener("input", (event) => { if (event.target.name === "value") this.typed(); });
      form.addEventListener("submit", (event) => this.submitted(event));
      window.addEventListener("online", () => this.retryNow());
      window.addEventListener("beforeunload", (event) => { if (this.isUnsaved()) event.preventDefault(); });
      this.restore();
    }

    isUnsaved() { return !this.isStopped && !this.isSignedOut && (this.isDirty || this.isRefused || this.inFlight !== null); }

    // What is answered, as [name, value] pairs.
    answer() { return [...new FormData(this.form)].filter(([name]) => !NOT_ANSWER.has(name)); }

    isAnswered() { return this.answer().some(([name, value]) => name !== "flag" && name !== "certainty" && value !== ""); }

    isFlagged() { return this.answer().some(([name, value]) => name === "flag" && value === "1"); }

    // An answer that an earlier page could not send: put it back, and send it as that page would have. If another was stored
    // meanwhile, its revision is old, and the server shows both.
    restore() {
      const kept = store.get(this.key);
      if (!kept) return;
      const { answer, revision, saveId } = JSON.parse(kept);
      this.form.elements.revision.value = revision;
      this.keptId = saveId;
      for (const field of this.form.elements) {
        if (!field.name || NOT_ANSWER.has(field.name) || field.type === "hidden") continue;
        const values = answer.filter(([name]) => name === field.name).map(([, value]) => value);
        if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
        else if (values.length) field.value = values.at(-1);
      }
      this.changed();
    }

    typed() {
      this.isDirty = true;
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.changed(), 600);
    }

    changed() {
      if (this.isStopped) return;
      clearTimeout(this.typing);
      this.isRefused = false;
      this.isDirty = true;
      this.keep(this.inFlight ? freshId() : (this.keptId ?? freshId()));
      this.next();
    }

    keep(saveId) {
      this.keptId = saveId;
      store.set(this.key, JSON.stringify({ answer: this.answer(), revision: this.form.elements.revision.value, saveId }));
    }

    next() {
      if (this.inFlight || !this.isDirty || this.isStopped || this.isSignedOut) return;
      this.isDirty = false;
      const body = new URLSearchParams(new FormData(this.form));
      body.delete("go");
      body.set("save_id", this.keptId ?? freshId());
      this.keptId = null;
      if (!body.has("option") && this.form.querySelector('[name="option"][type="checkbox"]')) body.set("clear", "1");
      this.inFlight = body;
      this.send();
    }

    async send() {
      try {
        const response = await fetch(this.form.action, {
          method: "POST", body: this.inFlight, headers: { Accept: "application/json" }, redirect: "manual",
        });
        if (response.ok) return this.acknowledged(await response.json());
        if (response.status === 409) return this.refused(await response.json());
        if (response.status === 422) return this.notTaken(await response.json());
        if (response.type === "opaqueredirect" || [400, 403, 404].includes(response.status)) return this.signedOut();
        return this.failed();
      } catch {
        return this.failed();
      }
    }

    acknowledged(reply) {
      this.failures = 0;
      this.inFlight = null;
      this.form.elements.revision.value = reply.revision;
      if (this.isDirty) { this.keep(this.keptId); return this.next(); }
      store.remove(this.key);
      this.say("check", reply.saved ? `Saved ${reply.saved}` : "Saved", false);
      this.form.querySelectorAll('[aria-invalid="true"]').forEach((field) => field.removeAttribute("aria-invalid"));
      this.mark();
      setTimeLeft(reply.seconds_left);
      this.whenDone.splice(0).forEach((go) => go());
      return undefined;
    }

    // Nothing was stored, and sending the same again would change nothing: the learner must change it.
    notTaken(reply) {
      this.failures = 0;
      this.inFlight = null;
      if (this.isDirty) { this.keep(this.keptId); return this.next(); }
      this.isRefused = true;
      const isLeaving = this.whenDone.splice(0).length > 0;
      const field = this.form.querySelector('[name="value"]');
      field?.setAttribute("aria-invalid", "true");
      if (isLeaving) field?.focus();
      this.say("alert", FAULTS[reply.error] ?? FAULTS.BadAnswer, true);
      return undefined;
    }

    failed() {
      const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
      this.failures += 1;
      this.say("alert", "Not saved, trying again", true);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { this.timer = null; this.send(); }, wait);
    }

    // What was typed a moment ago, and waits for more.
    flush() { if (this.isDirty && !this.inFlight) this.changed(); }

    // Only what waits to be sent again: what is on its way is never sent beside itself.
    retryNow() {
      if (!this.timer) return;
      clearTimeout(this.timer);
      this.timer = null;
      this.send();
    }

    // Another tab saved meanwhile, or the attempt was handed in: the server's page says which, and shows both answers.
    refused(reply) {
      this.isStopped = true;
      store.remove(this.key);
      if (reply.error !== "stale") return location.reload();
      this.form.elements.save_id.value = this.inFlight.get("save_id");
      return HTMLFormElement.prototype.submit.call(this.form);
    }

    signedOut() {
      this.inFlight = null;
      this.isDirty = true;
      this.say("alert", "Not saved: you are signed out. ", true);
      const link = document.createElement("a");
      link.href = `/login?next=${encodeURIComponent(location.pathname)}`;
      link.textContent = "Sign in, and this answer is sent";
      this.isSignedOut = true;
      this.status?.append(link);
    }

    say(name, words, isRetry) {
      if (!this.status || this.status.textContent === words) return;
      this.status.replaceChildren(icon(name), words);
      this.status.classList.toggle("saved--retry", isRetry);
    }

    // Keep the map and the bar in step with what the server acknowledged.
    mark() {
      const here = this.form.querySelector('.qmap__n[aria-current="step"]');
      const isAnswered = this.isAnswered();
      const isFlagged = this.isFlagged();
      if (!here) return;
      here.classList.toggle("is-answered", isAnswered);
      here.classList.toggle("is-flagged", isFlagged);
      here.querySelector(".ico")?.remove();
      if (isFlagged) here.append(icon("flag"));
      here.querySelector(".sr").textContent = `${isAnswered ? ", answered" : ", not answered"}${isFlagged ? ", flagged" : ""}`;
      const all = this.form.querySelectorAll(".qmap__n").length;
      const answered = this.form.querySelectorAll(".qmap__n.is-answered").length;
      const flagged = this.form.querySelectorAll(".qmap__n.is-flagged").length;
      const counts = this.form.querySelectorAll(".key li");
      [`${answered} answered`, `${all - answered} not answered`, `${flagged} flagged`].forEach((words, at) => {
        if (counts[at]) counts[at].lastChild.textContent = words;
      });
      const bar = document.querySelector(".exam .bar");
      if (bar) { bar.value = answered; bar.setAttribute("aria-label", `${answered} of ${all} questions answered`); }
    }

    // Going on: what is on its way is acknowledged first, then the plain form goes (it changes nothing more).
    submitted(event) {
      if (this.isStopped) return;
      const button = event.submitter;
      if (!this.isUnsaved()) { if (button?.name === "go") this.go(event, button.value); return; }
      event.preventDefault();
      if (this.isRefused) { this.form.querySelector('[aria-invalid="true"]')?.focus(); return; }
      this.flush();
      this.whenDone.push(() => (button?.name === "go" ? this.go(event, button.value) : this.form.requestSubmit(button)));
      this.retryNow();
    }

    // Everything is saved: nothing needs posting, the next page alone is needed.
    go(event, where) {
      event.preventDefault();
      const base = this.form.action.replace(/\/\d+$/, "");
      location.assign(`${base}/${where}`);
    }
  }

  const savers = [];

  // Run `go` once everything is acknowledged, or after the few seconds that the server allows for the way.
  const whenSaved = (go) => {
    const waiting = savers.find((saver) => saver.isUnsaved());
    if (!waiting) { go(); return; }
    let isDone = false;
    const once = () => { if (!isDone) { isDone = true; waiting.isStopped = true; go(); } };
    waiting.whenDone.push(once);
    waiting.flush();
    waiting.retryNow();
    setTimeout(once, 4000);
  };

  // ---- the timer counts down from the server's seconds; the clock of this machine is not asked
  const CLOCK_MS = 60_000;
  let setTimeLeft = () => {};

  const startTimer = (timer) => {
    const shown = timer.querySelector("[data-time]");
    const says = document.querySelector("[data-time-says]");
    const inAll = Number(timer.dataset.secondsInAll);
    let began = performance.now();
    let total = Number(timer.dataset.secondsLeft);
    let isOver = false;
    const left = () => Math.max(0, total - Math.floor((performance.now() - began) / 1000));
    const words = { [Math.floor(inAll / 2)]: "Half of the time is left", 300: "5 minutes left", 60: "One minute left" };
    const upTo = (seconds) => Object.keys(words).map(Number).filter((mark) => mark < seconds).sort((one, other) => other - one);
    let marks = upTo(total);
    const show = () => {
      const seconds = left();
      shown.textContent = seconds >= 120 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      timer.classList.toggle("timer--soon", seconds < 60);
      if (marks.length && seconds <= marks[0]) says.textContent = words[marks.shift()];
    };
    // The server's word, after a save or once a minute: a trainer may have given more time.
    setTimeLeft = (seconds) => {
      if (typeof seconds !== "number" || isOver) return;
      const isMore = seconds > left() + 30;
      [began, total] = [performance.now(), seconds];
      if (isMore) { marks = upTo(total); says.textContent = `You have more time: ${Math.round(seconds / 60)} minutes left`; }
      show();
    };
    const ask = async () => {
      try {
        const response = await fetch(timer.dataset.clock, { headers: { Accept: "application/json" }, redirect: "manual" });
        if (response.ok) setTimeLeft((await response.json()).seconds_left);
      } catch { /* the next minute asks again */ }
    };
    const tick = async () => {
      show();
      if (left() > 0) { setTimeout(tick, 1000); return; }
      await ask();
      if (left() > 0) { tick(); return; }
      isOver = true;
      whenSaved(() => location.assign(timer.dataset.ends));
    };
    setInterval(ask, CLOCK_MS);
    tick();
  };

  // ---- a picture whose regions are the options: a tap presses the button of the list
  const pickRegions = (picture) => {
    const form = picture.closest("form");
    picture.addEventListener("click", (event) => {
      const place = event.target.closest("[data-place]")?.dataset.place;
      if (place !== undefined) form?.querySelector(`[name="option"][value="${place}"]`)?.click();
    });
  };

  // ---- lessons: remember the section, show it in the contents
  const followReading = (article) => {
    const links = new Map([...document.querySelectorAll(".toc a")].map((link) => [link.hash.slice(1), link]));
    let sent = null;
    const reached = (id) => {
      links.forEach((link, name) => (name === id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
      if (!article.dataset.place || sent === id || id === "sources") return;
      sent = id;
      fetch(article.dataset.place, {
        method: "POST", keepalive: true, headers: { "X-CSRFToken": article.dataset.csrf }, body: new URLSearchParams({ section: id }),
      }).catch(() => { /* only the bookmark is missing */ });
    };
    const watch = new IntersectionObserver((entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target.id);
      if (seen.length && scrollY > 200) reached(seen[0]);
    }, { rootMargin: "0px 0px -60% 0px" });
    links.forEach((_link, id) => { const head = document.getElementById(id); if (head) watch.observe(head); });
  };

  const start = (root) => {
    root.querySelectorAll("form[data-saves]").forEach((form) => savers.push(new Saver(form)));
    root.querySelectorAll("[data-seconds-left]").forEach(startTimer);
    root.querySelectorAll("[data-picks]").forEach(pickRegions);
    root.querySelectorAll("article[data-place]").forEach(followReading);
    root.querySelectorAll('input[name="time_zone"][type="hidden"]').forEach((field) => {
      field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
    });
    root.querySelectorAll(".foot__look").forEach((form) => {
      form.classList.add("is-live");
      form.addEventListener("change", () => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).then(() => {
        document.documentElement.dataset.theme = new FormData(form).get("theme");
      }).catch(() => { /* this page shows the choice already; only keeping it failed */ }));
    });
    root.querySelectorAll("form[data-signs-out]").forEach((form) => form.addEventListener("submit", () => store.forget("palpate:")));
    root.querySelectorAll("form[data-submits]").forEach((form) => {
      form.addEventListener("submit", () => store.forget(`${KEPT}${form.dataset.submits}/`));
    });
    root.querySelectorAll("[data-copy]").forEach((button) => {
      if (!navigator.clipboard) return; // plain http to another machine: a browser offers none
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
        button.lastChild.textContent = "Copied";
      });
    });
  };

  document.addEventListener("DOMContentLoaded", () => start(document));

  // ---- htmx: after a swap, focus goes to what is new; a reply that never came is said
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { status } = event.detail.xhr;
    if (![400, 409, 422, 429].includes(status)) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    if (status === 422) return;
    // Not the form with its fault beside it, but a page that says what happened: it has nothing else to select.
    event.detail.target = document.getElementById("main");
    event.detail.selectOverride = "#main";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const wanted = event.detail.requestConfig?.elt?.dataset?.focus;
    event.detail.elt?.querySelectorAll?.("[data-picks]").forEach(pickRegions);
    const target = wanted && document.querySelector(wanted);
    if (target) target.focus({ preventScroll: false });
  });
  const unsent = (event) => {
    const status = event.detail.elt.querySelector?.("[data-saved]");
    if (status) { status.replaceChildren(icon("alert"), "Not sent. Try again"); status.classList.add("saved--retry"); }
  };
  document.addEventListener("htmx:responseError", unsent);
  document.addEventListener("htmx:sendError", unsent);
})();
