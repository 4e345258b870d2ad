// Narrows a list of checkboxes to those that match what one types. Without it, the form around the field searches.

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export const startFilter = (field) => {
  const list = document.getElementById(field.dataset.filters);
  const status = document.getElementById(`${field.dataset.filters}-found`);
  if (!list) return;
  const show = () => {
    const wanted = fold(field.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const line of list.children) {
      const text = fold(line.textContent);
      const isShown = line.querySelector("input").checked || wanted.every((word) => text.includes(word));
      line.hidden = !isShown;
      found += isShown;
    }
    if (status) status.textContent = status.dataset.words.replace("{n}", found);
  };
  field.addEventListener("input", show);
  // Enter would load the page again and lose what is ticked.
  field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  field.form?.addEventListener(
    "submit",
    (event) => event.submitter?.matches("[data-searches]") && event.preventDefault(),
  );
};
