"use strict";

// The stages of the chapters: players, maps, charts. Each is built into the element `<chapter>-stage`.

const SCALE = 2; // screen pixels for one of an aligned face

/** Return a labelled slider; `show` words its value, `moved` is called at once and whenever it moves. */
function slider(label, { min, max, step = 1, value, show = String }, moved) {
  const input = element("input", { type: "range", min, max, step, value });
  const output = element("output");
  const tell = () => {
    const text = show(Number(input.value));
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
    moved(Number(input.value));
  };
  input.addEventListener("input", tell);
  const node = element("label", {}, element("span", {}, label), output, input);
  return { node, input, tell };
}

/** Return a button that calls `pressed` with whether it is down. */
function toggle(label, down, pressed) {
  const button = element("button", { type: "button", "aria-pressed": String(down) }, label);
  button.addEventListener("click", () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    pressed(now);
  });
  return button;
}

/** Return a button that steps a slider on by itself, `perSecond` times a second, and begins again at the end. */
function playButton(label, input, perSecond) {
  let timer = null;
  return toggle(label, false, (down) => {
    clearInterval(timer);
    if (!down) return;
    timer = setInterval(() => {
      const next = Number(input.value) + 1;
      input.value = next > Number(input.max) ? input.min : next;
      input.dispatchEvent(new Event("input"));
    }, 1000 / perSecond);
  });
}

function figure(caption, ...inside) {
  return element("figure", {}, ...inside, element("figcaption", {}, caption));
}

function controls(...inside) {
  return element("div", { class: "controls" }, ...inside);
}

/** Return an SVG picture of a size, with an image below and a layer above it. */
function layered(width, height, shown, label) {
  const image = svg("image", { width, height });
  const layer = svg("g");
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width: shown, role: "img", "aria-label": label }, image, layer);
  return { root, layer, show: (uri) => image.setAttribute("href", uri) };
}

