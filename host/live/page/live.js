// SPDX-License-Identifier: Apache-2.0
// live.js: the page of dslt live. It asks for /frame again and again, which answers when something is new, and sends
// messages to /command.
"use strict";

const $ = id => document.getElementById(id);
// As in host/live/record.c.
const COLORS = ["#ff8c00", "#28a0ff", "#3cdc50", "#dc50dc", "#f0e63c", "#3cc8c8", "#fa6e8c", "#c8c8c8"];
const color = number => COLORS[(number - 1) % COLORS.length];
const KEPT = 512;  // points of the curves

let state = null;      // what /frame said last
let bitmap = null;     // the picture it belongs to
let maps = null;       // bytes of the response maps
let points = [];       // [frame, ms, [[number, peak, lost, loss], ...]]
let stages = {};       // smoothed milliseconds
let draft = null;      // a box being drawn: {x, y, width, height}
let redraw = 0;        // target that the next box replaces
let optionsAt = "";    // for what the table of options was read
let over = false;      // the program has ended

// ---- talking ----------------------------------------------------------------------------------------

let toastTimer = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 7000);
}

// Send a message; true when it was done.
async function command(message) {
  try {
    const answer = await fetch("command", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(message)});
    if (answer.ok) return true;
    toast((await answer.text()).trim());
  } catch {
    toast("dslt live does not answer.");
  }
  return false;
}

const sleep = ms => new Promise(done => setTimeout(done, ms));
const visible = () => document.hidden ? new Promise(done => document.addEventListener("visibilitychange", done, {once: true})) : null;

async function follow() {
  while (!over) {
    await visible();
    try {
      const answer = await fetch(`frame?after=${state ? state.version : 0}&picture=${bitmap ? state.number : 0}`);
      if (answer.status === 410) { end(); return; }
      if (!answer.ok) throw new Error((await answer.text()).trim());
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (bytes.length) await take(bytes);
    } catch (error) {
      if (over) return;
      pill("no connection", "trouble");
      await sleep(1000);
    }
  }
}

async function take(bytes) {
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const next = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  if (next.picture) {
    const from = 4 + length, to = from + next.picture.bytes;
    const fresh = await createImageBitmap(new Blob([bytes.subarray(from, to)], {type: next.picture.type}));
    if (bitmap) bitmap.close();
    bitmap = fresh;
    maps = bytes.subarray(to, to + next.picture.map_bytes);
  }
  const before = state;
  state = next;
  if (before && next.frame < before.frame) points = [];
  points = points.concat(next.points).slice(-KEPT);
  if (before && next.notes > before.notes && next.note) toast(next.note);
  showAll();
}

function end() {
  over = true;
  pill("ended", "trouble");
  hint("dslt live has ended. This page can be closed.");
  document.querySelectorAll("button, input, select").forEach(e => { e.disabled = true; });
  document.body.classList.remove("playing");
}

// ---- words ------------------------------------------------------------------------------------------

function pill(text, kind) {
  const e = $("pill");
  if (e.textContent !== text) e.textContent = text;
  e.className = "pill " + (kind || "");
}

function hint(text) {
  $("hint").hidden = !text;
  if ($("hint").textContent !== text) $("hint").textContent = text;
}

const fixed = (value, digits) => value === null || value === undefined ? "–" : value.toFixed(digits);
function ms(value) { return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2); }

