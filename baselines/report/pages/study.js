"use strict";

// The page of a run: the table of scores sorted and filtered, and what is drawn from the data beside it.

const ALL = "(all)";
const FIRST = "(first of each task)";
const COLOURS = ["--link", "--micro", "--good", "--mark", "--macro", "--ink"];
const DASHES = ["", "7 3", "2 3", "9 3 2 3"];

/** Return the rows of scores as objects. */
function scoreRows() {
  return (PAGE.scores || []).map((values) => Object.fromEntries(values.map((value, n) => [PAGE.columns[n], value])));
}

const SCORES = scoreRows();
const FLOORS = new Set(PAGE.floors || []);

/** Return what stands in a list, each once, in its order. */
function distinct(values) {
  return [...new Set(values)];
}

/** Fill a select with options and return it. */
function options(select, names) {
  select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
  return select;
}

/** Return a label with a select of names that calls `chosen` with the place of the one that is chosen. */
function choice(text, names, chosen) {
  const select = element("select");
  names.forEach((name, n) => select.append(element("option", { value: n }, name)));
  select.addEventListener("change", () => chosen(Number(select.value)));
  return element("label", { class: "screen" }, text, " ", select);
}

/** Tell whether a score is the first figure of its task and dataset. */
function isFirst(score) {
  return PAGE.heads.some(
    ([task, dataset, metric, subset]) =>
      score.task === task && score.dataset === dataset && score.metric === metric && score.subset === subset
  );
}

// ---------------------------------------------------------------- the table of scores

