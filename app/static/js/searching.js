import { isOff, startKeySheet, TYPED } from "./keys.js";

const isShown = (field) => field.offsetParent !== null;

/** Let "/" lead to a search field: the one of the page, that of the header, or else the page of the search. */
export const startSearchKey = () => {
  document.addEventListener("keydown", (event) => {
    const isModified = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (event.key !== "/" || isModified || event.repeat || event.defaultPrevented) return;
    if (isOff() || event.target.closest(TYPED) || document.querySelector(":modal")) return;
    const fields = [...document.querySelectorAll("[data-search]")];
    const field = fields.reverse().find(isShown);
    const link = document.querySelector("[data-search-page]");
    if (!field && !link) return;
    event.preventDefault();
    if (field) field.select();
    else link.click();
  });
};

/** Show the switch that turns off all shortcuts of a single key. */
export const startKeySwitch = (part) => {
  part.hidden = false;
  startKeySheet(part);
};