function videoStage(stage, data) {
  const [width, height] = data.size;
  const picture = layered(width, height, width, "The video, with the landmarks of the face");
  let marks = true;
  const draw = (n) => {
    picture.show(data.pictures[n]);
    const points = marks && data.points[n];
    picture.layer.replaceChildren();
    if (!points) return;
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const box = { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
    picture.layer.append(svg("rect", { ...box, fill: "none", stroke: "#39d353", "stroke-width": 1 }));
    picture.layer.append(...points.map(([cx, cy]) => svg("circle", { cx, cy, r: 1.4, fill: "#39d353" })));
  };
  const show = (n) => `frame ${data.numbers[n]}${data.points[n] ? "" : ", no face"}`;
  const frame = slider("Frame", { min: 0, max: data.pictures.length - 1, value: data.start, show }, draw);
  const landmarks = toggle("Landmarks and box", true, (down) => {
    marks = down;
    frame.tell();
  });
  const buttons = element("div", { class: "row" }, playButton("Play", frame.input, 12), landmarks);
  stage.append(figure("The frames of the video.", picture.root), controls(frame.node, buttons));
  frame.tell();
}

function alignmentStage(stage, data) {
  const size = PAGE.flow.size;
  const sides = [
    ["fixed", "In a fixed box"],
    ["aligned", "Registered frame by frame"],
  ].map(([key, caption]) => ({ key, caption, ...layered(size, size, size * SCALE, caption) }));
  const middle = (key) =>
    [0, 1].map((eye) => [0, 1].map((axis) => data.eyes[key].reduce((sum, one) => sum + one[eye][axis], 0) / data.eyes[key].length));
  const draw = (n) => {
    for (const side of sides) {
      side.show(data[side.key][n]);
      side.layer.replaceChildren();
      for (const [x, y] of middle(side.key)) {
        side.layer.append(svg("path", { d: `M${x - 6} ${y}H${x + 6}M${x} ${y - 6}V${y + 6}`, stroke: "#ffd23f", "stroke-width": 0.6 }));
      }
      for (const [cx, cy] of data.eyes[side.key][n]) side.layer.append(svg("circle", { cx, cy, r: 1.2, fill: "#39d353" }));
    }
  };
  const frame = slider("Frame", { min: 0, max: data.numbers.length - 1, value: data.start, show: (n) => `frame ${data.numbers[n]}` }, draw);
  let timer = null;
  let other = false;
  const flicker = toggle("Flicker with the onset", false, (down) => {
    clearInterval(timer);
    draw(Number(frame.input.value));
    if (down)
      timer = setInterval(() => {
        other = !other;
        draw(other ? 0 : Number(frame.input.value));
      }, 500);
  });
  stage.append(
    ...sides.map((side) => figure(side.caption + ".", side.root)),
    controls(frame.node, element("div", { class: "row" }, playButton("Play", frame.input, 8), flicker), element("p", { class: "note" }, "Yellow: the mean places of the eye centres. Green: where they are in this frame.")),
  );
  frame.tell();
}

function flowStage(stage, data) {
  const { size, step } = data;
  const face = layered(size, size, size * SCALE, "The face");
  const colours = layered(size, size, size * SCALE, "Its flow from the onset, as colours and arrows");
  let [arrows, long, now] = [true, Math.min(40, Math.max(1, Math.round(6 / data.full))), data.start];
  const draw = (n) => {
    now = n;
    face.show(data.faces[n]);
    colours.show(data.colours[n]);
    colours.layer.replaceChildren();
    if (!arrows) return;
    data.arrows[n].forEach((row, y) =>
      row.forEach(([u, v], x) => {
        if (Math.hypot(u, v) * long < 1) return;
        const [x0, y0] = [(x + 0.5) * step, (y + 0.5) * step];
        colours.layer.append(svg("path", { d: arrowPath(x0, y0, u * long, v * long), stroke: "white", "stroke-width": 0.7, fill: "none" }));
      }),
    );
  };
  const frame = slider("From the onset to", { min: 0, max: data.numbers.length - 1, value: data.start, show: (n) => `frame ${data.numbers[n]}: ${fixed(data.mean[n])} px on average` }, draw);
  const length = slider("Arrows, times their length", { min: 1, max: 40, value: long, show: (n) => `${n}×` }, (n) => {
    long = n;
    draw(now);
  });
  const shown = toggle("Arrows", true, (down) => {
    arrows = down;
    draw(now);
  });
  const wheel = element("img", { src: data.wheel, width: 96, height: 96, alt: "Colour wheel: red is to the right, then green-yellow down, cyan left, violet up" });
  stage.append(figure("The face in that frame.", face.root), figure("Where its pixels went.", colours.root), controls(frame.node, length.node, element("div", { class: "row" }, playButton("Play", frame.input, 8), shown), wheel));
  frame.tell();
  length.tell();
}

function arrowPath(x, y, u, v) {
  const [length, angle] = [Math.hypot(u, v), Math.atan2(v, u)];
  const head = Math.min(2.5, length / 2);
  const tip = (turn) => `${(x + u - head * Math.cos(angle + turn)).toFixed(1)} ${(y + v - head * Math.sin(angle + turn)).toFixed(1)}`;
  return `M${x} ${y}L${(x + u).toFixed(1)} ${(y + v).toFixed(1)}M${tip(0.5)}L${(x + u).toFixed(1)} ${(y + v).toFixed(1)}L${tip(-0.5)}`;
}

/** Return the levels 0..255 of the pixels of a grey picture. */
async function levelsOf(uri, size) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  const context = element("canvas", { width: size, height: size }).getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, size, size).data;
  return Array.from({ length: size * size }, (_, n) => pixels[4 * n]);
}

/** Colour of a share 0..1, from black over violet and orange to pale yellow. */
function heat(share) {
  const stops = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]];
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  return stops[low].map((from, n) => Math.round(from + (place - low) * (stops[low + 1][n] - from)));
}

async function strainStage(stage, data) {
  const maps = await Promise.all(data.maps.map((uri) => levelsOf(uri, data.size)));
  const canvas = element("canvas", { width: data.size, height: data.size, style: `width: ${data.size * SCALE}px`, role: "img", "aria-label": "Map of the optical strain" });
  const context = canvas.getContext("2d");
  let [now, gain] = [data.start, 1];
  const draw = () => {
    const picture = context.createImageData(data.size, data.size);
    maps[now].forEach((level, n) => picture.data.set([...heat((gain * level) / 255), 255], 4 * n));
    context.putImageData(picture, 0, 0);
  };
  const frame = slider("Frame", { min: 0, max: maps.length - 1, value: now, show: (n) => `frame ${data.numbers[n]}: ${fixed(data.mean[n], 5)} on average` }, (n) => {
    now = n;
    draw();
  });
  const magnified = slider("Magnification of the motion", { min: 1, max: 10, step: 0.5, value: 1, show: (n) => `${n}×; full at ${fixed(data.full / n, 4)}` }, (n) => {
    gain = n;
    draw();
  });
  stage.append(figure("Strain of the flow from the onset.", canvas), controls(frame.node, magnified.node, element("div", { class: "row" }, playButton("Play", frame.input, 8))));
  frame.tell();
  magnified.tell();
}

