"use strict";
(() => {
  const svg = document.querySelector("main svg");
  const search = document.getElementById("search");
  const choice = document.getElementById("namespace");
  const found = document.getElementById("found");
  const rows = new Map([...svg.querySelectorAll(".row")].map((row) => [row.id, row]));
  const boxes = [...svg.querySelectorAll(".box")];
  const texts = new Map(boxes.map((box) => [box, (box.dataset.name + " " + box.textContent).toLowerCase()]));
  const lines = [...svg.querySelectorAll(".line")];
  const lanes = [...svg.querySelectorAll(".lane-group")];
  const height = svg.viewBox.baseVal.height;
  const from = new Map(), to = new Map();
  const add = (map, key, line) => { const had = map.get(key); if (had) had.push(line); else map.set(key, [line]); };
  for (const line of lines) { add(from, line.dataset.from, line); add(to, line.dataset.to, line); }

  for (const row of rows.values()) {
    row.setAttribute("tabindex", "0");
    row.setAttribute("role", "button");
  }

  const clear = () => {
    svg.classList.remove("following");
    for (const each of svg.querySelectorAll(".kept")) each.classList.remove("kept");
    found.textContent = "";
  };

  // All that a row leads to, and all that leads to it.
  const walk = (start, map, end, kept) => {
    const waiting = [start], seen = new Set(waiting);
    while (waiting.length) {
      for (const line of map.get(waiting.pop()) || []) {
        kept.add(line);
        const next = line.dataset[end];
        kept.add(rows.get(next));
        if (!seen.has(next)) { seen.add(next); waiting.push(next); }
      }
    }
    return seen.size - 1;
  };

  const follow = (row) => {
    clear();
    const kept = new Set([row]);
    const onwards = walk(row.id, from, "to", kept);
    const back = walk(row.id, to, "from", kept);
    for (const each of kept) {
      each.classList.add("kept");
      const box = each.closest(".box");
      if (box) box.classList.add("kept");
    }
    svg.classList.add("following");
    found.textContent = `${back} before, ${onwards} behind`;
  };

  svg.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) follow(row); else clear();
  });
  svg.addEventListener("keydown", (event) => {
    const row = event.target.closest(".row");
    if (row && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); follow(row); }
  });

  const looking = () => {
    clear();
    const wanted = search.value.trim().toLowerCase();
    let hits = 0, first = null;
    for (const box of boxes) {
      const hit = wanted !== "" && texts.get(box).includes(wanted);
      box.classList.toggle("hit", hit);
      if (hit) { hits += 1; first = first || box; }
    }
    svg.classList.toggle("searching", wanted !== "");
    found.textContent = wanted === "" ? "" : `${hits} found`;
    return first;
  };
  search.addEventListener("input", looking);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const first = looking();
    if (first) {
      first.scrollIntoView({ block: "center" });
      const row = first.querySelector(".row");
      if (row) row.focus({ preventScroll: true });
    }
  });

  const filter = () => {
    clear();
    const wanted = choice.value;
    let gone = 0;
    for (const lane of lanes) {
      const hidden = wanted !== "*" && lane.dataset.namespace !== wanted;
      lane.classList.toggle("hidden", hidden);
      if (hidden) gone += Number(lane.dataset.height) + 16;
      else lane.setAttribute("transform", `translate(0 ${-gone})`);
    }
    svg.querySelector(".between").classList.toggle("hidden", wanted !== "*");
    const left = Math.max(height - gone, 120);
    svg.viewBox.baseVal.height = left;
    svg.setAttribute("height", left);
  };
  choice.addEventListener("change", filter);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; looking(); clear(); }
    else if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
})();
