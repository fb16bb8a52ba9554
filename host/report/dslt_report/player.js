/* SPDX-License-Identifier: Apache-2.0 */
// The player: frames of a sequence with boxes over them, and the overlap over time. Everything is in the page; a sequence's
// JSON is read when it is chosen.
(() => {
  const player = document.getElementById("play");
  if (!player) return;
  const FRAMES_A_SECOND = 25, TRUTH = 0, AHEAD = 3, TICK = 15;  // ms
  const SVG = "http://www.w3.org/2000/svg";
  const part = (name) => document.getElementById("play-" + name);
  const texts = [...document.querySelectorAll("script.clip")];
  const choice = part("clip"), speed = part("speed"), apart = part("apart"), screens = part("screens");
  const place = part("place"), chart = part("chart"), shown = part("frame"), run = part("run");
  const cast = [...part("cast").querySelectorAll("button")];

  const make = (name, attributes, parent) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent?.append(element);
    return element;
  };
  const on = (tracker) => cast[tracker].getAttribute("aria-pressed") === "true";
  const line = (element, tracker) => {
    element.style.stroke = cast[tracker].dataset.colour;
    if (cast[tracker].dataset.dashes) element.style.strokeDasharray = cast[tracker].dataset.dashes;
    return element;
  };

  let clip = null, at = 0, timer = 0, views = [], cursor = null;

  // ---- a screen: the frame and boxes over it ------------------------------------------------------

  const screen = (trackers, caption) => {
    const figure = document.createElement("figure");
    const frame = document.createElement("div");
    frame.className = "frame";
    frame.style.setProperty("--ratio", clip.size[0] / clip.size[1]);
    const image = document.createElement("img");
    image.alt = "";
    const missing = document.createElement("p");
    missing.textContent = "This frame cannot be read.";
    const layer = make("svg", {viewBox: "0 0 " + clip.size.join(" "), "aria-hidden": "true"});
    const box = (classes) => make("rect", {class: classes, "vector-effect": "non-scaling-stroke"}, layer);
    // The best tracker over the others, the ground truth over all.
    const boxes = [...trackers].reverse().map(
      (tracker) => ({row: 1 + tracker, casing: box("casing"), drawn: line(box("box"), tracker)}));
    boxes.push({row: TRUTH, casing: box("casing"), drawn: box("true")});
    frame.append(image, missing, layer);
    figure.append(frame);
    let value = null;
    if (caption) {
      const words = document.createElement("figcaption");
      value = document.createElement("b");
      const name = document.createElement("span");
      name.textContent = cast[trackers[0]].querySelector(".who").textContent;
      words.append(cast[trackers[0]].querySelector("svg").cloneNode(true), name, value);
      figure.append(words);
    }
    screens.append(figure);
    return {image, missing, boxes, value, tracker: trackers[0]};
  };

  const stage = () => {
    screens.replaceChildren();
    const wanted = cast.map((_, tracker) => tracker).filter(on);
    screens.classList.toggle("apart", apart.checked);
    views = apart.checked && wanted.length ? wanted.map((tracker) => screen([tracker], true)) : [screen(wanted, false)];
    show(at);
  };

  // ---- the curves ---------------------------------------------------------------------------------

  const path = (values) => {
    let text = "", pen = false;
    values.forEach((value, i) => {
      if (value >= 0) text += (pen ? "L" : "M") + i + " " + (100 - value);
      if (value >= 0 && !pen && !(values[i + 1] >= 0)) text += "h0.01";  // a point alone
      pen = value >= 0;
    });
    return text;
  };
  const draw = () => {
    const columns = clip.curves[0].length;
    chart.setAttribute("viewBox", `0 -2 ${Math.max(1, columns - 1)} 104`);
    chart.replaceChildren();
    for (const height of [0, 50, 100])
      make("path", {class: "grid", d: `M0 ${height}H${Math.max(1, columns - 1)}`, "vector-effect": "non-scaling-stroke"}, chart);
    for (let tracker = cast.length - 1; tracker >= 0; tracker--)
      if (on(tracker))
        line(make("path", {class: "curve", d: path(clip.curves[tracker]), "vector-effect": "non-scaling-stroke"}, chart), tracker);
    cursor = make("path", {class: "cursor", "vector-effect": "non-scaling-stroke"}, chart);
  };
  const column = (frame) => (clip.curves[0].length - 1) * (clip.frames > 1 ? frame / (clip.frames - 1) : 0);

  // ---- one frame ----------------------------------------------------------------------------------

  const uri = (index) => "data:image/jpeg;base64," + clip.pictures[index];
  const put = (rect, box) => {
    rect.style.display = box ? "" : "none";
    if (box) ["x", "y", "width", "height"].forEach((name, i) => rect.setAttribute(name, Math.max(i > 1 ? 0 : -1e6, box[i] / 10)));
  };
  const overlap = (tracker) => {
    const value = clip.overlaps[tracker][at];
    return value < 0 ? "\u2013" : (value / 100).toFixed(2);
  };
  const show = (index) => {
    at = Math.max(0, Math.min(clip.pictures.length - 1, index));
    const frame = at * clip.step, picture = clip.pictures[at];
    for (const view of views) {
      view.image.hidden = !picture;
      view.missing.hidden = Boolean(picture);
      if (picture) view.image.src = uri(at);
      for (const {row, casing, drawn} of view.boxes) {
        put(casing, clip.boxes[row][at]);
        put(drawn, clip.boxes[row][at]);
      }
      if (view.value) view.value.textContent = overlap(view.tracker);
    }
    for (let i = 1; i <= AHEAD; i++)
      if (timer && clip.pictures[at + i]) new Image().src = uri(at + i);
    cast.forEach((button, tracker) => button.querySelector("b").textContent = overlap(tracker));
    place.value = at;
    place.setAttribute("aria-valuetext", "frame " + frame);
    shown.textContent = `${frame} / ${clip.frames - 1}`;
    screens.setAttribute("aria-label", `Frame ${frame} of ${clip.name}`);
    cursor.setAttribute("d", `M${column(frame)} -2V102`);
  };

  const load = (index, frame) => {
    pause();
    clip = JSON.parse(texts[index].textContent);
    choice.value = index;
    place.max = clip.pictures.length - 1;
    at = Math.round(frame / clip.step);
    at = Math.max(0, Math.min(clip.pictures.length - 1, at));
    draw();
    stage();
  };

  // ---- playing ------------------------------------------------------------------------------------

  const pause = () => {
    clearInterval(timer);
    timer = 0;
    run.setAttribute("aria-pressed", "false");
    run.setAttribute("aria-label", "Play");
  };
  const play = () => {
    if (at >= clip.pictures.length - 1) at = 0;
    let last = performance.now(), exact = at;
    run.setAttribute("aria-pressed", "true");
    run.setAttribute("aria-label", "Pause");
    const turn = () => {
      const now = performance.now();
      exact += Math.max(0, now - last) / 1000 * FRAMES_A_SECOND * Number(speed.value) / clip.step;
      last = now;
      if (Math.floor(exact) !== at) show(Math.floor(exact));
      if (at >= clip.pictures.length - 1) pause();
    };
    timer = setInterval(turn, TICK);
    show(at);
  };
  const toggle = () => timer ? pause() : play();
  const step = (by) => { pause(); show(at + by); };

  // ---- what the reader does -----------------------------------------------------------------------

  run.addEventListener("click", toggle);
  part("back").addEventListener("click", () => step(-1));
  part("forward").addEventListener("click", () => step(1));
  place.addEventListener("input", () => { pause(); show(Number(place.value)); });
  choice.addEventListener("change", () => load(Number(choice.value), 0));
  apart.addEventListener("change", stage);
  for (const button of cast)
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      draw();
      stage();
    });
  const seek = (event) => {
    const area = chart.getBoundingClientRect();
    pause();
    show(Math.round((event.clientX - area.left) / area.width * (clip.frames - 1) / clip.step));
  };
  chart.addEventListener("pointerdown", (event) => { chart.setPointerCapture(event.pointerId); seek(event); });
  chart.addEventListener("pointermove", (event) => { if (event.buttons) seek(event); });
  player.addEventListener("keydown", (event) => {
    const {tagName, type} = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || tagName === "SELECT" || type === "checkbox") return;
    const by = event.shiftKey ? 10 : 1;
    const keys = {ArrowLeft: () => step(-by), ArrowRight: () => step(by), Home: () => step(-at),
                  End: () => step(clip.pictures.length), " ": tagName === "BUTTON" ? null : toggle};
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-clip]");
    if (!link) return;
    load(Number(link.dataset.clip), Number(link.dataset.frame));
    screens.focus({preventScroll: true});
  });

  player.hidden = false;
  load(Number(choice.value) || 0, 0);
})();