async function textureStage(stage, data) {
  const volume = await volumeOf(data);
  const [frames, height, width] = data.shape;
  const thick = Math.max(2, Math.round((1.2 * width) / frames / 2)); // of a frame in the planes over time, so that they can be seen
  let [t, y, x] = [data.start, Math.round(0.72 * height), Math.round(0.35 * width)];
  let [grid, plane, asCodes] = [data.grids[1], "XY", false];
  const canvases = {
    XY: element("canvas", { width, height, class: "pixels", style: `width: ${2.5 * width}px; cursor: crosshair`, tabindex: 0, role: "application", "aria-label": "The face; arrow keys move the cross, page keys the frame" }),
    XT: element("canvas", { width, height: frames, class: "pixels", style: `width: ${1.5 * width}px; height: ${thick * frames}px`, role: "img", "aria-label": "The row through the cross over time" }),
    YT: element("canvas", { width: height, height: frames, class: "pixels", style: `width: ${1.5 * height}px; height: ${thick * frames}px`, role: "img", "aria-label": "The column through the cross over time" }),
  };
  const voxel = { XY: (row, column) => [t, row, column], XT: (row, column) => [row, y, column], YT: (row, column) => [row, column, x] };
  const bits = element("div");
  const histograms = svg("svg", { class: "chart", role: "img", "aria-label": "Histograms of the three planes in the block of the cross" });
  const where = element("p", { class: "note", "aria-live": "polite" });

  const level = (place, name) => (asCodes ? (isCoded(volume, data.radii, place) ? codeOf(volume, data.offsets[name], place).code : 0) : volume.at(...place));
  const drawPlane = (name) => {
    const canvas = canvases[name];
    const context = canvas.getContext("2d");
    const picture = context.createImageData(canvas.width, canvas.height);
    for (let row = 0; row < canvas.height; row++)
      for (let column = 0; column < canvas.width; column++) {
        const grey = level(voxel[name](row, column), name);
        picture.data.set([grey, grey, grey, 255], 4 * (row * canvas.width + column));
      }
    context.putImageData(picture, 0, 0);
    const cross = { XY: [y, x], XT: [t, x], YT: [t, y] }[name];
    context.fillStyle = "rgba(255, 210, 63, 0.45)";
    context.fillRect(0, cross[0], canvas.width, 1);
    context.fillRect(cross[1], 0, 1, canvas.height);
  };
  const drawGrid = () => {
    const context = canvases.XY.getContext("2d");
    context.strokeStyle = "rgba(120, 200, 255, 0.5)";
    for (const [first, last] of grid.rows) context.strokeRect(grid.columns[0][0] - 0.5, first - 0.5, grid.columns[grid.columns.length - 1][1] - grid.columns[0][0], last - first);
    for (const [first, last] of grid.columns) context.strokeRect(first - 0.5, grid.rows[0][0] - 0.5, last - first, grid.rows[grid.rows.length - 1][1] - grid.rows[0][0]);
  };
  const drawBits = () => {
    if (!isCoded(volume, data.radii, [t, y, x])) return bits.replaceChildren(element("p", { class: "note" }, "At the border a pixel lacks neighbours and has no code."));
    const { centre, neighbours, code } = codeOf(volume, data.offsets[plane], [t, y, x]);
    const axes = { XY: [1, 2], XT: [0, 2], YT: [0, 1] }[plane];
    const table = element("table", { class: "bits" }, element("caption", {}, `${plane}: ${neighbours.map((one) => one.bit).reverse().join("")} = ${code}, bin ${data.labels[code] + 1} of ${data.bins}`));
    for (const down of [-1, 0, 1]) {
      const row = element("tr");
      for (const across of [-1, 0, 1]) {
        const n = neighbours.findIndex((one) => Math.sign(one.offset[axes[0]]) === down && Math.sign(one.offset[axes[1]]) === across);
        if (n < 0) row.append(element("td", { class: "centre" }, centre));
        else row.append(element("td", neighbours[n].bit ? { class: "set" } : {}, neighbours[n].value, element("small", {}, neighbours[n].bit ? `+ ${1 << n}` : "0")));
      }
      table.append(row);
    }
    bits.replaceChildren(table);
  };
  const drawHistograms = () => {
    const block = blockOf(grid, y, x);
    histograms.replaceChildren();
    histograms.setAttribute("viewBox", "0 0 640 190");
    where.textContent = `Frame ${data.numbers[t]}, x ${x}, y ${y}` + (block ? `; block ${block[0] + 1}, ${block[1] + 1} of ${grid.count} x ${grid.count}` : "; in no block");
    if (!block) return;
    const found = grid.histograms[block[0] * grid.count + block[1]];
    const most = Math.max(...found.flat());
    found.forEach((histogram, n) => {
      const left = 5 + n * 215;
      histograms.append(svg("text", { x: left, y: 12 }, `${Object.keys(data.offsets)[n]}, up to ${fixed(most, 2)}`));
      histogram.forEach((value, bin) => {
        const tall = (150 * value) / most;
        histograms.append(svg("rect", { x: left + bin * 3.4, y: 175 - tall, width: 2.8, height: tall, class: "macro" }, svg("title", {}, `bin ${bin + 1}: ${fixed(value, 4)}`)));
      });
      histograms.append(svg("line", { x1: left, x2: left + 203, y1: 175, y2: 175, class: "axis" }));
    });
  };
  const draw = () => {
    Object.keys(canvases).forEach(drawPlane);
    drawGrid();
    drawBits();
    drawHistograms();
  };
  const move = (dt, dy, dx) => {
    const within = (value, size) => Math.min(Math.max(value, 0), size - 1);
    [t, y, x] = [within(t + dt, frames), within(y + dy, height), within(x + dx, width)];
    frame.input.value = t;
    frame.tell();
  };
  canvases.XY.addEventListener("click", (event) => {
    const box = canvases.XY.getBoundingClientRect();
    x = Math.min(width - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * width)));
    y = Math.min(height - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * height)));
    draw();
  });
  canvases.XY.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], PageUp: [-1, 0, 0], PageDown: [1, 0, 0] }[event.key];
    if (!way) return;
    event.preventDefault();
    move(...way);
  });
  const frame = slider("Frame", { min: 0, max: frames - 1, value: t, show: (n) => `frame ${data.numbers[n]}` }, (n) => {
    t = n;
    draw();
  });
  const choose = (label, options, chosen) => {
    const select = element("select", {}, ...options.map(([value, text, selected]) => element("option", { value, ...(selected ? { selected: "" } : {}) }, text)));
    select.addEventListener("change", () => {
      chosen(select.value);
      draw();
    });
    return element("label", {}, element("span", {}, label), select);
  };
  const grids = choose("Blocks", data.grids.map((one, n) => [n, `${one.count} x ${one.count}`, one === grid]), (n) => (grid = data.grids[Number(n)]));
  const planes = choose("Code on the plane", Object.keys(canvases).map((name) => [name, name, name === plane]), (name) => (plane = name));
  const codes = toggle("Show codes", false, (down) => {
    asCodes = down;
    draw();
  });
  stage.append(
    figure("XY: one frame.", canvases.XY),
    element("div", {}, figure("XT: the row of the cross, time downwards.", canvases.XT), figure("YT: the column of the cross, time downwards.", canvases.YT)),
    controls(frame.node, grids, planes, element("div", { class: "row" }, codes), where, bits),
    element("figure", { class: "wide" }, histograms, element("figcaption", {}, "Share of each of the 59 bins in the block, plane by plane.")),
  );
  frame.tell();
}

