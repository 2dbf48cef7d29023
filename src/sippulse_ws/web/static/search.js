"use strict";

// Shows the operations whose name, description or fields hold every word of the search.
const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
const field = document.getElementById("search");
const found = document.querySelector("output[for=search]");
const rows = [...document.querySelectorAll(".operations li")].map((row) => [row, plain(row.dataset.text)]);

field.addEventListener("input", () => {
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [row, text] of rows) {
    row.hidden = !words.every((word) => text.includes(word));
    count += row.hidden ? 0 : 1;
  }
  found.textContent = words.length ? `${count} ${found.dataset.found}` : "";
});