/** Make the table of scores filter by the form above it. */
function filterScores() {
  const form = document.getElementById("filters");
  if (!form) return;
  const rows = [...document.querySelectorAll("#scores-table tbody tr")];
  for (const name of ["task", "dataset", "subset"])
    options(form.elements[name], [ALL, ...distinct(SCORES.map((score) => score[name]))]);
  options(form.elements.metric, [FIRST, ALL, ...distinct(SCORES.map((score) => score.metric))]);
  const suits = (score) =>
    ["task", "dataset", "subset"].every((name) => [ALL, score[name]].includes(form.elements[name].value)) &&
    (form.elements.metric.value === FIRST ? isFirst(score) : [ALL, score.metric].includes(form.elements.metric.value)) &&
    score.recipe.toLowerCase().includes(form.elements.recipe.value.trim().toLowerCase());
  const show = () => {
    rows.forEach((row, n) => (row.hidden = !suits(SCORES[n])));
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById("count").textContent = `${shown} of ${rows.length} figures`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}

/** Return what a cell sorts by: its number where it begins with one, else its text. */
function sortKey(cell) {
  const number = parseFloat(cell.textContent);
  return Number.isNaN(number) ? cell.textContent : number;
}

/** Compare two keys: numbers by value, before texts; texts as people sort them. */
function compared(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a.localeCompare(b, "en", { numeric: true });
}

/** Sort a table by the column of a heading, the other way round when it was sorted by it. */
function sortBy(table, heading) {
  const column = [...heading.parentElement.children].indexOf(heading);
  const way = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", way);
  const sign = way === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [sortKey(row.cells[column]), row]);
  rows.sort(([a], [b]) => {
    const ends = (b !== "-") - (a !== "-"); // what is not known comes last both ways
    return ends || sign * compared(a, b);
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function sortScores() {
  const table = document.getElementById("scores-table");
  if (!table) return;
  for (const heading of table.tHead.rows[0].cells)
    heading.firstElementChild.addEventListener("click", () => sortBy(table, heading));
}

// ---------------------------------------------------------------- forest plots

/** Return {recipe: its scores of all seeds} of one figure, the best mean first. */
function byRecipe(scores) {
  const found = new Map();
  for (const score of scores) {
    if (!found.has(score.recipe)) found.set(score.recipe, []);
    found.get(score.recipe).push(score);
  }
  const lines = [...found].map(([recipe, mine]) => ({ recipe, scores: mine, mean: mean(mine) }));
  return lines.sort((a, b) => (b.mean ?? -1) - (a.mean ?? -1));
}

/** Return the mean of the values that are known, null where none is. */
function mean(scores) {
  const values = scores.map((score) => score.value).filter((value) => value !== null);
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

/** Return the ends of an axis that holds all numbers, on tenths. */
function axisOf(numbers) {
  const low = Math.min(Math.floor(Math.min(...numbers, 1) * 10 + 1e-9) / 10, 0.9);
  const high = Math.ceil(Math.max(...numbers, 0) * 10 - 1e-9) / 10;
  return [low, Math.max(high, low + 0.1)];
}

/** Draw one forest plot: a line a recipe, then the published figures. */
function forest(scores, published) {
  const lines = byRecipe(scores);
  const numbers = scores.flatMap((score) => [score.value, score.ci_low, score.ci_high]);
  const axis = axisOf([...numbers, ...published.map((one) => one.value)].filter((n) => n !== null && n !== undefined));
  const place = (value) => `${(100 * (value - axis[0])) / (axis[1] - axis[0])}%`;
  const floors = lines.filter((line) => FLOORS.has(line.recipe) && line.mean !== null).map((line) => line.mean);
  const bestFloor = floors.length ? Math.max(...floors) : null;
  const table = element(
    "table",
    {},
    element("colgroup", {}, element("col", { class: "name" }), element("col"), element("col", { class: "number" }))
  );
  const body = table.createTBody();
  for (const line of lines) body.append(recipeRow(line, axis, place, bestFloor));
  for (const one of published) body.append(publishedRow(one, axis, place, bestFloor));
  body.append(ticksRow(axis, place));
  return table;
}

/** Return an empty strip with the lines of the tenths and of the best floor. */
function strip(axis, place, bestFloor, label) {
  const drawing = svg("svg", { role: "img", "aria-label": label });
  for (const tick of ticks(axis))
    drawing.append(svg("line", { class: "grid", x1: place(tick), x2: place(tick), y1: 0, y2: "100%" }));
  if (bestFloor !== null)
    drawing.append(svg("line", { class: "best-floor", x1: place(bestFloor), x2: place(bestFloor), y1: 0, y2: "100%" }));
  return drawing;
}

function ticks([low, high]) {
  const step = high - low > 0.55 ? 0.2 : 0.1;
  const first = Math.ceil(low / step - 1e-9) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-6) + 1 }, (_, n) => first + n * step);
}

/** Return the row of a recipe: one seed with its interval, several as dots with a bar at their mean. */
function recipeRow({ recipe, scores, mean: middle }, axis, place, bestFloor) {
  const single = scores.length === 1 ? scores[0] : null;
  const interval = single && single.ci_low !== null ? `[${fixed(single.ci_low)}, ${fixed(single.ci_high)}]` : "";
  const more = single ? interval : `(${scores.length} seeds)`;
  const drawing = strip(axis, place, bestFloor, `${recipe}: ${fixed(middle)} ${more}`);
  if (interval)
    drawing.append(
      svg("line", { class: "whisker", x1: place(single.ci_low), x2: place(single.ci_high), y1: "50%", y2: "50%" })
    );
  for (const score of scores)
    if (score.value !== null) drawing.append(svg("circle", { class: "dot", cx: place(score.value), cy: "50%", r: 4.5 }));
  if (!single && middle !== null)
    drawing.append(svg("line", { class: "mean", x1: place(middle), x2: place(middle), y1: "10%", y2: "90%" }));
  const name = element("th", { scope: "row" }, recipe);
  const row = element("tr", {}, name, element("td", {}, drawing), element("td", {}, fixed(middle), " ", element("small", {}, more)));
  if (FLOORS.has(recipe)) {
    row.classList.add("is-floor");
    name.append(" ", element("small", {}, "floor"));
  }
  return row;
}

function publishedRow(one, axis, place, bestFloor) {
  const drawing = strip(axis, place, bestFloor, `${one.name}: ${fixed(one.value)}`);
  const shape = { class: one.compares ? "dot" : "dot apart", x: place(one.value), y: "28%", width: 9, height: 9 };
  drawing.append(svg("rect", { ...shape, transform: "translate(-4.5 0)" }));
  const name = element("th", { scope: "row", title: `${one.source}. ${one.remarks}` }, one.name, " ", element("small", {}, "published"));
  if (!one.compares) name.append(element("br"), element("small", {}, one.remarks));
  return element("tr", { class: "published" }, name, element("td", {}, drawing), element("td", {}, fixed(one.value)));
}

function ticksRow(axis, place) {
  const drawing = svg("svg", { "aria-hidden": "true" });
  for (const tick of ticks(axis))
    drawing.append(svg("text", { class: "ticks", x: place(tick), y: "70%", "text-anchor": "middle" }, tick.toFixed(1)));
  return element("tr", {}, element("td"), element("td", {}, drawing), element("td"));
}

/** Draw the forest plots, each of the figure that is chosen above it. */
function drawForests() {
  for (const figure of document.querySelectorAll(".forest")) {
    const { task, dataset } = figure.dataset;
    const own = SCORES.filter((score) => score.task === task && score.dataset === dataset);
    const of = (score) => (score.subset === "all" ? score.metric : `${score.metric}: ${score.subset}`);
    const select = options(figure.querySelector("select"), distinct(own.map(of)));
    const head = own.find(isFirst);
    if (head) select.value = of(head);
    const draw = () => {
      const chosen = own.filter((score) => of(score) === select.value);
      const published = PAGE.published.filter(
        (one) => one.task === task && one.dataset === dataset && of(one) === select.value
      );
      const heading = element("p", { class: "note" }, `${select.value} (n = ${chosen[0].n})`);
      figure.querySelector("div").replaceChildren(heading, forest(chosen, published));
    };
    select.addEventListener("change", draw);
    draw();
  }
}

// ---------------------------------------------------------------- confusions

/** Show two of the confusions of each group, that of the best recipe and one that is chosen beside it. */
function chooseConfusions() {
  for (const group of document.querySelectorAll(".chosen")) {
    const every = [...group.querySelectorAll(".one")];
    if (every.length < 3) continue;
    const names = every.map((one) => one.dataset.name);
    const chosen = [0, every.length - 1];
    const show = () => every.forEach((one, n) => (one.hidden = !chosen.includes(n)));
    const labels = ["show", "and"].map((word, side) =>
      choice(word, names, (place) => {
        chosen[side] = place;
        show();
      })
    );
    labels.forEach((label, side) => (label.querySelector("select").value = chosen[side]));
    group.prepend(...labels);
    show();
  }
}

// ---------------------------------------------------------------- trade-off of spotting

const SIDE = 400;
const EDGE = 46;

/** Return the place of a share on the two axes of a square. */
function square(recall, precision) {
  return [EDGE + recall * (SIDE - EDGE - 10), SIDE - EDGE - precision * (SIDE - EDGE - 10)];
}

/** Draw the curves of precision over recall of one dataset, with a key. */
function drawTradeoff({ name, curves }) {
  const drawing = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": `precision over recall, ${name}` });
  for (const tick of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    const [x, y] = square(tick, tick);
    const [left, bottom] = square(0, 0);
    const [right, top] = square(1, 1);
    drawing.append(
      svg("line", { class: "grid", x1: x, x2: x, y1: bottom, y2: top }),
      svg("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }),
      svg("text", { x, y: bottom + 18, "text-anchor": "middle" }, tick.toFixed(1)),
      svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, tick.toFixed(1))
    );
  }
  drawing.append(
    svg("text", { x: SIDE / 2 + 20, y: SIDE - 6, "text-anchor": "middle" }, "recall"),
    svg("text", { transform: `translate(13 ${SIDE / 2 - 20}) rotate(-90)`, "text-anchor": "middle" }, "precision")
  );
  const key = element("ul", { class: "key" });
  curves.forEach((curve, n) => {
    const look = `stroke: var(${COLOURS[n % COLOURS.length]}); stroke-dasharray: ${DASHES[Math.floor(n / COLOURS.length) % DASHES.length] || "none"}`;
    const [first] = curve.points;
    const points = curve.points.map((point) => square(point.recall, point.precision).join(","));
    drawing.append(svg("polyline", { class: "curve", points: points.join(" "), style: look }));
    const [cx, cy] = square(first.recall, first.precision);
    drawing.append(svg("circle", { cx, cy, r: 5, style: `fill: var(${COLOURS[n % COLOURS.length]})` }));
    const sample = svg("svg", { "aria-hidden": "true" }, svg("line", { class: "curve", x1: 0, x2: "100%", y1: 6, y2: 6, style: look }));
    const best = curve.points.reduce((most, point) => (point.f1 > most.f1 ? point : most));
    const told = `${curve.recipe}: precision ${fixed(first.precision)}, recall ${fixed(first.recall)}, F1 ${fixed(first.f1)}`;
    const more = best === first ? "" : `; best F1 ${fixed(best.f1)} with scores of at least ${best.least}`;
    key.append(element("li", {}, sample, told + more));
  });
  return element("figure", {}, element("h3", {}, name), element("div", { class: "tradeoff" }, drawing, key));
}

// ---------------------------------------------------------------- timelines

const AT_ONCE = 24; // videos

/** Return what a mark says: lane, type, frames, and what else is known of it. */
function markText(lane, mark) {
  const words = [lane.name, mark.type, mark.emotion, `frames ${mark.onset} to ${mark.offset}`];
  if (mark.score !== undefined) words.push(`score ${mark.score.toFixed(3)}`);
  if (mark.hit !== null) words.push(mark.hit ? "hit" : "false alarm");
  return words.filter(Boolean).join(", ");
}

/** Draw the lanes of one video; the line below tells of the mark that is pointed at. */
function drawVideo(video) {
  const span = video.last - video.first + 1;
  const place = (frame) => `${(100 * (frame - video.first)) / span}%`;
  const pointer = element("p", { class: "pointer", role: "status" });
  const lanes = element("div", { class: "lanes", tabindex: 0, role: "group", "aria-label": `marks of ${video.name}` });
  const rows = video.lanes.map((lane) => {
    const drawing = svg("svg", { class: "marks", role: "group", "aria-label": lane.name });
    const marks = lane.marks.map((mark) => drawMark(lane, mark, place, span));
    drawing.append(...marks);
    lanes.append(element("span", { title: lane.name }, lane.name), drawing);
    return marks.sort((a, b) => a.dataset.onset - b.dataset.onset);
  });
  const scale = svg("svg", { class: "scale", "aria-hidden": "true" });
  for (const [frame, anchor] of [[video.first, "start"], [Math.round((video.first + video.last) / 2), "middle"], [video.last, "end"]])
    scale.append(svg("text", { class: "ticks", x: place(frame), y: "80%", "text-anchor": anchor }, frame));
  lanes.append(element("span", {}, "frame"), scale);
  pointAt(lanes, rows.filter((row) => row.length), pointer);
  return element("div", { class: "video" }, element("h4", {}, video.name), lanes, pointer);
}

function drawMark(lane, mark, place, span) {
  const text = markText(lane, mark);
  const width = Math.max((100 * (mark.offset - mark.onset + 1)) / span, 0.4);
  const shape = { x: place(mark.onset), width: `${width}%`, y: "18%", height: "64%", role: "img", "aria-label": text };
  const kind = mark.type === "macro" ? "macro" : "micro";
  const drawn = svg("rect", { ...shape, class: mark.hit === false ? `${kind} false` : kind }, svg("title", {}, text));
  drawn.dataset.onset = mark.onset;
  return drawn;
}

/** Let pointer and arrow keys go through rows of marks; `pointer` shows the text of the one they are at. */
function pointAt(lanes, rows, pointer) {
  let at = null;
  const go = (row, column) => {
    if (at) at.mark.classList.remove("pointed");
    const mark = rows[row][column];
    at = { row, column, mark };
    mark.classList.add("pointed");
    pointer.textContent = mark.getAttribute("aria-label");
  };
  rows.forEach((row, r) => row.forEach((mark, c) => mark.addEventListener("pointerenter", () => go(r, c))));
  lanes.addEventListener("focus", () => rows.length && !at && go(0, 0));
  lanes.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    const step = steps[event.key];
    if (!step || !at) return;
    event.preventDefault();
    const row = Math.min(Math.max(at.row + step[0], 0), rows.length - 1);
    const column = step[0] ? nearest(rows[row], at.mark) : Math.min(Math.max(at.column + step[1], 0), rows[row].length - 1);
    go(row, column);
  });
}

