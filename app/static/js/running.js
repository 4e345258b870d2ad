/**
 * Counts the minutes of a running test down, on pages outside it. It makes no sound and moves nothing.
 *
 * A device that sleeps may stop its clocks, so the larger of two measures counts.
 */
export const startRunning = (display) => {
  const { runningSeconds, runningHours, runningMinutes, runningLast } = display.dataset;
  const began = { steady: performance.now(), wall: Date.now() };
  const passed = () => Math.max(performance.now() - began.steady, Date.now() - began.wall) / 1000;

  const format = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 1) return runningLast;
    const words = minutes < 60 ? runningMinutes : runningHours;
    return words.replace("{hours}", Math.floor(minutes / 60)).replace("{minutes}", minutes % 60);
  };

  const show = () => {
    const left = Number(runningSeconds) - passed();
    if (left > 0) {
      display.textContent = format(left);
      return;
    }
    const line = display.closest("[data-running-over]");
    if (line) line.textContent = line.dataset.runningOver;
  };

  setInterval(show, 1000);
  for (const moment of ["visibilitychange", "pageshow", "focus"]) addEventListener(moment, show);
};
