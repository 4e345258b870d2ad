import { icon } from "./icons.js";

const HOLD_TO_DRAG_MS = 150;

const OPTIONS = {
  animation: 120,
  // Native drag and drop has no touch, and its picture can't be styled.
  forceFallback: true,
  fallbackTolerance: 4,
  delay: HOLD_TO_DRAG_MS,
  delayOnTouchOnly: true,
  touchStartThreshold: 6,
};

/** Tell the form of a change made here; `isSettled` tells it from a choice in a drop-down. */
const change = (field) =>
  field.dispatchEvent(Object.assign(new Event("change", { bubbles: true }), { isSettled: true }));

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Add a line that a screen reader announces. */
const addAnnouncement = (list) => {
  const line = document.createElement("p");
  line.className = "visually-hidden";
  line.setAttribute("role", "status");
  list.after(line);
  return line;
};

const selectOf = (item) => item.querySelector("select");

/** Number all steps by their place in the list. The drop-downs are what the form sends. */
const number = (list) => {
  [...list.children].forEach((item, index) => {
    selectOf(item).value = String(index + 1);
  });
  change(selectOf(list.firstElementChild));
};

/** Show the steps in the order of their places, once each has one. */
const arrange = (list) => {
  const items = [...list.children];
  const place = (item) => Number(selectOf(item).value);
  if (new Set(items.map(place)).size < items.length || items.some((item) => !place(item))) return;
  list.append(...items.sort((one, other) => place(one) - place(other)));
};

const addHandle = (list, item) => {
  const handle = document.createElement("button");
  handle.type = "button";
  handle.className = "drag-handle";
  handle.setAttribute(
    "aria-label",
    fill(list.dataset.handle, { step: item.querySelector("label").textContent.trim() }),
  );
  handle.append(icon("sort"));
  item.append(handle);
};

/** Steps are dragged, or moved by the arrow keys on their handles. A place chosen in a drop-down swaps two steps. */
const startOrder = (list) => {
  const announcement = addAnnouncement(list);
  const announce = (item) => {
    const place = [...list.children].indexOf(item) + 1;
    announcement.textContent = fill(list.dataset.moved, { place, count: list.children.length });
  };
  const settle = (item) => {
    number(list);
    announce(item);
  };
  arrange(list);
  for (const item of list.children) addHandle(list, item);
  list.addEventListener("change", (event) => {
    if (event.isSettled) return;
    event.stopPropagation();
    const item = event.target.closest("li");
    if (!event.target.value) {
      for (const select of list.querySelectorAll("select")) select.value = "";
      change(event.target);
      return;
    }
    const other = list.children[event.target.value - 1];
    if (other !== item) {
      const mark = document.createComment("");
      item.replaceWith(mark);
      other.replaceWith(item);
      mark.replaceWith(other);
      event.target.focus();
    }
    settle(item);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const handle = event.target.closest(".drag-handle");
    if (!step || !handle) return;
    event.preventDefault();
    const item = handle.closest("li");
    const neighbour = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!neighbour) return;
    if (step < 0) neighbour.before(item);
    else neighbour.after(item);
    handle.focus();
    settle(item);
  });
  window.Sortable?.create(list, {
    ...OPTIONS,
    filter: "select",
    preventOnFilter: false,
    onEnd: (event) => settle(event.item),
  });
};

/** Show the whole text of what is chosen in each line over its drop-down, which cuts it off. */
const showChosen = (lines) => {
  for (const line of lines.children) {
    const select = selectOf(line);
    line.querySelector("[data-chosen]").textContent = select.value ? select.selectedOptions[0].textContent.trim() : "";
  }
};

/** An option is dragged onto a line, whose drop-down then has it. */
const startMatch = (list) => {
  const lines = list.parentElement.querySelector(".match");
  lines.addEventListener("change", () => showChosen(lines));
  const announcement = addAnnouncement(lines);
  const group = "match";
  window.Sortable?.create(list, { ...OPTIONS, sort: false, group: { name: group, pull: "clone", put: false } });
  for (const line of lines.children) {
    window.Sortable?.create(line, {
      group: { name: group, pull: false, put: true },
      draggable: ".lettered-list__option",
      onAdd: (event) => {
        const { place } = event.item.dataset;
        event.item.remove();
        const select = selectOf(line);
        select.value = place;
        change(select);
        announcement.textContent = fill(list.dataset.moved, {
          line: line.querySelector("label").textContent.trim(),
          option: select.selectedOptions[0].textContent.trim(),
        });
      },
    });
  }
};

/** Drag and drop for the drop-downs of an answer, which remain what the form sends. */
export const startSorting = (list) => {
  if (list.classList.contains("is-live") || list.matches("fieldset:disabled *")) return;
  list.classList.add("is-live");
  if (list.dataset.sorts === "order") startOrder(list);
  else startMatch(list);
};