function mdmoStage(stage, data) {
  const picture = layered(data.size, data.size, data.size * 3, "The 36 regions and their main directions");
  picture.show(data.face);
  data.polygons.forEach((polygon, n) => {
    const [cx, cy] = [0, 1].map((axis) => polygon.reduce((sum, point) => sum + point[axis], 0) / polygon.length);
    const [length, angle] = [data.lengths[n] * data.reach, data.directions[n]];
    const told = `Region ${n + 1}: length ${fixed(data.lengths[n])}, ${Math.round((angle * 180) / Math.PI)} degrees`;
    picture.layer.append(
      svg("polygon", { points: polygon.map((point) => point.join(",")).join(" "), fill: "transparent", stroke: "#7fd0ff", "stroke-width": 0.4 }, svg("title", {}, told)),
      svg("path", { d: arrowPath(cx, cy, length * Math.cos(angle), length * Math.sin(angle)), stroke: "#ffd23f", "stroke-width": 0.9, fill: "none", "pointer-events": "none" }),
    );
  });
  const rows = data.lengths.map((length, n) => element("tr", {}, element("th", { class: "stub", scope: "row" }, n + 1), element("td", {}, fixed(length)), element("td", {}, `${Math.round((data.directions[n] * 180) / Math.PI)}°`)));
  const head = element("tr", {}, ...["region", "length", "direction"].map((name) => element("th", { scope: "col" }, name)));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
  stage.append(figure("Hold the pointer over a region to read it.", picture.root), controls(element("details", {}, element("summary", {}, "All 36 as a table"), element("div", { class: "scroll" }, table))));
}