function showWords() {
  const f = state.facts, playing = !state.paused && !state.ended;
  document.body.classList.toggle("playing", playing);
  $("input").textContent = f.input;
  $("input").title = f.input;
  $("facts").textContent = `preset ${f.preset} · ${f.backend} ${f.precision}`;
  document.title = `${f.input} · dslt live`;
  if (state.ended) pill("end of the video"); else if (playing) pill("playing", "playing"); else pill("paused");
  $("play-word").textContent = playing ? "Pause" : "Play";
  $("play").disabled = $("step").disabled = state.ended;
  $("restart").disabled = !f.can_restart;
  $("record").disabled = !f.can_record;
  $("record").title = f.can_record ? "Add frames to the video that --overlay names (R)" : "Start dslt live with --overlay FILE.mp4 to record";
  $("record").setAttribute("aria-pressed", state.recording);
  $("record-word").textContent = state.recorded ? `${state.recorded}` : "Record";
  $("pace").checked = state.paced;
  $("pace").parentElement.hidden = f.live;
  $("clear").disabled = !state.targets.length;
  const parts = [f.frames >= 0 ? `frame ${state.frame + 1} of ${f.frames}` : `frame ${state.frame + 1}`];
  if (state.time !== null) parts.push(`${state.time.toFixed(2)} s`);
  parts.push(`${state.width} × ${state.height}`);
  if (state.fps > 0) parts.push(`${state.fps.toFixed(state.fps < 10 ? 1 : 0)} frames/s`);
  if (state.dropped) parts.push(`${state.dropped} dropped`);
  if (state.latency_ms !== null) parts.push(`latency ${ms(state.latency_ms)} ms`);
  $("figures").textContent = parts.join(" · ");
  $("track").hidden = f.frames < 0;
  if (f.frames > 0) $("done").style.width = `${100 * (state.frame + 1) / f.frames}%`;
  $("rows").textContent = state.rows ? `${state.rows} box${state.rows > 1 ? "es" : ""} so far` : "No boxes yet";
}

function showHint() {
  if (redraw) hint(`Draw target ${redraw} anew; Esc: no`);
  else if (draft && draft.keys) hint("Arrows move, Shift and arrows change the size, Enter takes it, Esc drops it");
  else if (state.ended) hint(state.facts.can_restart ? "The end. Restart plays it again." : "The end.");
  else if (!state.targets.length) hint("Draw a box around what to follow");
  else if (state.paused && state.frame === 0) hint("Play, or draw another box");
  else hint("");
}

// ---- targets ----------------------------------------------------------------------------------------

function button(text, title, action) {
  const e = document.createElement("button");
  e.type = "button";
  e.className = "small";
  e.textContent = text;
  e.title = title;
  e.addEventListener("click", action);
  return e;
}

function makeTarget(number) {
  const li = document.createElement("li");
  li.dataset.number = number;
  const chip = document.createElement("span");
  chip.className = "chip";
  chip.textContent = number;
  chip.style.background = color(number);
  const what = document.createElement("span");
  what.className = "what";
  what.append(document.createElement("b"), document.createElement("small"));
  li.append(chip, what, button("Redraw", `Draw target ${number} anew`, () => startRedraw(number)),
            button("Remove", `Follow target ${number} no further`, () => command({do: "remove", target: number})));
  return li;
}

function showTargets() {
  const list = $("targets"), there = new Map([...list.children].map(li => [Number(li.dataset.number), li]));
  const sorted = [...state.targets].sort((a, b) => a.number - b.number);
  for (const t of sorted) {
    const li = there.get(t.number) || list.appendChild(makeTarget(t.number));
    there.delete(t.number);
    const word = li.querySelector("b"), more = li.querySelector("small");
    word.textContent = t.lost ? "lost" : t.found ? "found again" : `peak ${fixed(t.peak, 2)}`;
    word.className = t.lost ? "lost" : "";
    more.textContent = t.box.map(v => Math.round(v)).join(", ");
    li.classList.toggle("redraw", t.number === redraw);
  }
  for (const li of there.values()) li.remove();
  if (redraw && !state.targets.some(t => t.number === redraw)) redraw = 0;
}

function startRedraw(number) {
  redraw = redraw === number ? 0 : number;
  $("view").focus();
  showAll();
}

// ---- the video --------------------------------------------------------------------------------------

// Dark violet to pale yellow, as dslt draws response maps.
const HEAT = [[32, 12, 74], [101, 21, 110], [187, 55, 84], [249, 142, 9], [252, 255, 164]];
const palette = new Uint8ClampedArray(256 * 4);
for (let i = 0; i < 256; i++) {
  const at = i / 255 * (HEAT.length - 1), low = Math.min(Math.floor(at), HEAT.length - 2), part = at - low;
  for (let c = 0; c < 3; c++) palette[4 * i + c] = HEAT[low][c] + part * (HEAT[low + 1][c] - HEAT[low][c]);
  palette[4 * i + 3] = 255 * Math.min(1, 0.08 + 1.5 * i / 255);
}

