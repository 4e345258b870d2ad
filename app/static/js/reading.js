import { icon } from "./icons.js";

const SCROLLED_PX = 200;
const WITHOUT_POSITION = ["own-notes", "sources"];

const savePosition = (article, section) => {
  fetch(article.dataset.place, {
    method: "POST",
    keepalive: true,
    headers: { "X-CSRFToken": article.dataset.csrf },
    body: new URLSearchParams({ section }),
  }).catch(() => {
    // Only the reading position is not saved.
  });
};

/** Mark the current section in a lesson's contents, and save it as the reading position. */
export const startReading = (article) => {
  const links = new Map([...document.querySelectorAll(".toc a")].map((link) => [link.hash.slice(1), link]));
  let lastSent = null;
  const reach = (id) => {
    for (const [section, link] of links) {
      if (section === id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (!article.dataset.place || lastSent === id || WITHOUT_POSITION.includes(id)) return;
    lastSent = id;
    savePosition(article, id);
  };
  const observer = new IntersectionObserver(
    (entries) => {
      const visible = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target.id);
      if (visible.length && scrollY > SCROLLED_PX) reach(visible[0]);
    },
    { rootMargin: "0px 0px -60% 0px" },
  );
  for (const section of links.keys()) {
    const heading = document.getElementById(section);
    if (heading) observer.observe(heading);
  }
};

/** Give every section of a lesson a link to itself. Following it also copies its address. */
export const startHeadingLinks = (article) => {
  const { copyHeading, copiedHeading } = article.dataset;
  for (const heading of article.querySelectorAll(":is(.reading-layout__body, .reading-layout__text) > h2[id]")) {
    const link = document.createElement("a");
    link.className = "heading-link";
    link.href = `#${heading.id}`;
    link.title = copyHeading;
    link.setAttribute("aria-label", copyHeading);
    link.append(icon("link"));
    link.addEventListener("click", async () => {
      // Browsers provide no clipboard over HTTP to another machine; the link still leads to the section.
      await navigator.clipboard?.writeText(link.href);
      link.title = copiedHeading;
      link.setAttribute("aria-label", copiedHeading);
      link.replaceChildren(icon("check"));
    });
    heading.append(" ", link);
  }
};