const WIDE = Math.min(1000, Math.max(320, document.getElementById("main").clientWidth)); // units of a chart

/** Return the path of a curve over x 0..WIDE: of many values the lowest and highest in each unit. */
function curvePath(values, place, count = values.length) {
  const parts = [];
  let open = false;
  const size = Math.max(1, count / WIDE);
  for (let from = 0; from < values.length; from += size) {
    const piece = values.slice(Math.floor(from), Math.max(Math.floor(from) + 1, Math.floor(from + size))).filter((value) => value !== null);
    if (!piece.length) {
      open = false;
      continue;
    }
    const x = (((Math.floor(from) + 0.5) / count) * WIDE).toFixed(1);
    const [low, high] = [Math.min(...piece), Math.max(...piece)];
    parts.push(`${open ? "L" : "M"}${x} ${place(high).toFixed(1)}` + (low === high ? "" : `L${x} ${place(low).toFixed(1)}`));
    open = true;
  }
  return parts.join("");
}

function timeStage(stage, data) {
  const names = Object.keys(data.curves);
  const [tall, gap] = [64, 10];
  const count = data.numbers.length;
  const at = (number) => (WIDE * (number - data.numbers[0])) / Math.max(1, data.numbers[count - 1] - data.numbers[0] + 1);
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${WIDE} ${names.length * (tall + gap) + 20}`, role: "img", "aria-label": "How groups of parts move over time" });
  const height = names.length * (tall + gap);
  const band = ([first, last], kind) => chart.append(svg("rect", { x: at(first), width: Math.max(1, at(last + 1) - at(first)), y: 0, height, class: kind }));
  data.blinks.forEach((span) => band(span, "blink"));
  band(data.span, "span");
  chart.append(svg("line", { x1: at(data.apex), x2: at(data.apex), y1: 0, y2: height, class: "threshold" }));
  names.forEach((name, n) => {
    const known = data.curves[name].filter((value) => value !== null);
    const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
    const top = n * (tall + gap) + gap;
    const place = (value) => top + tall - ((value - low) / Math.max(high - low, 0.02)) * (tall - 14);
    chart.append(svg("path", { d: curvePath(data.curves[name], place), class: "curve" }), svg("text", { x: 4, y: top + 8 }, `${name}: ${fixed(100 * low, 1)} to ${fixed(100 * high, 1)} %`));
  });
  const cursor = svg("line", { y1: 0, y2: height, class: "cursor" });
  chart.append(cursor, svg("text", { x: 4, y: height + 15 }, `frame ${data.numbers[0]}`), svg("text", { x: WIDE - 4, y: height + 15, "text-anchor": "end" }, `frame ${data.numbers[count - 1]}`));
  const values = element("p", { class: "note" });
  const start = Math.max(0, data.numbers.findIndex((number) => number >= data.apex));
  const frame = slider("Frame", { min: 0, max: count - 1, value: start, show: (n) => `frame ${data.numbers[n]}, ${fixed((data.numbers[n] - data.numbers[0]) / data.fps, 2)} s` }, (n) => {
    const x = (WIDE * (n + 0.5)) / count;
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    values.textContent = names.map((name) => `${name} ${data.curves[name][n] === null ? "-" : fixed(100 * data.curves[name][n], 1) + " %"}`).join("; ");
  });
  chart.addEventListener("pointermove", (event) => {
    const box = chart.getBoundingClientRect();
    frame.input.value = Math.floor(((event.clientX - box.left) / box.width) * count);
    frame.tell();
  });
  stage.append(element("figure", { class: "wide" }, chart, element("figcaption", {}, "Per cent of the distance between the eyes.")), controls(frame.node, values));
  frame.tell();
}

/** Return a function that draws curve, threshold, truth and found intervals into a chart, and the chart. */
function spottingChart(data, label) {
  const [top, tall] = [50, 170];
  const lanes = { macro: 0, micro: 9 }; // intervals of one kind may overlap those of the other
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${WIDE} ${top + tall + 20}`, role: "img", "aria-label": label });
  const left = 42; // room for the names of the lanes
  const at = (frame) => left + ((WIDE - left) * (frame - 1)) / data.frames;
  const number = (frame) => (data.numbers ? data.numbers[frame - 1] : data.first + frame - 1);
  const bar = (one, y, kind, told) => svg("rect", { x: at(one.onset), width: Math.max(2, at(one.offset + 1) - at(one.onset)), y: y + lanes[one.kind], height: 7, class: kind }, svg("title", {}, told));
  const span = (one) => `frames ${number(one.onset)} to ${number(one.offset)}, ${one.kind}`;
  const draw = (values, threshold, found, hits, most) => {
    const high = Math.max(most, threshold) * 1.05 || 1;
    const place = (value) => top + tall - (value / high) * tall;
    chart.replaceChildren();
    const truth = truthOf(data);
    if (truth) {
      chart.append(svg("text", { x: 2, y: 11 }, "truth"));
      truth.forEach((one) => chart.append(bar(one, 4, one.kind, `truth: ${span(one)}${one.emotion ? ", " + one.emotion : ""}`)));
    }
    chart.append(svg("text", { x: 2, y: 36 }, "found"));
    found.forEach((one) => chart.append(bar(one, 29, one.kind + (hits.has(one) ? " hit" : ""), `${span(one)}, ${fixed(one.score, 2)}${hits.has(one) ? ", a hit" : ""}`)));
    chart.append(
      svg("path", { d: curvePath(values, place), class: "curve", transform: `translate(${left} 0) scale(${(WIDE - left) / WIDE} 1)` }),
      svg("line", { x1: left, x2: WIDE, y1: place(threshold), y2: place(threshold), class: "threshold" }),
      svg("line", { x1: left, x2: WIDE, y1: top + tall, y2: top + tall, class: "axis" }),
      svg("text", { x: left, y: top + tall + 15 }, `frame ${number(1)}`),
      svg("text", { x: WIDE - 2, y: top + tall + 15, "text-anchor": "end" }, `frame ${number(data.frames)}`),
      svg("text", { x: WIDE - 2, y: Math.max(top + 8, place(threshold) - 4), "text-anchor": "end" }, `threshold ${fixed(threshold, 4)}`),
    );
  };
  return { chart, draw, number };
}