const heat = document.createElement("canvas");
function drawMap(g, map, opacity, unit) {
  const cells = maps.subarray(map.at, map.at + map.width * map.height);
  if (cells.length < map.width * map.height) return;
  heat.width = map.width;
  heat.height = map.height;
  const small = heat.getContext("2d"), image = small.createImageData(map.width, map.height);
  for (let i = 0; i < cells.length; i++) image.data.set(palette.subarray(4 * cells[i], 4 * cells[i] + 4), 4 * i);
  small.putImageData(image, 0, 0);
  g.globalAlpha = opacity;
  g.drawImage(heat, ...map.window);
  g.strokeStyle = "rgba(255,255,255,.45)";
  g.lineWidth = unit;
  g.strokeRect(...map.window);
  g.globalAlpha = 1;
}

function drawLabel(g, text, x, y, fill, unit) {
  g.font = `600 ${13 * unit}px system-ui, sans-serif`;
  const width = g.measureText(text).width + 10 * unit, height = 19 * unit;
  const left = Math.max(0, Math.min(x, g.canvas.width / g.getTransform().a - width)), top = y - height < 0 ? y : y - height;
  g.fillStyle = fill;
  g.fillRect(left, top, width, height);
  g.fillStyle = "#10161d";
  g.textBaseline = "middle";
  g.fillText(text, left + 5 * unit, top + height / 2 + unit);
}

function drawTarget(g, t, unit) {
  const [x, y, w, h] = t.box;
  g.strokeStyle = "rgba(0,0,0,.55)";
  g.lineWidth = 4 * unit;
  g.setLineDash([]);
  g.strokeRect(x, y, w, h);
  g.strokeStyle = color(t.number);
  g.lineWidth = 2 * unit;
  g.setLineDash(t.lost ? [6 * unit, 5 * unit] : []);
  g.strokeRect(x, y, w, h);
  g.setLineDash([]);
  drawLabel(g, t.lost ? `${t.number} lost` : `${t.number}`, x - unit, y, color(t.number), unit);
}

function drawView() {
  if (!bitmap || !state.width) return;
  const view = $("view"), ratio = window.devicePixelRatio || 1;
  const shown = Math.min(view.clientWidth || state.width, 1600);
  const width = Math.round(Math.min(Math.max(shown * ratio, 320), 2400)), height = Math.max(1, Math.round(width * state.height / state.width));
  if (view.width !== width || view.height !== height) { view.width = width; view.height = height; }
  const g = view.getContext("2d"), scale = width / state.width;
  const unit = state.width / (shown || 1);  // a CSS pixel, in pixels of the frame
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.drawImage(bitmap, 0, 0, state.width, state.height);
  const opacity = $("heat").value / 100;
  for (const t of state.targets) if (t.map && maps && opacity > 0) drawMap(g, t.map, opacity, unit);
  for (const t of state.targets) drawTarget(g, t, unit);
  if (draft) {
    g.strokeStyle = "#fff";
    g.lineWidth = 2 * unit;
    g.setLineDash([5 * unit, 4 * unit]);
    g.fillStyle = "rgba(255,255,255,.14)";
    g.fillRect(draft.x, draft.y, draft.width, draft.height);
    g.strokeRect(draft.x, draft.y, draft.width, draft.height);
    g.setLineDash([]);
    drawLabel(g, `${Math.round(draft.width)} × ${Math.round(draft.height)}`, draft.x, draft.y, "#fff", unit);
  }
}

// ---- drawing a box ----------------------------------------------------------------------------------

let drag = null;      // {x, y, playing, paused}: where it began, whether the video ran, the answer to "pause"

