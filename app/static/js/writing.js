import { say } from "./words.js";

/** Words as the server counts them: runs of characters without blanks that have a letter or digit. */
const countWords = (text) => text.split(/\s+/u).filter((part) => /[\p{L}\p{N}_]/u.test(part)).length;

/** Say below a text how many words it has, and when there are too many. */
export const startWordCount = (field) => {
  const note = document.getElementById(field.dataset.countsWords);
  const most = Number(note.dataset.most);
  const sofar = note.querySelector("[data-words-so-far]");
  const show = () => {
    const words = countWords(field.value);
    const isOver = words > most;
    note.classList.toggle("is-over", isOver);
    sofar.textContent = say(isOver ? "wordsOver" : "words", { words, over: words - most });
  };
  field.addEventListener("input", show);
  show();
};
