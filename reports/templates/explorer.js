// Draws what is chosen in the section "Explore". The choice is in the address, so that it can be
// sent to someone: #explore=TrustDilemma-v1,cooperative
const explorer = document.getElementById("explorer");
const data = JSON.parse(document.getElementById("explorer-data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH, LEFT, RIGHT, ABOVE, BELOW] = [720, 360, 70, 28, 14, 44];
const KINDS = ["learner", "heuristic", "oracle", "planner"];

const make = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const draw = (parent, name, attributes = {}, text = null) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  parent.append(node);
  return node;
};
const said = (value, digits = 0) => {
  if (value === null) return "–";
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en", style).replace("-", "−");
};

const round = (span) => {
  const power = 10 ** Math.floor(Math.log10(span / 4));
  return power * [1, 2, 5, 10].find((step) => span / (step * power) <= 5);
};

const chart = (levels, curve, points) => {
  const known = points.filter((point) => point.reward !== null && point.share !== null);
  const values = [...curve, ...known.map((point) => point.reward), 0];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  const x = (share) => LEFT + (share / 100) * (WIDE - LEFT - RIGHT);
  const y = (value) => HIGH - BELOW - ((value - low) / span) * (HIGH - ABOVE - BELOW);
  const label = "Reward per episode of constant policies by their level, with other policies marked";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const step = round(span);
  for (let value = Math.ceil(low / step) * step; value <= high + 1e-9; value += step) {
    draw(svg, "line", { class: "grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) });
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    draw(svg, "text", { x: LEFT - 6, y: y(value) + 4, class: "right" }, said(value, digits));
  }
  for (const share of [0, 25, 50, 75, 100]) {
    draw(svg, "line", { class: "grid", x1: x(share), x2: x(share), y1: ABOVE, y2: HIGH - BELOW });
    draw(svg, "text", { x: x(share), y: HIGH - BELOW + 16, class: "middle" }, `${share} %`);
  }
  const title = "share of the own endowment, mean over the episode";
  draw(svg, "text", { x: (LEFT + WIDE) / 2, y: HIGH - 8, class: "middle" }, title);
  const path = levels.map((level, i) => `${i ? "L" : "M"}${x(level)} ${y(curve[i])}`).join("");
  draw(svg, "path", { class: "curve", d: path });
  for (const point of known) {
    const place = { cx: x(point.share), cy: y(point.reward), r: 4.5, class: point.kind };
    const mark = draw(svg, "circle", place);
    draw(mark, "title", {}, `${point.name}: ${said(point.share)} %, ${said(point.reward)}`);
  }
  return svg;
};

const list = (points) => {
  const head = ["Policy", "Kind", "Runs", "Share, %", "Reward", "Welfare", "Score"];
  const rows = [...points].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  const number = (value, digits = 0) => make("td", { class: "num" }, said(value, digits));
  const body = rows.map((p) =>
    make(
      "tr", {},
      make("td", { class: "name" }, p.name), make("td", {}, p.kind), make("td", {}, p.runs),
      number(p.share), number(p.reward), number(p.welfare), number(p.score, 2),
    ),
  );
  const heads = head.map((text, i) => make("th", { scope: "col", class: i > 2 ? "num" : "" }, text));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body));
  sortable(table);
  return make("div", { class: "scroll", tabindex: 0 }, table);
};

const matrix = ({ names, payoffs }) => {
  const known = payoffs.flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const cell = (value, row, column) => {
    const part = value === null ? 0 : (value - low) / (high - low || 1);
    const title = `${names[row]} among ${names[column]}: ${said(value)}`;
    const style = `background: color-mix(in srgb, #0072B2 ${Math.round(80 * part)}%, white)`;
    return make("td", { title, style, class: part > 0.55 ? "num dark" : "num" }, said(value));
  };
  const heads = names.map((name) => make("th", { scope: "col" }, make("span", {}, name)));
  const rows = payoffs.map((values, row) =>
    make(
      "tr", {},
      make("th", { scope: "row" }, names[row]),
      ...values.map((value, column) => cell(value, row, column)),
    ),
  );
  const head = make("thead", {}, make("tr", {}, make("td", {}, "one agent ↓ among →"), ...heads));
  const table = make("table", { class: "matrix" }, head, make("tbody", {}, ...rows));
  return make("div", { class: "scroll", tabindex: 0 }, table);
};

const ids = Object.keys(data.environments);
const games = [...new Set(ids.map((id) => id.replace(/-v\d$/, "")))];
const choice = (name, options) => {
  const select = make("select", { name }, ...options.map((text) => make("option", {}, text)));
  explorer.append(make("label", {}, `${name} `, select));
  select.addEventListener("change", () => show(true));
  return select;
};
const selects = {
  game: choice("Environment", games),
  edition: choice("Edition", ["v1 (formal)", "v0 (released)"]),
  mode: choice("Reward mode", data.modes),
};
const shown = explorer.appendChild(make("div", { id: "explorer-shown", "aria-live": "polite" }));

const show = (chosen) => {
  const id = `${selects.game.value}-${selects.edition.value.slice(0, 2)}`;
  const mode = selects.mode.value;
  if (chosen) history.replaceState(null, "", `#explore=${id},${mode}`);
  const found = data.environments[id];
  if (!found) {
    shown.replaceChildren(make("p", {}, `${id} is not part of this study.`));
    return;
  }
  const { curve, points, cross_play } = found.modes[mode];
  const parts = [
    make("p", {}, `${id}: ${mode} reward per episode, of all agents, that constants earn (line), ` +
      "policies that need no training (hollow), and learners trained on it (filled). "),
    chart(found.levels, curve, points),
    list(points),
  ];
  const about = cross_play
    ? "Payoff per episode of one agent (row) among others who all play another policy (column)."
    : "No policies of this choice were audited, so there is no cross-play.";
  parts.push(make("p", {}, about));
  if (cross_play) parts.push(matrix(cross_play));
  shown.replaceChildren(...parts);
};
const follow = () => {
  const wanted = /^#explore=(\w+)-(v\d),(\w+)$/.exec(decodeURIComponent(location.hash));
  if (wanted) {
    const [, game, edition, mode] = wanted;
    if (games.includes(game)) selects.game.value = game;
    selects.edition.selectedIndex = edition === "v0" ? 1 : 0;
    if (data.modes.includes(mode)) selects.mode.value = mode;
    explorer.scrollIntoView();
  }
  show(false);
};
addEventListener("hashchange", follow);
follow();
