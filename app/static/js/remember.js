const YEAR_SECONDS = 365 * 24 * 3600;

/**
 * Keep a fold open or closed as the reader left it, in a cookie, so that the next page arrives in that state.
 *
 * `data-remembers` names the cookie. With `data-remembers-for` the choice holds for that attempt and this session.
 */
export const startRemembering = (fold) => {
  // Not "toggle", which comes later: the reader may have left the page by then.
  fold.querySelector("summary").addEventListener("click", () => {
    const { remembers, remembersFor } = fold.dataset;
    const willOpen = !fold.open;
    const value = remembersFor ?? "closed";
    const age = willOpen ? 0 : YEAR_SECONDS;
    const lifetime = remembersFor && !willOpen ? "" : `; max-age=${age}`;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not available over HTTP.
    document.cookie = `${remembers}=${value}; path=/attempts; samesite=lax${lifetime}`;
  });
};

/** Show the current question in the row of all questions, which scrolls sideways on a phone. */
export const startMap = (map) => {
  const row = map.querySelector("ol");
  const current = row?.querySelector("[aria-current]");
  if (!current) return;
  const { left, width } = current.getBoundingClientRect();
  const box = row.getBoundingClientRect();
  row.scrollLeft += left + width / 2 - (box.left + box.width / 2);
};
