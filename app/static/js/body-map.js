// The body map without page loads: a choice keeps the list in place, and typing filters it. Links work without this.

(() => {
  const atlas = document.querySelector("[data-atlas]");
  if (!atlas) return;
  const SVG = "http://www.w3.org/2000/svg";
  const PARTS = ["#pictures", "#says"];
  const FINGER_PX = 24;
  const announcement = atlas.querySelector("[data-announcement]");
  atlas.classList.add("is-live");

  // Groups are folded. Those with something found or chosen are open.
  const unfold = (isSearching) => {
    for (const group of atlas.querySelectorAll(".muscle-group"))
      group.open = isSearching ? !group.parentElement.hidden : group.querySelector("[aria-current]") !== null;
  };

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
    const status = atlas.querySelector("[data-found]");
    status.textContent = wanted.length ? status.dataset.found.replace("#", count) : "";
    atlas.querySelector("[data-none]").hidden = count > 0;
    const isSearching = wanted.length > 0;
    if (isSearching || atlas.classList.contains("atlas--searching")) unfold(isSearching);
    atlas.classList.toggle("atlas--searching", isSearching);
  };

  const readAddress = (link) => new URL(link.href.baseVal ?? link.href, location.href);

  const isPlaces = (address) => address.searchParams.has("place") || address.searchParams.get("by") === "place";

  const mark = (address) => {
    const isChosen = address.searchParams.has("place") || address.searchParams.has("muscle");
    atlas.classList.toggle("atlas--chosen", isChosen);
    for (const link of atlas.querySelectorAll(".atlas__list li a")) {
      const own = readAddress(link).searchParams;
      const isHere = ["place", "muscle"].some((name) =>
        address.searchParams.getAll(name).some((id) => id === own.get(name)),
      );
      if (isHere) {
        link.setAttribute("aria-current", "true");
        link.closest(".muscle-group").open = true;
      } else link.removeAttribute("aria-current");
    }
  };

  // Outline the places of a link on the figure while it is pointed at or focused.
  const hint = (link) => {
    const places = link ? readAddress(link).searchParams.getAll("place") : [];
    for (const layer of atlas.querySelectorAll(".zone-hints")) {
      const view = layer.closest("[data-picture]").dataset.picture;
      const drawn = places.filter((place) => document.getElementById(`${view}-${place}`));
      const shapes = drawn.flatMap((place) =>
        ["", layer.dataset.mirror].slice(0, layer.dataset.mirror ? 2 : 1).map((transform) => {
          const use = document.createElementNS(SVG, "use");
          use.setAttribute("href", `#${view}-${place}`);
          if (transform) use.setAttribute("transform", transform);
          return use;
        }),
      );
      layer.replaceChildren(...shapes);
    }
  };

  // A finger that misses the body takes the nearest region.
  const findNearby = (x, y) => {
    for (let away = FINGER_PX / 4; away <= FINGER_PX; away += FINGER_PX / 4) {
      for (let turn = 0; turn < 8; turn++) {
        const angle = (turn * Math.PI) / 4;
        const found = document.elementFromPoint(x + away * Math.cos(angle), y + away * Math.sin(angle));
        const link = found?.closest(".body-map-spot");
        if (link) return link;
      }
    }
    return null;
  };

  const swap = (page, address, isOther) => {
    for (const part of isOther ? [...PARTS, ".atlas__find", ".atlas__list"] : PARTS) {
      atlas.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
    }
    document.title = page.title;
    if (isOther) filter();
    mark(address);
    announcement.textContent = atlas.querySelector("#said").textContent.trim();
  };

  // On a phone, the list and the answer are below the figure, its name above: bring what was asked for into view.
  const reveal = (isFromFigure) => {
    const figure = atlas.querySelector("#pictures").getBoundingClientRect();
    const name = atlas.querySelector("#said").getBoundingClientRect();
    const answer = atlas.querySelector("#answer").getBoundingClientRect();
    if (isFromFigure && answer.top > innerHeight * 0.8) scrollBy({ top: answer.top - innerHeight * 0.6 });
    else if (!isFromFigure && (figure.bottom < 80 || figure.top > innerHeight * 0.7))
      scrollBy({ top: Math.min(figure.top, name.top) - 16 });
  };

  let asked = 0;
  const show = async (address, { isNew = true, isFromFigure = false } = {}) => {
    const ask = ++asked;
    const isOther =
      isPlaces(address) !== isPlaces(readAddress(atlas.querySelector(".atlas__list li a, .atlas__list a")));
    try {
      const reply = await fetch(address, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      if (ask !== asked) return;
      if (!reply.ok || !page.querySelector("[data-atlas]")) throw new Error("no map");
      if (isNew) history.pushState({ map: true }, "", address);
      swap(page, address, isOther);
      if (isNew) reveal(isFromFigure);
    } catch {
      location.assign(address);
    }
  };

  atlas.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const isFromFigure = event.target.closest("[data-picture]") !== null;
    const link = event.target.closest("a[href]") ?? (isFromFigure ? findNearby(event.clientX, event.clientY) : null);
    if (!link) return;
    const address = readAddress(link);
    if (address.origin !== location.origin || address.pathname !== location.pathname || address.hash) return;
    event.preventDefault();
    show(address, { isFromFigure });
  });
  atlas.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) filter();
  });
  for (const kind of ["pointerover", "focusin"])
    atlas.addEventListener(kind, (event) => hint(event.target.closest('a[href*="place="]')));
  atlas.addEventListener("pointerleave", () => hint(null));
  window.addEventListener("popstate", () => show(new URL(location.href), { isNew: false }));
  filter();
})();