/** Return the place of the mark in a row that is nearest in time to another. */
function nearest(row, mark) {
  const far = (other) => Math.abs(other.dataset.onset - mark.dataset.onset);
  return row.reduce((best, other, n) => (far(other) < far(row[best]) ? n : best), 0);
}

/** Draw the videos of a dataset, of many so many at once. */
function drawTimelines({ name, videos }) {
  const figure = element("figure", {}, element("h3", {}, name));
  const drawn = element("div");
  const show = (part) => drawn.replaceChildren(...videos.slice(part * AT_ONCE, (part + 1) * AT_ONCE).map(drawVideo));
  const parts = Array.from({ length: Math.ceil(videos.length / AT_ONCE) }, (_, n) => {
    const last = Math.min((n + 1) * AT_ONCE, videos.length);
    return `${videos[n * AT_ONCE].name} to ${videos[last - 1].name} (${n * AT_ONCE + 1} to ${last} of ${videos.length})`;
  });
  if (parts.length > 1) figure.append(choice("videos", parts, show));
  figure.append(drawn);
  show(0);
  return figure;
}

// ---------------------------------------------------------------- answers

/** Draw the answers to the questions about one clip, which is chosen above them. */
function drawAnswers(group) {
  const figure = element("figure", { class: "answers" }, element("h3", {}, group.name));
  const drawn = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `answers, ${group.name}` });
  const show = (n) => drawn.replaceChildren(answerTable(group, group.clips[n]));
  figure.append(choice("clip", group.clips.map((clip) => clip.name), show), drawn);
  if (group.left) figure.append(element("p", { class: "note" }, `${group.left} more clips are not in this page`));
  if (group.clips.length) show(0);
  return figure;
}

function answerTable(group, clip) {
  const head = ["question", "true answer", ...group.recipes].map((text) => element("th", { scope: "col", class: "stub" }, text));
  const table = element("table", {}, element("caption", {}, clip.name), element("thead", {}, element("tr", {}, ...head)));
  const body = table.createTBody();
  for (const question of clip.questions) {
    const said = question.said.map((place, n) =>
      place === null ? element("td", {}, "-") : element("td", { class: question.right[n] ? "right" : "wrong" }, group.texts[place])
    );
    const asked = [group.texts[question.text], group.texts[question.answer]].map((text) => element("td", {}, text));
    body.append(element("tr", {}, ...asked, ...said));
  }
  return table;
}

/** Draw what the data hold of each under a place of the page. */
function drawInto(id, found, draw) {
  const place = document.getElementById(id);
  if (place) place.append(...(found || []).map(draw));
}

filterScores();
sortScores();
drawForests();
chooseConfusions();
drawInto("tradeoff-figures", PAGE.tradeoffs, drawTradeoff);
drawInto("timeline-figures", PAGE.timelines, drawTimelines);
drawInto("answer-figures", PAGE.answers, drawAnswers);
