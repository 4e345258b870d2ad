import { say } from "./words.js";

const ASK_EVERY_MS = 60_000;
/** The server's time may differ from the one shown by this much without a word. */
const UNNOTICED_SECONDS = 30;
/** Clocks of the device that differ by this much: one of them stood still while the device slept. */
const SLEPT_MS = 2000;

const timers = [];

const formatTime = (seconds) => {
  const minutes = Math.floor(seconds / 60);
  return seconds >= 120 ? say("minutes", { minutes }) : `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
};

/** Counts down from the server's remaining seconds, which it asks for whenever its own count may be wrong. */
class Timer {
  constructor(element, { whenSaved }) {
    this.element = element;
    this.whenSaved = whenSaved;
    this.display = element.querySelector("[data-time]");
    this.announcement = document.querySelector("[data-time-announcement]");
    this.isOver = false;
    this.asking = null;
    this.isAskedAgain = false;
    this.start(Number(element.dataset.secondsLeft));
    const half = Math.floor(Number(element.dataset.secondsTotal) / 2);
    this.announcements = { [half]: say("halfTime"), 300: say("fiveMinutes"), 60: say("oneMinute") };
    this.pending = this.announcementsBelow(this.seconds);
    setInterval(() => this.ask(), ASK_EVERY_MS);
    // performance.now() and timers stand still while a device sleeps, and in a page kept for the back button.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.ask();
    });
    for (const name of ["pageshow", "focus", "online"]) window.addEventListener(name, () => this.ask());
    this.tick();
  }

  start(seconds) {
    this.startedAt = performance.now();
    this.startedOn = Date.now();
    this.seconds = seconds;
    this.noticedSleep = 0;
  }

  /** Milliseconds since the server's time was adopted, by the clock of this device that ran further. */
  elapsed() {
    return Math.max(performance.now() - this.startedAt, this.slept() > SLEPT_MS ? Date.now() - this.startedOn : 0);
  }

  slept() {
    return Date.now() - this.startedOn - (performance.now() - this.startedAt);
  }

  left() {
    return Math.max(0, this.seconds - Math.floor(this.elapsed() / 1000));
  }

  /** The times still to be announced, in seconds left, the next one first. */
  announcementsBelow(seconds) {
    const moments = Object.keys(this.announcements).map(Number);
    return moments.filter((moment) => moment < seconds).sort((one, other) => other - one);
  }

  show() {
    const seconds = this.left();
    this.display.textContent = formatTime(seconds);
    this.shown = seconds;
    this.element.classList.toggle("timer--soon", seconds < 60);
    if (this.pending.length && seconds <= this.pending[0]) {
      while (this.pending.length > 1 && seconds <= this.pending[1]) this.pending.shift();
      this.announcement.textContent = this.announcements[this.pending.shift()];
    }
  }

  /** Adopt the server's time. It differs from the page's after sleep, or if a trainer added time. */
  set(seconds) {
    if (typeof seconds !== "number" || this.isOver) return;
    const { shown } = this;
    this.start(seconds);
    if (seconds > shown + UNNOTICED_SECONDS) this.pending = this.announcementsBelow(seconds);
    this.show();
    if (seconds > shown + UNNOTICED_SECONDS) this.announce("moreTime", seconds);
    else if (seconds < shown - UNNOTICED_SECONDS) this.announce("lessTime", seconds);
  }

  announce(words, seconds) {
    this.announcement.textContent = say(words, { time: formatTime(seconds) });
  }

  /** Ask the server for the time left. Calls during a request share one more: its reply may be from before a sleep. */
  ask() {
    if (this.asking) {
      this.isAskedAgain = true;
      return this.asking;
    }
    this.asking = this.fetchTime().then(() => {
      this.asking = null;
      if (!this.isAskedAgain) return null;
      this.isAskedAgain = false;
      return this.ask();
    });
    return this.asking;
  }

  async fetchTime() {
    try {
      const response = await fetch(this.element.dataset.timeLeftUrl, {
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      if (response.ok) this.set((await response.json()).seconds_left);
    } catch {
      // The next attempt is a minute later.
    }
  }

  async tick() {
    if (this.slept() > this.noticedSleep + SLEPT_MS) {
      this.noticedSleep = this.slept();
      await this.ask();
    }
    this.show();
    if (this.left() > 0) {
      setTimeout(() => this.tick(), 1000);
      return;
    }
    await this.ask();
    if (this.left() > 0) {
      this.tick();
      return;
    }
    this.isOver = true;
    this.whenSaved(() => location.assign(this.element.dataset.resultUrl));
  }
}

export const startTimer = (element, options) => timers.push(new Timer(element, options));

export const setTimeLeft = (seconds) => timers.at(-1)?.set(seconds);