// The place of a pointer in the frame; the canvas may have bars beside the picture (object-fit).
function place(event) {
  const view = $("view"), r = view.getBoundingClientRect(), scale = Math.min(r.width / state.width, r.height / state.height);
  const x = (event.clientX - r.left - (r.width - state.width * scale) / 2) / scale;
  const y = (event.clientY - r.top - (r.height - state.height * scale) / 2) / scale;
  return {x: Math.max(0, Math.min(state.width, x)), y: Math.max(0, Math.min(state.height, y))};
}

// The picture stands still meanwhile, so that the box belongs to what is seen.
function hold() {
  const playing = !state.paused && !state.ended;
  return {playing, paused: playing ? command({do: "pause"}) : Promise.resolve(true)};
}

async function sendBox(box, held) {
  const message = {do: "box", box: [box.x, box.y, box.width, box.height].map(v => Math.round(v * 100) / 100)};
  if (redraw) message.target = redraw;
  redraw = 0;
  if (await held.paused) await command(message);
  if (held.playing) await command({do: "play"});
}

function release(held) { if (held.playing) held.paused.then(() => command({do: "play"})); }

function initDrawing() {
  const view = $("view");
  view.addEventListener("pointerdown", event => {
    if (!state || !bitmap || over || event.button !== 0 || drag) return;
    event.preventDefault();
    view.focus({preventScroll: true});
    view.setPointerCapture(event.pointerId);
    const at = place(event);
    drag = {...at, id: event.pointerId, ...(draft && draft.held ? draft.held : hold())};
    draft = {...at, width: 0, height: 0};
  });
  view.addEventListener("pointermove", event => {
    if (!drag || event.pointerId !== drag.id) return;
    const at = place(event);
    draft = {x: Math.min(at.x, drag.x), y: Math.min(at.y, drag.y), width: Math.abs(at.x - drag.x), height: Math.abs(at.y - drag.y)};
    drawView();
  });
  const finish = event => {
    if (!drag || event.pointerId !== drag.id) return;
    const box = draft, held = drag;
    drag = draft = null;
    if (event.type === "pointerup" && box && box.width >= 3 && box.height >= 3) sendBox(box, held); else release(held);
    showAll();
  };
  view.addEventListener("pointerup", finish);
  view.addEventListener("pointercancel", finish);
}

function startKeys() {
  if (!state || !state.width || over) return;
  const size = Math.min(state.width, state.height) / 4;
  const old = state.targets.find(t => t.number === redraw);
  const box = old ? old.box : [(state.width - size) / 2, (state.height - size) / 2, size, size];
  draft = {x: box[0], y: box[1], width: box[2], height: box[3], keys: true, held: hold()};
  $("view").focus();
  showAll();
}

// 1 where the key was for the box.
function keyOfBox(event) {
  const step = (event.ctrlKey ? 1 : 8), moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const move = moves[event.key];
  if (move && event.shiftKey) {
    draft.width = Math.max(4, Math.min(draft.width + step * move[0], state.width - draft.x));
    draft.height = Math.max(4, Math.min(draft.height + step * move[1], state.height - draft.y));
  } else if (move) {
    draft.x = Math.max(0, Math.min(draft.x + step * move[0], state.width - draft.width));
    draft.y = Math.max(0, Math.min(draft.y + step * move[1], state.height - draft.height));
  } else if (event.key === "Enter") {
    const box = draft;
    draft = null;
    sendBox(box, box.held);
  } else {
    return false;
  }
  showAll();
  return true;
}

// ---- curves -----------------------------------------------------------------------------------------

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function prepareChart(canvas) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return {g, width, height, left: 34, bottom: 16};
}

function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(f => f * power).find(v => v >= value * 0.999);
}

function drawAxes(c, most) {
  const {g, width, height, left, bottom} = c;
  g.font = "11px system-ui, sans-serif";
  g.fillStyle = css("--quiet");
  g.strokeStyle = css("--line");
  g.lineWidth = 1;
  g.textAlign = "right";
  g.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    const y = Math.round(4 + (1 - share) * (height - bottom - 4)) + 0.5;
    g.beginPath();
    g.moveTo(left, y);
    g.lineTo(width, y);
    g.stroke();
    if (points.length) g.fillText(String(+(most * share).toPrecision(2)), left - 6, Math.min(Math.max(y, 6), height - bottom));
  }
}

