// What a page can do where scripts run: sort, filter, choose runs, look at their curves and at what tells them apart.
// Texts of records reach the page by textContent alone.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
  const MISSING = "–";
  const table = document.getElementById("runs");
  const rows = [...table.tBodies[0].rows];
  const chosen = new Set();
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("js");

  function element(name, attributes = {}, text) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function drawn(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // ---- Sorting: numbers as numbers, what is missing always last.

  function sortKey(cell) {
    if (cell.dataset.value !== undefined) return cell.dataset.value === "" ? null : Number(cell.dataset.value);
    const text = cell.textContent.trim();
    return text === "" || text === MISSING ? null : text;
  }

  function order(a, b, direction) {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return direction * (a - b);
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return direction * a.localeCompare(b, undefined, { numeric: true });
  }

  function sort(head) {
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0];
    const keyed = [...body.rows].map((row) => [sortKey(row.cells[head.cellIndex]), row]);
    keyed.sort((a, b) => order(a[0], b[0], descending ? -1 : 1));
    body.append(...keyed.map(([, row]) => row));
  }

  for (const head of document.querySelectorAll("table.sortable thead th")) {
    const button = element("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head));
  }

  // ---- Filtering: every word must be there; `test.rmse<0.88` and `fill=zero` compare a column.

  const names = [...table.tHead.rows[0].cells].map((head) => (head.dataset.name ?? "").toLowerCase());

  function column(name) {
    const whole = names.indexOf(name);
    return whole >= 0 ? whole : names.findIndex((known) => known.endsWith("." + name) || known.split(".").includes(name));
  }

  function condition(word) {
    const comparison = word.match(/^([^<>=!]+)(<=|>=|!=|<|>|=)(.+)$/);
    const at = comparison ? column(comparison[1]) : -1;
    if (at < 0) return (row) => row.textContent.toLowerCase().includes(word);
    const [, , sign, wanted] = comparison;
    const holds = {
      "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b,
      "=": (a, b) => a === b, "!=": (a, b) => a !== b,
    }[sign];
    return (row) => {
      // The column of boxes, once it is there, comes before those of the names.
      const cell = row.cells[at + 1];
      const found = sortKey(cell);
      const number = Number(wanted);
      if (typeof found === "number" && !Number.isNaN(number)) return holds(found, number);
      const text = cell.textContent.trim().toLowerCase();
      if (sign === "=") return text === wanted;
      return sign === "!=" && text !== wanted;
    };
  }

  function filter() {
    const words = byId("filter").value.toLowerCase().match(/"[^"]*"|\S+/g) ?? [];
    const conditions = words.map((word) => condition(word.replaceAll('"', "")));
    for (const row of rows) row.hidden = !conditions.every((holds) => holds(row));
    const shown = rows.filter((row) => !row.hidden).length;
    byId("shown").textContent = `${shown} of ${rows.length} runs`;
    draw();
  }

  // ---- Choosing.

  const corner = element("th", { scope: "col" });
  corner.append(element("span", {}, "choose"));
  table.tHead.rows[0].prepend(corner);
  for (const row of rows) {
    const run = Number(row.dataset.run);
    const box = element("input", { type: "checkbox", "aria-label": `choose ${data.runs[run].label}` });
    box.addEventListener("change", () => choose(run, box.checked));
    const cell = element("td");
    cell.append(box);
    row.prepend(cell);
  }

  function choose(run, is) {
    if (is) chosen.add(run); else chosen.delete(run);
    refresh();
  }

  function refresh() {
    for (const row of rows) {
      const is = chosen.has(Number(row.dataset.run));
      row.classList.toggle("chosen", is);
      row.cells[0].firstChild.checked = is;
    }
    draw();
    differ();
  }

  byId("clear").addEventListener("click", () => { chosen.clear(); refresh(); });
  byId("best").addEventListener("click", () => {
    chosen.clear();
    data.ranked.slice(0, 4).forEach((run) => chosen.add(run));
    refresh();
  });

  // ---- What tells the chosen runs apart.

  function differ() {
    const place = byId("differences");
    place.replaceChildren();
    const runs = [...chosen];
    if (runs.length < 2) {
      place.append(element("p", { class: "note" }, "Choose two runs or more in the table above."));
      return;
    }
    const differing = data.keys.filter((key) => runs.some((run) => key.of[run] !== key.of[runs[0]]));
    const made = element("table");
    const head = made.createTHead().insertRow();
    head.append(element("th", { scope: "col" }, "key"));
    for (const run of runs) head.append(element("th", { scope: "col" }, data.runs[run].name));
    const body = made.createTBody();
    const line = (name, cells, kind) => {
      const row = body.insertRow();
      row.append(element("th", { scope: "row" }, name));
      for (const cell of cells) {
        const made = element("td", { class: kind });
        made.append(element("div", {}, cell));
        row.append(made);
      }
    };
    for (const key of differing) line(key.key, runs.map((run) => key.values[key.of[run]] ?? MISSING), "text");
    for (const metric of data.metrics) line(metric.name, runs.map((run) => metric.of[run] ?? MISSING), "text");
    const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "differences" });
    scroll.append(made);
    const same = differing.length === 0 ? "The settings of these runs are the same." : `${differing.length} keys differ; all others are the same.`;
    place.append(element("p", { class: "note" }, same), scroll);
  }

  // ---- Curves over epochs.

  const SIZE = { width: 960, height: 400, left: 66, right: 14, top: 12, bottom: 44 };
  let shown = [];
  let scale = null;
  let near = null;

  function style(run) {
    const place = chosen.size > 0 ? [...chosen].indexOf(run) : data.runs[run].rank;
    if (place === null || place < 0 || (chosen.size === 0 && place >= COLOURS.length)) return { colour: "var(--axis)", dash: "none" };
    return { colour: COLOURS[place % COLOURS.length], dash: ["none", "7 4", "2 3"][Math.floor(place / COLOURS.length) % 3] };
  }

  function visible() {
    const left = rows.filter((row) => !row.hidden).map((row) => Number(row.dataset.run));
    return chosen.size > 0 ? [...chosen] : left;
  }

  function points(run, name, from) {
    const curve = data.curves[run];
    const values = curve?.v[data.columns.indexOf(name)];
    if (!values) return [];
    return curve.e.map((epoch, at) => [epoch, values[at]]).filter(([epoch, value]) => value !== null && epoch >= from);
  }

  function range(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const quartile = (share) => sorted[Math.floor(share * (sorted.length - 1))];
    const reach = 3 * (quartile(0.75) - quartile(0.25));
    const usual = reach > 0 ? sorted.filter((v) => v >= quartile(0.25) - reach && v <= quartile(0.75) + reach) : sorted;
    const [low, high] = [usual[0], usual[usual.length - 1]];
    const space = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.05 || 1;
    return [low - space, high + space];
  }

  function ticks(low, high, count, least = 0) {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(least, [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.8));
    const made = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) made.push(at);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return made.map((at) => [at, at.toFixed(Math.min(digits, 12))]);
  }

  function draw() {
    const plot = byId("plot");
    if (!plot) return;
    const name = byId("column").value;
    const from = Math.max(1, Number(byId("from").value) || 1);
    shown = visible().map((run) => ({ run, points: points(run, name, from) })).filter((curve) => curve.points.length > 0);
    plot.replaceChildren();
    // One unit is one pixel, so that text has its size in every window.
    SIZE.width = Math.max(320, plot.parentNode.clientWidth);
    SIZE.height = SIZE.width < 700 ? 300 : 420;
    plot.setAttribute("viewBox", `0 0 ${SIZE.width} ${SIZE.height}`);
    near = null;
    byId("tip").hidden = true;
    const all = shown.flatMap((curve) => curve.points);
    if (all.length === 0) {
      plot.append(drawn("text", { x: SIZE.width / 2, y: SIZE.height / 2, "text-anchor": "middle" }, "no values to draw"));
      byId("legend").replaceChildren();
      return;
    }
    const epochs = all.reduce(([low, high], [epoch]) => [Math.min(low, epoch), Math.max(high, epoch)], [Infinity, -Infinity]);
    if (epochs[0] === epochs[1]) epochs[1] += 1;
    const values = range(all.map(([, value]) => value));
    scale = {
      x: (epoch) => SIZE.left + (epoch - epochs[0]) / (epochs[1] - epochs[0]) * (SIZE.width - SIZE.left - SIZE.right),
      y: (value) => SIZE.height - SIZE.bottom - (Math.min(Math.max(value, values[0]), values[1]) - values[0]) / (values[1] - values[0]) * (SIZE.height - SIZE.top - SIZE.bottom),
    };
    for (const [at, label] of ticks(values[0], values[1], 6)) {
      plot.append(drawn("line", { class: "grid", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: scale.y(at), y2: scale.y(at) }));
      plot.append(drawn("text", { x: SIZE.left - 8, y: scale.y(at) + 4, "text-anchor": "end" }, label));
    }
    for (const [at, label] of ticks(epochs[0], epochs[1], SIZE.width / 90, 1)) {
      plot.append(drawn("text", { x: scale.x(at), y: SIZE.height - SIZE.bottom + 18, "text-anchor": "middle" }, label));
    }
    const bottom = SIZE.height - SIZE.bottom;
    plot.append(drawn("line", { class: "axis", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: bottom, y2: bottom }));
    plot.append(drawn("text", { x: (SIZE.left + SIZE.width) / 2, y: SIZE.height - 6, "text-anchor": "middle" }, "epoch"));
    plot.append(drawn("text", { transform: `translate(14 ${bottom / 2}) rotate(-90)`, "text-anchor": "middle" }, name));
    const ranked = (curve) => data.runs[curve.run].rank ?? Infinity;
    for (const curve of [...shown].sort((a, b) => ranked(b) - ranked(a))) {
      const { colour, dash } = style(curve.run);
      const path = curve.points.map(([epoch, value]) => `${scale.x(epoch).toFixed(1)},${scale.y(value).toFixed(1)}`).join(" ");
      const line = curve.points.length > 1
        ? drawn("polyline", { class: "line", points: path, stroke: colour, "stroke-dasharray": dash })
        : drawn("circle", { class: "dot", cx: scale.x(curve.points[0][0]), cy: scale.y(curve.points[0][1]), r: 4, fill: colour });
      curve.line = line;
      plot.append(line);
    }
    legend();
  }

  function legend() {
    const entries = new Map();
    for (const { run } of shown) {
      const name = chosen.size > 0 ? data.runs[run].label : data.runs[run].setting;
      if (chosen.size > 0 || (data.runs[run].rank ?? Infinity) < COLOURS.length) entries.set(name, { run, order: chosen.size > 0 ? 0 : data.runs[run].rank });
    }
    const items = [...entries].sort((a, b) => a[1].order - b[1].order).map(([name, { run }]) => {
      const { colour, dash } = style(run);
      const item = element("li");
      const sample = drawn("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" });
      sample.append(drawn("line", { x1: 1, x2: 25, y1: 5, y2: 5, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash }));
      item.append(sample, name);
      return item;
    });
    const others = chosen.size === 0 && shown.some(({ run }) => (data.runs[run].rank ?? Infinity) >= COLOURS.length);
    if (others) items.push(element("li", {}, "grey: all other settings"));
    byId("legend").replaceChildren(...items);
  }

  function point(curve, at) {
    near = { curve, at };
    const plot = byId("plot");
    plot.querySelectorAll(".pointed").forEach((dot) => dot.remove());
    for (const other of shown) {
      other.line.classList.toggle("dim", other !== curve);
      other.line.classList.toggle("near", other === curve);
    }
    const [epoch, value] = curve.points[at];
    const [x, y] = [scale.x(epoch), scale.y(value)];
    plot.append(drawn("circle", { class: "dot pointed", cx: x, cy: y, r: 5, fill: style(curve.run).colour }));
    const tip = byId("tip");
    tip.textContent = `${data.runs[curve.run].label}: epoch ${epoch}, ${byId("column").value} ${value}`;
    tip.hidden = false;
    const ratio = plot.clientWidth / SIZE.width;
    const beside = x > SIZE.width / 2 ? x * ratio - tip.offsetWidth - 12 : x * ratio + 12;
    tip.style.left = `${Math.max(0, beside)}px`;
    tip.style.top = `${Math.max(0, y * ratio - tip.offsetHeight - 8)}px`;
  }

  function leave() {
    near = null;
    byId("tip").hidden = true;
    byId("plot").querySelectorAll(".pointed").forEach((dot) => dot.remove());
    for (const curve of shown) curve.line.classList.remove("dim", "near");
  }

  function hover(event) {
    const box = byId("plot").getBoundingClientRect();
    const ratio = SIZE.width / box.width;
    const [x, y] = [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
    let best = null;
    for (const curve of shown) {
      curve.points.forEach(([epoch, value], at) => {
        const distance = Math.hypot(scale.x(epoch) - x, scale.y(value) - y);
        if (best === null || distance < best.distance) best = { curve, at, distance };
      });
    }
    if (best && best.distance < 60) point(best.curve, best.at); else leave();
  }

  function key(event) {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") return leave();
    if (!steps || shown.length === 0) return;
    event.preventDefault();
    const place = near ? (shown.indexOf(near.curve) + steps[0] + shown.length) % shown.length : 0;
    const curve = shown[place];
    const at = near ? near.at + steps[1] : curve.points.length - 1;
    point(curve, Math.min(Math.max(at, 0), curve.points.length - 1));
  }

  if (byId("plot")) {
    byId("plot").addEventListener("pointermove", hover);
    byId("plot").addEventListener("pointerleave", leave);
    byId("plot").addEventListener("keydown", key);
    byId("plot").addEventListener("blur", leave);
    byId("column").addEventListener("change", draw);
    byId("from").addEventListener("input", draw);
    window.addEventListener("resize", () => {
      if (byId("plot").parentNode.clientWidth !== SIZE.width) draw();
    });
  }
  byId("filter").addEventListener("input", filter);
  filter();
  differ();
})();
