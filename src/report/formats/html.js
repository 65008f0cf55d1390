// SPDX-License-Identifier: Apache-2.0
"use strict";
document.documentElement.classList.add("js");

/* Filters and sorting of one table; without this script the table is there all the same. */
for (const section of document.querySelectorAll("[data-findings]")) {
	const body = section.querySelector("tbody");
	const rows = Array.from(body.rows);
	const search = section.querySelector("input[type=search]");
	const chips = Array.from(section.querySelectorAll(".chip"));
	const flags = Array.from(section.querySelectorAll("input[type=checkbox]"));
	const layer = section.querySelector("select");
	const shown = section.querySelector(".shown");
	const weigh = (row) => Number(row.dataset.count);
	const total = rows.reduce((sum, row) => sum + weigh(row), 0);
	const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

	const apply = () => {
		const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
		const severities = chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.value);
		let count = 0;

		for (const row of rows) {
			const show = words.every((word) => texts.get(row).includes(word)) &&
				(severities.length === 0 || severities.includes(row.dataset.severity)) &&
				flags.every((flag) => !flag.checked || row.dataset[flag.value] === "1") &&
				(!layer || layer.value === "" || row.dataset.layer === layer.value);

			row.hidden = !show;
			count += show ? weigh(row) : 0;
		}
		shown.textContent = count === total ? `${count} findings` : `${count} of ${total} findings`;
	};

	search.addEventListener("input", apply);
	for (const flag of flags)
		flag.addEventListener("change", apply);
	if (layer)
		layer.addEventListener("change", apply);
	for (const chip of chips) {
		chip.addEventListener("click", () => {
			chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
			apply();
		});
	}
	apply();
}

/* A heading with a button sorts by the cells below it: by data-sort where it is set, numbers as numbers. */
const collator = new Intl.Collator("en", { numeric: true });
const keyOf = (row, column) => {
	const cell = row.cells[column];

	return cell.dataset.sort ?? cell.textContent.trim();
};
for (const button of document.querySelectorAll("th button")) {
	button.addEventListener("click", () => {
		const th = button.closest("th");
		const body = th.closest("table").tBodies[0];
		const first = th.dataset.first ?? "ascending";
		const other = first === "ascending" ? "descending" : "ascending";
		const order = th.getAttribute("aria-sort") === first ? other : first;
		const sign = order === "ascending" ? 1 : -1;
		const sorted = Array.from(body.rows).map((row) => [keyOf(row, th.cellIndex), row]);

		sorted.sort((a, b) => sign * collator.compare(a[0], b[0]));
		for (const cell of th.parentNode.cells)
			cell.removeAttribute("aria-sort");
		th.setAttribute("aria-sort", order);
		body.append(...sorted.map((pair) => pair[1]));
	});
}