// First and last frame below the curve, which begins at `from`.
function drawFrames(c, from) {
  if (points.length < 2) return;
  const {g, width, height} = c;
  g.fillStyle = css("--quiet");
  g.textBaseline = "bottom";
  g.textAlign = "left";
  g.fillText(`frame ${points[0][0] + 1}`, Math.min(from, width - 110), height);
  g.textAlign = "right";
  g.fillText(String(points[points.length - 1][0] + 1), width, height);
}

// `which`: member of a target's point, 1 the peak, 3 the loss.
function drawChart(canvas, which, least) {
  const c = prepareChart(canvas);
  if (!c.width) return;
  let most = least;
  for (const p of points) for (const t of p[2]) if (t[which] > most) most = t[which];
  most = most > least ? roundUp(most) : least;
  drawAxes(c, most);
  const span = Math.max(points.length - 1, 60), right = c.width - c.left;
  const x = i => c.left + right * (i + span - (points.length - 1)) / span, y = v => 4 + (1 - v / most) * (c.height - c.bottom - 4);
  drawFrames(c, x(0));
  if (which === 1) {
    c.g.fillStyle = css("--lost");
    points.forEach((p, i) => { if (p[2].some(t => t[2])) c.g.fillRect(x(i) - right / span / 2, 4, right / span + 0.5, c.height - c.bottom - 4); });
  }
  c.g.save();
  c.g.beginPath();
  c.g.rect(c.left, 0, right, c.height);
  c.g.clip();
  c.g.lineWidth = 1.8;
  c.g.lineJoin = "round";
  for (const number of new Set(points.flatMap(p => p[2].map(t => t[0])))) {
    c.g.strokeStyle = color(number);
    c.g.beginPath();
    let pen = false;
    points.forEach((p, i) => {
      const t = p[2].find(one => one[0] === number), value = t ? t[which] : null;
      if (value === null || value === undefined || (which === 3 && value <= 0)) { pen = pen && which === 3 && t; return; }
      if (pen) c.g.lineTo(x(i), y(value)); else c.g.moveTo(x(i), y(value));
      pen = true;
    });
    c.g.stroke();
  }
  c.g.restore();
}

function showCurves() {
  drawChart($("peak"), 1, 1);
  drawChart($("loss"), 3, 1e-6);
  const one = state.targets.length === 1 ? state.targets[0] : null;
  $("peak-now").textContent = one ? fixed(one.peak, 2) : "";
  $("loss-now").textContent = one && one.loss > 0 ? String(+one.loss.toPrecision(3)) : "";
}

function showStages() {
  const body = $("stages");
  if (!body.children.length) {
    for (const [name] of state.stages) {
      const tr = body.insertRow(), th = document.createElement("th"), meter = document.createElement("div");
      th.scope = "row";
      th.textContent = name;
      meter.className = "meter";
      meter.append(document.createElement("div"));
      tr.append(th);
      tr.insertCell().append(meter);
      tr.insertCell();
    }
  }
  const fresh = state.points.length > 0;
  state.stages.forEach(([name, value]) => { if (fresh) stages[name] = stages[name] === undefined ? value : 0.85 * stages[name] + 0.15 * value; });
  if (fresh) stages.all = stages.all === undefined ? state.track_ms : 0.85 * stages.all + 0.15 * state.track_ms;
  const most = Math.max(0.01, ...state.stages.map(([name]) => stages[name] || 0));
  state.stages.forEach(([name], i) => {
    const value = stages[name] || 0, row = body.rows[i];
    row.querySelector(".meter div").style.width = `${100 * value / most}%`;
    row.cells[2].textContent = stages[name] === undefined ? "–" : `${ms(value)} ms`;
  });
  $("total").textContent = stages.all ? `${ms(stages.all)} ms` : "";
}

// ---- options ----------------------------------------------------------------------------------------

