// Keeps the summaries of folded fields up to date while one fills in a form. The page has them as of the last save.

const words = (count, { empty, one, many }) => {
  if (!count) return empty;
  return count === 1 ? one : many.replace("{n}", count);
};

// As the filter lower_first: German keeps the capitals of its nouns.
const lowerFirst = (text) => text.charAt(0).toLowerCase() + text.slice(1);

const countTicked = (form, name) => form.querySelectorAll(`[name="${name}"]:checked`).length;

// The rule of plan_release in app/domain/release.py: when something is really shown. Options are in order of time.
const plannedMoment = (form, name) => {
  const options = [...form.elements.release_mark.options];
  const [submission, last] = ["submission", "last_attempt"].map((value) =>
    options.findIndex((one) => one.value === value),
  );
  const attempts = Number(form.elements.attempts_allowed.value);
  const chosen = (what) => {
    const index = form.elements[`release_${what}`].selectedIndex;
    return attempts === 1 && index === last ? submission : index;
  };
  if (name === "mark") return options[chosen("mark")].label;
  // Answers that are checked one by one do not wait for the score.
  const correctness = chosen("correctness") && Math.max(chosen("mark"), chosen("correctness"));
  return options[Math.max(correctness, chosen("key"), attempts > 1 ? last : 0)].label;
};

const SHOWN = {
  summaryNumber: (form, name, data) => words(Number(form.elements[name].value), data),
  summaryCount: (form, name, data) => words(countTicked(form, name), data),
  summaryAudience: (form, name, data) =>
    form.elements.audience.value === "some" ? words(countTicked(form, name), data) : data.all,
  summaryBox: (form, name, { on, off }) => (form.elements[name].checked ? on : off),
  summaryValue: (form, name, { on, off }) => (["", "0"].includes(form.elements[name].value) ? off : on),
  summaryMoment: (form, name, data) => data.words.replace("{label}", lowerFirst(plannedMoment(form, name))),
};

export const startSummaries = (form) => {
  const update = () => {
    for (const [kind, show] of Object.entries(SHOWN)) {
      const attribute = kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      for (const part of form.querySelectorAll(`[data-${attribute}]`)) {
        part.textContent = show(form, part.dataset[kind], part.dataset);
      }
    }
  };
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  update();
};
