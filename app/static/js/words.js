/** A text of `templates/learn/_script_words.html`, in the language of the page, with `{name}` filled in. */
export const say = (name, values = {}) => {
  const key = `say${name[0].toUpperCase()}${name.slice(1)}`;
  const text = document.getElementById("script-words")?.dataset[key] ?? "";
  return text.replace(/\{(\w+)\}/g, (_, part) => values[part]);
};
