"use strict";

// Shows the operations that have every word of the search: in their name and what it means first,
// then in their descriptions and fields.
const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
const words = (text) => plain(text).split(/[^a-z0-9]+/).filter(Boolean);
const LITTLE = new Set(words("a o as os um uma de da do das dos em para por the an of to in for at by"));
const field = document.getElementById("search");
const found = document.querySelector("output[for=search]");
const list = document.querySelector(".operations");
const rows = [...list.querySelectorAll("li")].map((row) => ({
  row, strong: words(row.dataset.words), text: words(row.dataset.text),
}));

// A word may lack its ending: tarifas, bloqueado, credits.
const stem = (word) => (word.length > 5 ? word.slice(0, -2) : word.length > 4 ? word.slice(0, -1) : word);
const isIn = (tokens, word) => tokens.some((one) => (word.length > 3 ? one.includes(stem(word)) : one.startsWith(word)));

// How far from the name the words were found; null: one is missing.
function distance({ strong, text }, wanted) {
  let sum = 0;
  for (const word of wanted) {
    if (isIn(strong, word)) continue;
    if (!isIn(text, word)) return null;
    sum += 1;
  }
  return sum;
}

field.addEventListener("input", () => {
  const wanted = words(field.value).filter((word) => !LITTLE.has(word));
  const shown = [];
  for (const one of rows) {
    const far = distance(one, wanted);
    one.row.hidden = far === null;
    if (far !== null) shown.push([far, one.row]);
  }
  shown.sort(([a], [b]) => a - b);
  list.append(...shown.map(([, row]) => row));
  found.textContent = wanted.length ? `${shown.length} ${found.dataset.found}` : "";
});
