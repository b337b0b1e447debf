"use strict";
// Sorts tables. Nothing else runs on the page.

const ORDER = { ascending: 1, descending: -1 };

function value(row, column) {
  const cell = row.cells[column];
  const raw = cell.dataset.v ?? cell.textContent.trim();
  const number = Number(raw);
  return raw === "" ? null : Number.isNaN(number) ? raw : number;
}

// No data goes last, whichever way the column is sorted.
function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b));
}

function sort(table, header) {
  const column = header.cellIndex;
  const first = header.classList.contains("n") ? "descending" : "ascending";
  const other = first === "descending" ? "ascending" : "descending";
  const order = header.getAttribute("aria-sort") === first ? other : first;
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  rows.sort((a, b) => compare(value(a, column), value(b, column), ORDER[order]));
  body.append(...rows);
  said.textContent = `Sorted by ${header.textContent.trim()}, ${order}.`;
}

const said = document.getElementById("said");

for (const table of document.querySelectorAll("table.sortable")) {
  for (const header of table.tHead.rows[0].cells) {
    header.querySelector("button").addEventListener("click", () => sort(table, header));
  }
}