/** Return the true events of the video as intervals, null where they are not known. */
function truthOf(data) {
  return data.truth && data.truth.map(([onset, offset, kind, emotion]) => ({ onset, offset, kind, emotion }));
}

/** Build a chart with a threshold slider; `spot(value)` gives {values, threshold, found, most}. */
function thresholdStage(stage, data, name, range, label, spot, before = []) {
  const { chart, draw, number } = spottingChart(data, `Curve, threshold and intervals of ${name}`);
  const table = element("table", { class: "scores" });
  const list = element("p", { class: "note intervals" });
  let iou = data.iou;
  const again = (value) => {
    const { values, threshold, found, most } = spot(value);
    const truth = truthOf(data);
    const { scores, hits } = scoresOf(truth || [], found, iou);
    draw(values, threshold, found, truth ? hits : new Set(), most);
    list.textContent = `${found.length} interval${found.length === 1 ? "" : "s"}` + (found.length ? ": " + found.slice(0, 30).map((one) => `${number(one.onset)}-${number(one.offset)} ${one.kind}`).join(", ") : "") + (found.length > 30 ? ", ..." : "");
    if (truth) table.replaceChildren(...scoreRows(scores));
  };
  const threshold = slider(label, range, again);
  const overlap = slider("IoU of a hit", { min: 0.05, max: 0.95, step: 0.05, value: iou, show: (value) => fixed(value, 2) }, (value) => {
    iou = value;
    threshold.tell();
  });
  const parts = data.truth ? [threshold.node, overlap.node] : [threshold.node];
  const key = element("p", { class: "key" });
  for (const [text, colour] of [["micro", "var(--micro)"], ["macro", "var(--macro)"], ["threshold", "var(--mark)"], ...(data.truth ? [["outlined: a hit", "var(--good)"]] : [])]) key.append(element("span", { style: `--swatch: ${colour}` }, text));
  stage.append(element("figure", { class: "wide" }, chart, element("figcaption", {}, key)), controls(...before.map((make) => make(threshold.tell)), ...parts), element("div", { class: "scroll" }, table, list));
  overlap.tell();
}

