"use strict";
// Two small things: tables that sort, and charts that answer to hovering. Nothing else runs here.

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
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
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

async function draw(plot, spec) {
  const live = document.createElement("div");
  live.className = "live";
  plot.append(live);
  try {
    await vegaEmbed(live, spec, {
      mode: "vega-lite",
      renderer: "svg",
      ast: true,
      actions: false,
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    });
    for (const drawing of plot.querySelectorAll(":scope > svg")) drawing.remove();
  } catch (error) {
    live.remove();
    console.error(error);
  }
}

const specs = document.getElementById("specs");
if (specs) {
  const all = JSON.parse(specs.textContent);
  const waiting = new Set(document.querySelectorAll(".plot"));
  // A chart takes the width that it finds, and finds none until it shows.
  const show = () => {
    for (const plot of waiting) {
      if (plot.getClientRects().length === 0) continue;
      waiting.delete(plot);
      draw(plot, all[plot.dataset.chart]);
    }
    window.dispatchEvent(new Event("resize"));
  };
  for (const radio of document.querySelectorAll(".choice input")) radio.addEventListener("change", show);
  show();
}
