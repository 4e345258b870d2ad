const DEFAULT_SPRITE = "/static/icons.svg";

/** Create an icon from the sprite that the page already uses, so that no second version of it is loaded. */
export const icon = (name) => {
  const used = document.querySelector("svg.ico use")?.getAttribute("href");
  const sprite = used?.split("#")[0] ?? DEFAULT_SPRITE;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "ico");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#i-${name}`);
  svg.append(use);
  return svg;
};