function makeControl(option) {
  const choices = option.values.includes("|") && !option.values.includes("..") ? option.values.split("|") : null;
  const e = document.createElement(choices ? "select" : "input");
  if (choices) for (const choice of choices) e.add(new Option(choice, choice));
  else { e.type = "text"; e.inputMode = "decimal"; e.autocomplete = "off"; e.spellcheck = false; }
  e.id = `option-${option.key}`;
  e.value = e.dataset.value = option.value;
  e.addEventListener("change", async () => {
    if (e.value === e.dataset.value) return;
    const done = await command({do: "set", key: option.key, value: e.value});
    if (done) e.dataset.value = e.value; else e.value = e.dataset.value;
    e.closest(".option").classList.toggle("changed", e.dataset.value !== option.value);
  });
  return e;
}

function makeOption(option) {
  const row = document.createElement("div"), label = document.createElement("label"), help = document.createElement("p"), values = document.createElement("code");
  row.className = "option";
  label.textContent = option.key;
  label.htmlFor = `option-${option.key}`;
  help.id = `help-${option.key}`;
  help.textContent = option.help + (option.symbol ? ` [${option.symbol}]` : "") + " · ";
  values.textContent = option.values;
  help.append(values);
  const control = makeControl(option);
  control.setAttribute("aria-describedby", help.id);
  row.append(label, control, help);
  row.dataset.text = `${option.key} ${option.help}`.toLowerCase();
  return row;
}

async function showOptions() {
  const wanted = state.facts.tracker + state.facts.preset;
  if (optionsAt === wanted) return;
  optionsAt = wanted;
  try {
    const table = await (await fetch("options")).json();
    $("preset").textContent = `preset ${table.preset}`;
    $("options").replaceChildren(...table.options.map(makeOption));
  } catch {
    optionsAt = "";
  }
}

// ---- all --------------------------------------------------------------------------------------------

function showAll() {
  if (!state || over) return;
  showWords();
  showTargets();
  showHint();
  drawView();
  showCurves();
  showStages();
  showOptions();
}

function togglePlay() { command({do: state.paused ? "play" : "pause"}); }

function cancel() {
  if (drag) return;
  if (draft && draft.held) release(draft.held);
  draft = null;
  redraw = 0;
  showAll();
}

function onKey(event) {
  if (!state || over || event.altKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const onButton = /^(BUTTON|A|SUMMARY)$/.test(event.target.tagName);
  let used = true;
  if (draft && draft.keys && !onButton && keyOfBox(event)) used = true;
  else if (event.key === "Escape") cancel();
  else if (event.ctrlKey) used = false;
  else if (event.key === " " && !onButton) togglePlay();
  else if (event.key === ".") command({do: "step"});
  else if (event.key === "b" || event.key === "B") startKeys();
  else if ((event.key === "r" || event.key === "R") && state.facts.can_record) $("record").click();
  else if (/^[1-9]$/.test(event.key) && state.targets.some(t => t.number === Number(event.key))) startRedraw(Number(event.key));
  else used = false;
  if (used) event.preventDefault();
}

function init() {
  $("play").addEventListener("click", togglePlay);
  $("step").addEventListener("click", () => command({do: "step"}));
  $("restart").addEventListener("click", () => command({do: "restart"}));
  $("record").addEventListener("click", () => command({do: "record", on: !state.recording}));
  $("pace").addEventListener("change", event => command({do: "pace", on: event.target.checked}));
  $("heat").addEventListener("input", drawView);
  $("clear").addEventListener("click", () => command({do: "clear"}));
  $("new-box").addEventListener("click", startKeys);
  $("quit").addEventListener("click", () => { if (confirm("End dslt live? Boxes and video are written where the command line says so.")) command({do: "quit"}); });
  $("filter").addEventListener("input", event => {
    const words = event.target.value.toLowerCase();
    for (const row of $("options").children) row.hidden = !row.dataset.text.includes(words);
  });
  document.addEventListener("keydown", onKey);
  new ResizeObserver(showAll).observe(document.body);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAll);
  initDrawing();
  follow();
}

init();