function scoreRows(scores) {
  const names = ["tp", "fp", "fn", "precision", "recall", "f1"];
  const words = ["", "TP", "FP", "FN", "precision", "recall", "F1"];
  const rows = Object.entries(scores).map(([kind, one]) =>
    element("tr", { "data-kind": kind }, element("th", { class: "stub", scope: "row" }, kind), ...names.map((name, n) => element("td", { "data-figure": name }, n < 3 ? one[name] : fixed(one[name])))),
  );
  return [element("thead", {}, element("tr", {}, ...words.map((word) => element("th", { scope: "col" }, word)))), element("tbody", {}, ...rows)];
}

function spottingStage(stage, data) {
  const { curves, p } = data.classic;
  let shown = 0;
  const spot = (value) => {
    const found = curves.flatMap((curve) => intervalsOf(curve, thresholdOf(curve, value), data.fps, data.micro));
    found.sort((a, b) => a.onset - b.onset);
    return { values: curves[shown].values, threshold: thresholdOf(curves[shown], value), found, most: curves[shown].most };
  };
  const choice = (tell) => {
    const select = element("select", {}, ...curves.map((curve, n) => element("option", { value: n }, curve.name)));
    select.addEventListener("change", () => {
      shown = Number(select.value);
      tell();
    });
    return element("label", {}, element("span", {}, "Curve"), select);
  };
  thresholdStage(stage, data, data.classic.name, { min: 0, max: 1, step: 0.01, value: p, show: (value) => fixed(value, 2) }, "p", spot, [choice]);
}

function likelyStage(stage, data) {
  const { movements, course, threshold, overlap, least } = data.ours;
  const spot = (value) => ({ values: course, threshold: value, found: likelyOf(movements, value, overlap), most: 1 });
  thresholdStage(stage, data, data.ours.name, { min: least, max: 1, step: 0.01, value: threshold, show: (value) => fixed(value, 2) }, "Probability", spot);
}

function recognitionStage(stage, data) {
  const size = PAGE.flow.size;
  const [tall, wide] = [size / data.rows, size / data.columns];
  const map = (values, caption, colour) => {
    const picture = layered(size, size, size * 1.4, caption);
    picture.show(data.face);
    values.forEach((value, n) => {
      const place = { x: (n % data.columns) * wide, y: Math.floor(n / data.columns) * tall, width: wide, height: tall };
      picture.layer.append(svg("rect", { ...place, fill: colour(value), "fill-opacity": 0.7, stroke: "white", "stroke-width": 0.2 }, svg("title", {}, fixed(value, 4))));
    });
    return figure(caption, picture.root);
  };
  for (const [name, told] of Object.entries(data.recipes)) {
    const most = Math.max(...told.blocks.map(Math.abs), 1e-9);
    const colour = (value) => (value >= 0 ? `rgba(0, 190, 90, ${value / most})` : `rgba(230, 40, 70, ${-value / most})`);
    stage.append(map(told.blocks, `${name}: green speaks for ${told.best}, red against it; up to ${fixed(most)}.`, colour));
  }
  const strongest = Math.max(...data.own, ...Object.values(data.means).flat());
  const colour = (value) => `rgb(${heat(value / strongest).join(", ")})`;
  stage.append(map(data.own, "This clip.", colour));
  for (const [name, values] of Object.entries(data.means)) stage.append(map(values, `Mean of ${name}.`, colour));
}

(function build() {
  const stages = { video: videoStage, alignment: alignmentStage, flow: flowStage, strain: strainStage, texture: textureStage, mdmo: mdmoStage, time: timeStage, spotting: spottingStage, recognition: recognitionStage };
  const made = Object.entries(stages).map(([key, make]) => make(document.getElementById(`${key}-stage`), PAGE[key]));
  likelyStage(document.getElementById("likely-stage"), PAGE.spotting);
  Promise.all(made).then(() => (document.documentElement.dataset.ready = "true"));
})();
