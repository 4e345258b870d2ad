// The body map without waiting for whole pages: choosing keeps the list where it is, typing filters it. Every link works without this.
"use strict";

(() => {
  const atlas = document.querySelector("[data-atlas]");
  if (!atlas) return;
  const PARTS = ["#pictures", "#says"];
  const told = atlas.querySelector("[data-told]");

  const filter = () => {
    const wanted = atlas.querySelector("[data-filter]").value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const section of atlas.querySelectorAll(".atlas__list section")) {
      let shown = 0;
      for (const line of section.querySelectorAll("li")) {
        line.hidden = !wanted.every((word) => line.dataset.words.includes(word));
        shown += line.hidden ? 0 : 1;
      }
      section.hidden = shown === 0;
      count += shown;
    }
    atlas.querySelector("[data-found]").textContent = wanted.length ? `${count} found.` : "";
  };

  const isPlaces = (address) => address.searchParams.has("place") || address.searchParams.get("by") === "place";

  const mark = (address) => {
    for (const link of atlas.querySelectorAll(".atlas__list a")) {
      if (link.href === address.href) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  const swap = (page, address, isOther) => {
    for (const part of isOther ? [...PARTS, ".atlas__find", ".atlas__list"] : PARTS) {
      atlas.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
    }
    document.title = page.title;
    mark(address);
    told.textContent = atlas.querySelector("#said").textContent;
  };

  let asked = 0;
  const show = async (address, isNew) => {
    const ask = ++asked;
    const isOther = isPlaces(address) !== (atlas.querySelector(".atlas__list").getAttribute("aria-label") === "Places");
    try {
      const reply = await fetch(address, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      if (ask !== asked) return;
      if (!reply.ok || !page.querySelector("[data-atlas]")) throw new Error("no map");
      if (isNew) history.pushState({ map: true }, "", address);
      swap(page, address, isOther);
      // On a phone the list stands below the figure, which is what was asked for.
      const figure = atlas.querySelector("#pictures").getBoundingClientRect();
      if (isNew && (figure.bottom < 80 || figure.top > innerHeight)) atlas.querySelector("#pictures").scrollIntoView({ block: "start" });
    } catch {
      location.assign(address);
    }
  };

  atlas.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const address = new URL(link.href.baseVal ?? link.href, location.href);
    if (address.origin !== location.origin || address.pathname !== location.pathname) return;
    event.preventDefault();
    show(address, true);
  });
  atlas.addEventListener("input", (event) => { if (event.target.matches("[data-filter]")) filter(); });
  window.addEventListener("popstate", () => show(new URL(location.href), false));
  filter();
})();
