const SKIPPED = "svg, button, .leaflet__cite, .heading-link, .note-tool";
const BLANK = /[\s\p{Cc}\p{Cf}]/u;
const CONTEXT_LENGTH = 64;
const MAX_LENGTH = 1000;
const SETTLED_MS = 250;
const GAP_PX = 8;
const REFUSED = 422;

const dropBlanks = (text) => [...text.normalize("NFC")].filter((letter) => !BLANK.test(letter)).join("");

/** Read the letters of a lesson without blanks, as the server does, and the place of each in the page. */
const readLetters = (article) => {
  const places = [];
  let text = "";
  const isRead = (node) => (node.parentElement.closest(SKIPPED) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  for (const part of article.querySelectorAll(".reading-layout__text")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT, isRead);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      for (let at = 0; at < node.data.length; at++) {
        if (BLANK.test(node.data[at])) continue;
        text += node.data[at];
        places.push({ node, at });
      }
    }
  }
  return { text, places };
};

const countSame = (one, other, step) => {
  let count = 0;
  const at = (text) => (step > 0 ? text[count] : text[text.length - 1 - count]);
  while (count < Math.min(one.length, other.length) && at(one) === at(other)) count++;
  return count;
};

/** Find a quotation where the most of the text around it is the same, as `app/domain/quotes.py` does. */
const findQuote = ({ text, places }, note) => {
  const [exact, before, after] = [note.dataset.quote, note.dataset.before, note.dataset.after].map(dropBlanks);
  let best = -1;
  let most = -1;
  for (let at = exact ? text.indexOf(exact) : -1; at >= 0; at = text.indexOf(exact, at + 1)) {
    const same = countSame(text.slice(0, at), before, -1) + countSame(text.slice(at + exact.length), after, 1);
    if (same > most) [best, most] = [at, same];
  }
  if (best < 0) return null;
  const [first, last] = [places[best], places[best + exact.length - 1]];
  const range = new Range();
  range.setStart(first.node, first.at);
  range.setEnd(last.node, last.at + 1);
  return range;
};

/** Return the letters of a quotation with a blank where the page has some. */
const readWords = (places) => {
  const isNext = ({ node, at }, previous) => node === previous?.node && at === previous.at + 1;
  return places
    .map((place, index) => (index && !isNext(place, places[index - 1]) ? " " : "") + place.node.data[place.at])
    .join("");
};

/** Return the words of a selection with the text around them; null if they are not all in the lesson. */
const readSelection = (article) => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const parts = [...article.querySelectorAll(".reading-layout__text")];
  if (!parts.some((part) => range.intersectsNode(part))) return null;
  const { text, places } = readLetters(article);
  const isInside = ({ node, at }) => range.comparePoint(node, at) === 0 && range.comparePoint(node, at + 1) === 0;
  const first = places.findIndex(isInside);
  const end = places.findLastIndex(isInside) + 1;
  if (first < 0 || end - first > MAX_LENGTH) return null;
  const quote = readWords(places.slice(first, end));
  const before = text.slice(Math.max(0, first - CONTEXT_LENGTH), first);
  return { quote, before, after: text.slice(end, end + CONTEXT_LENGTH), range: range.cloneRange() };
};

/** Return the paragraph, list or figure of the lesson in which a range ends. */
const readBlock = (range) => {
  const { endContainer } = range;
  const element = endContainer.nodeType === Node.TEXT_NODE ? endContainer.parentElement : endContainer;
  return (
    element.closest(".reading-layout__text > *") ??
    range.startContainer.parentElement.closest(".reading-layout__text > *")
  );
};

const paint = (name, ranges) => {
  if (globalThis.CSS?.highlights) CSS.highlights.set(name, new Highlight(...ranges));
};

/** Paint what the reader highlighted; a click on it leads to its note, and a note leads to its words. */
const startPainting = (article) => {
  let painted = [];
  const repaint = () => {
    const letters = readLetters(article);
    const notes = [...article.querySelectorAll("[data-quote]")];
    painted = notes.map((note) => ({ note, range: findQuote(letters, note) })).filter(({ range }) => range);
    paint(
      "own-notes",
      painted.map(({ range }) => range),
    );
  };
  article.addEventListener("click", (event) => {
    if (event.target.closest("[data-shows-quote]")) {
      const found = painted.find(({ note }) => note.contains(event.target));
      if (!found) return;
      event.preventDefault();
      found.range.startContainer.parentElement.scrollIntoView({ block: "center" });
      return;
    }
    if (event.target.closest("a, button, summary") || !getSelection().isCollapsed) return;
    const at = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    if (!at || !event.target.closest(".reading-layout__text")) return;
    painted.find(({ range }) => range.isPointInRange(at.offsetNode, at.offset))?.note.focus();
  });
  repaint();
  return repaint;
};

/** Offer to keep the words that are selected in a lesson. */
export const startNotes = (tool) => {
  const article = tool.closest("article");
  const form = tool.querySelector("form");
  const { quote, before, after, body } = form.elements;
  const [acts, writing] = [tool.querySelector("[data-acts]"), tool.querySelector("[data-writing]")];
  const fault = tool.querySelector("[data-fault]");
  const status = article.querySelector("[data-note-status]");
  const repaint = startPainting(article);
  let block = null;
  const close = () => {
    if (tool.contains(document.activeElement)) block?.focus({ preventScroll: true });
    tool.hidden = true;
    acts.hidden = false;
    writing.hidden = true;
    fault.hidden = true;
    body.value = "";
    paint("own-selection", []);
  };
  const offer = () => {
    // What was typed stays until it is saved or cancelled.
    if (tool.contains(document.activeElement) || body.value.trim()) return;
    const found = readSelection(article);
    block = found && readBlock(found.range);
    if (!block) {
      close();
      return;
    }
    [quote.value, before.value, after.value] = [found.quote, found.before, found.after];
    // After the paragraph, so that the next press of Tab leads to it.
    block.tabIndex = -1;
    block.after(tool);
    tool.hidden = false;
    const box = found.range.getBoundingClientRect();
    tool.style.setProperty("--tool-top", `${box.bottom + scrollY + GAP_PX}px`);
    const start = document.dir === "rtl" ? document.documentElement.clientWidth - box.right : box.left;
    const most = document.documentElement.clientWidth - tool.offsetWidth - GAP_PX;
    tool.style.setProperty("--tool-start", `${Math.max(GAP_PX, Math.min(start, most))}px`);
    paint("own-selection", [found.range]);
  };
  let waiting = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, SETTLED_MS);
  });
  // Pressing a button must not end the selection, which some browsers do.
  tool.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button")) event.preventDefault();
  });
  tool.querySelector("[data-writes]").addEventListener("click", () => {
    acts.hidden = true;
    writing.hidden = false;
    body.focus();
  });
  const cancel = () => {
    getSelection().removeAllRanges();
    close();
  };
  tool.querySelector("[data-closes]").addEventListener("click", cancel);
  tool.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, successful } = event.detail;
    status.textContent = successful ? status.dataset.saved : "";
    fault.hidden = successful || xhr.status === REFUSED;
    if (!fault.hidden) return;
    cancel();
    if (!successful) article.querySelector("#own-notes").focus();
  });
  document.addEventListener("htmx:afterSettle", repaint);
};
