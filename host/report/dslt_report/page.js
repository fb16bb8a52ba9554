/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
// Tables sort by the button in a column's head; missing values stay last in either direction.
for (const table of document.querySelectorAll("table.sorts")) {
  const body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.k ?? cell.textContent.trim();
    return text === "" || text === "\u2013" ? null : isNaN(text) ? text.toLowerCase() : Number(text);
  };
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const head = button.parentElement;
    const words = head.classList.contains("words") || head.cellIndex === 0;
    const before = head.getAttribute("aria-sort");
    const up = before ? before === "descending" : words;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...body.rows].map((row) => [value(row, head.cellIndex), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      const order = typeof a === "number" && typeof b === "number" ? a - b
        : String(a).localeCompare(String(b), "en", {numeric: true});
      return up ? order : -order;
    });
    body.append(...rows.map(([, row]) => row));
  });
}

// The table of sequences: which measure, which names.
const sequences = document.getElementById("sequence-table");
if (sequences) {
  const cells = [...sequences.querySelectorAll("td[data-v]")];
  const measure = document.getElementById("measure");
  const show = () => {
    const column = Number(measure.value);
    for (const cell of cells) {
      const text = cell.dataset.v.split(" ")[column];
      cell.textContent = text === "-" ? "\u2013" : text;
      cell.style.setProperty("--v", text === "-" ? 0 : Math.round(100 * text));
    }
    for (const row of sequences.tBodies[0].rows) {
      const own = [...row.querySelectorAll("td[data-v]")];
      const best = Math.max(...own.map((cell) => parseFloat(cell.textContent) || -1));
      for (const cell of own) cell.classList.toggle("best", parseFloat(cell.textContent) === best);
    }
    for (const head of sequences.tHead.rows[0].cells) head.removeAttribute("aria-sort");
  };
  measure.addEventListener("change", show);
  if (measure.value !== "0") show();  // a browser may remember the last choice
  const find = document.getElementById("find");
  const filter = () => {
    const wanted = find.value.trim().toLowerCase();
    for (const row of sequences.tBodies[0].rows) {
      const text = row.cells[0].textContent + " " + (row.querySelector("td.words")?.textContent ?? "");
      row.hidden = !text.toLowerCase().includes(wanted);
    }
  };
  find.addEventListener("input", filter);
  filter();
  for (const tool of document.querySelectorAll(".tools")) tool.hidden = false;
}

// Pointing at a line of a legend brings its curve to the fore, here and in the figure's neighbours.
for (const group of document.querySelectorAll(".figures")) {
  const point = (event) => {
    const line = event.target.closest?.(".legend li");
    const wanted = line && event.type !== "mouseleave" ? line.dataset.s : null;
    group.classList.toggle("pick", wanted !== null);
    for (const part of group.querySelectorAll("[data-s]")) part.classList.toggle("on", part.dataset.s === wanted);
  };
  group.addEventListener("mouseover", point);
  group.addEventListener("mouseleave", point);
}
