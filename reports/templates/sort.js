// Tables are sorted by a click on a heading: once down, twice up, a third time as they were.
const worth = (row, column) => {
  const text = row.cells[column].textContent.trim();
  const number = parseFloat(text.replaceAll(",", "").replaceAll("−", "-").replace(/^[^\d.-]*/, ""));
  return { text, number };
};
const sortable = (table) => {
  const heads = table.tHead?.rows[0]?.cells ?? [];
  const body = table.tBodies[0];
  const given = [...(body?.rows ?? [])];
  if (given.length < 3 || given.at(-1).cells[0].textContent === "Total") return;
  for (const [column, head] of [...heads].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort by this column";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { descending: "ascending", ascending: null };
      const before = head.getAttribute("aria-sort");
      const order = before === null ? "descending" : next[before];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (order !== null) head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const keyed = given.map((row) => [row, worth(row, column)]);
      const compare = ([, a], [, b]) => {
        const [x, y] = [Number.isNaN(a.number), Number.isNaN(b.number)];
        if (x && y) return sign * a.text.localeCompare(b.text);
        return x - y || sign * (a.number - b.number);
      };
      body.append(...(order === null ? given : keyed.sort(compare).map(([row]) => row)));
      table.classList.toggle("sorted", order !== null);
    });
  }
};
document.querySelectorAll("main .scroll > table").forEach(sortable);
