"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const map = byId("map"), search = byId("search"), choice = byId("namespace"), found = byId("found");
  const chain = byId("chain"), links = byId("links");
  const previous = byId("previous"), next = byId("next");
  const lanes = [...map.querySelectorAll(".lane-group")];
  const COLUMNS = { "ways-in": "Entry points", services: "Services", pods: "Pods" };
  const MOST_LINKS = 100;

  // --- the elements ---

  const columnOf = (row) => Object.keys(COLUMNS).find((each) => row.parentNode.classList.contains(each));
  const laneOf = (row) => row.closest(".lane-group");
  const titleOf = (group) => group.firstElementChild.tagName === "title" ? group.firstElementChild.textContent : "";
  // The title has the whole of a text that is cut.
  const textOf = (row) => titleOf(row) ||
    [...row.querySelectorAll("text")].map((each) => each.textContent).join(" ");
  const nameOf = (row) => {
    const box = row.parentNode, title = titleOf(box), [kind, name] = title.split(" ", 2);
    const service = name && box.classList.contains("services") && box.classList.contains("fine");
    return `${service ? `Service ${name} (${kind})` : title}: ${textOf(row)}`;
  };
  const keyOf = (row) => `${laneOf(row).dataset.namespace}/${titleOf(row.parentNode)}/${textOf(row)}`;

  const rows = [...map.querySelectorAll(".row[id]")];
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const columns = new Map(Object.keys(COLUMNS).map((each) => [each, []]));
  rows.forEach((row) => columns.get(columnOf(row)).push(row));

  for (const lane of lanes) lane.style.height = `${lane.dataset.height}px`;
  for (const row of rows) {
    row.setAttribute("tabindex", "-1");
    row.setAttribute("role", "button");
    row.setAttribute("aria-label", nameOf(row));
  }
  document.body.classList.add("ready");

  // Slow to compute, and not needed by every reader.
  const once = (make) => { let made; return () => made === undefined ? (made = make()) : made; };
  const add = (all, key, line) => { const had = all.get(key); if (had) had.push(line); else all.set(key, [line]); };
  const lines = once(() => {
    const from = new Map(), to = new Map();
    for (const line of map.querySelectorAll(".line[data-from]")) {
      add(from, line.dataset.from, line);
      add(to, line.dataset.to, line);
    }
    return { from, to };
  });
  const texts = once(() => rows.map((row) => `${titleOf(row.parentNode)} ${textOf(row)}`.toLowerCase()));

  // --- the keyboard ---

  // Tab reaches one row; from there the arrow keys move.
  let current = rows[0];
  if (current) current.setAttribute("tabindex", "0");
  const choose = (row) => {
    current.setAttribute("tabindex", "-1");
    current = row;
    current.setAttribute("tabindex", "0");
  };
  const hidden = (row) => laneOf(row).hidden;
  // Keep the row clear of the header and the chain, with some space around it.
  const reveal = (row) => {
    const above = document.querySelector("header").offsetHeight, below = innerHeight - chain.offsetHeight;
    const { top, bottom } = row.getBoundingClientRect();
    if (top < above + 30 || bottom > below - 30) scrollBy(0, (top + bottom - above - below) / 2);
    row.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const go = (row) => {
    if (!row) return;
    if (hidden(row)) { choice.value = "*"; filter(); }
    choose(row);
    reveal(row);
    row.focus({ preventScroll: true });
  };
  const beside = (row, step) => {
    const joined = lines()[step > 0 ? "from" : "to"].get(row.id) || [];
    const seen = joined.map((line) => rowOf.get(step > 0 ? line.dataset.to : line.dataset.from));
    const open = seen.find((each) => !hidden(each));
    if (open || seen.length) return open || seen[0];
    const names = Object.keys(COLUMNS), there = names[names.indexOf(columnOf(row)) + step];
    const height = (each) => each.getBoundingClientRect().top;
    const near = (columns.get(there) || []).filter((each) => laneOf(each) === laneOf(row));
    return near.sort((one, two) => Math.abs(height(one) - height(row)) - Math.abs(height(two) - height(row)))[0];
  };
  const along = (row, step) => {
    const column = columns.get(columnOf(row));
    for (let place = column.indexOf(row) + step; column[place]; place += step) {
      if (!hidden(column[place])) return column[place];
    }
    return null;
  };
  const end = (row, step) => {
    const open = columns.get(columnOf(row)).filter((each) => !hidden(each));
    return step > 0 ? open[open.length - 1] : open[0];
  };
  const KEYS = {
    ArrowUp: (row) => along(row, -1), ArrowDown: (row) => along(row, 1),
    ArrowLeft: (row) => beside(row, -1), ArrowRight: (row) => beside(row, 1),
    Home: (row) => end(row, -1), End: (row) => end(row, 1),
  };

  // --- following a chain ---

  let followed = null;
  const unfollow = () => {
    if (!followed) return;
    followed = null;
    map.classList.remove("following");
    for (const each of map.querySelectorAll(".kept, .chosen")) each.classList.remove("kept", "chosen");
    for (const each of map.querySelectorAll("[aria-pressed]")) each.removeAttribute("aria-pressed");
    chain.hidden = true;
  };
  // Keep everything that is connected with a row in one direction, and return how many other rows there are.
  const walk = (start, all, end, kept) => {
    const waiting = [start], seen = new Set(waiting);
    while (waiting.length) {
      for (const line of all.get(waiting.pop()) || []) {
        kept.add(line);
        const other = line.dataset[end];
        if (!seen.has(other)) { seen.add(other); waiting.push(other); }
      }
    }
    seen.forEach((id) => kept.add(rowOf.get(id)));
    return seen.size - 1;
  };
  const element = (name, text, parent) => {
    const made = document.createElement(name);
    made.textContent = text;
    parent.append(made);
    return made;
  };
  const list = (kept) => {
    links.replaceChildren();
    for (const [column, title] of Object.entries(COLUMNS)) {
      const inside = columns.get(column).filter((row) => kept.has(row));
      if (!inside.length) continue;
      const part = element("section", "", links);
      element("h3", title, part);
      const items = element("ul", "", part);
      for (const row of inside.slice(0, MOST_LINKS)) {
        const item = element("li", "", items);
        const state = ["nowhere", "doubtful"].find((each) => row.parentNode.classList.contains(each));
        if (state) item.className = state;
        const { namespace } = laneOf(row).dataset;
        const where = lanes.length > 1 && namespace ? `, namespace ${namespace}` : "";
        const button = element("button", nameOf(row) + where, item);
        button.type = "button";
        button.dataset.row = row.id;
      }
      if (inside.length > MOST_LINKS) element("li", `and ${inside.length - MOST_LINKS} more`, items);
    }
  };
  const follow = (row) => {
    unfollow();
    followed = row;
    const kept = new Set([row]), { from, to } = lines();
    const onwards = walk(row.id, from, "to", kept), back = walk(row.id, to, "from", kept);
    for (const each of kept) {
      each.classList.add("kept");
      const box = each.closest(".box");
      if (box) box.classList.add("kept");
    }
    row.classList.add("chosen");
    row.setAttribute("aria-pressed", "true");
    map.classList.add("following");
    byId("chain-title").textContent = nameOf(row);
    list(kept);
    chain.hidden = false;
    found.textContent = `${back} upstream, ${onwards} downstream`;
    choose(row);
    reveal(row);
    remember();
  };

  // --- searching ---

  let hits = [], place = -1, waiting = 0;
  const report = () => {
    previous.disabled = next.disabled = hits.length === 0;
    found.textContent = !search.value.trim() ? "" : !hits.length ? "nothing found"
      : place < 0 ? `${hits.length} found` : `${place + 1} of ${hits.length}`;
  };
  const look = () => {
    clearTimeout(waiting);
    waiting = 0;
    unfollow();
    for (const row of hits) { row.classList.remove("hit"); row.parentNode.classList.remove("hit"); }
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits = []; place = -1;
    if (wanted.length) {
      const all = texts();
      for (let number = 0; number < rows.length; number += 1) {
        if (wanted.every((each) => all[number].includes(each)) && !hidden(rows[number])) hits.push(rows[number]);
      }
      for (const row of hits) { row.classList.add("hit"); row.parentNode.classList.add("hit"); }
    }
    map.classList.toggle("searching", wanted.length > 0);
    report();
    remember();
  };
  // A large picture is slow to repaint: search for words, not for each letter.
  const soon = () => {
    clearTimeout(waiting);
    if (rows.length < 2500) look(); else waiting = setTimeout(look, 150);
  };
  const hop = (step) => {
    if (waiting) look();
    if (!hits.length) return;
    place = place < 0 && step < 0 ? hits.length - 1 : (place + step + hits.length) % hits.length;
    go(hits[place]);
    report();
  };

  // --- one namespace ---

  const filter = () => {
    for (const lane of lanes) lane.hidden = choice.value !== "*" && lane.dataset.namespace !== choice.value;
    // Lines to other namespaces are hidden; following a chain lists them.
    byId("between").style.display = choice.value === "*" ? "" : "none";
    if (current && hidden(current)) choose(rows.find((row) => !hidden(row)) || current);
    look();
  };

  // --- the state in the address ---

  let restoring = false;
  const remember = () => {
    if (restoring) return;
    const state = new URLSearchParams();
    if (search.value.trim()) state.set("q", search.value);
    if (choice.value !== "*") state.set("namespace", choice.value);
    if (followed) state.set("follow", keyOf(followed));
    const hash = state.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  };
  const restore = () => {
    restoring = true;
    const state = new URLSearchParams(location.hash.slice(1));
    const wanted = state.get("namespace");
    choice.value = wanted !== null && lanes.some((lane) => lane.dataset.namespace === wanted) ? wanted : "*";
    search.value = state.get("q") || "";
    filter();
    const key = state.get("follow"), row = key && rows.find((each) => keyOf(each) === key);
    if (row) { follow(row); go(row); }
    restoring = false;
  };

  // --- events ---

  map.addEventListener("click", (event) => {
    const row = event.target.closest(".row[id]");
    if (row) { follow(row); row.focus({ preventScroll: true }); } else { unfollow(); report(); remember(); }
  });
  map.addEventListener("keydown", (event) => {
    const row = event.target.closest(".row[id]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); follow(row); }
    else if (KEYS[event.key]) { event.preventDefault(); go(KEYS[event.key](row)); }
    else if (event.key === "n") hop(1);
    else if (event.key === "N") hop(-1);
  });
  map.addEventListener("focusin", (event) => {
    const row = event.target.closest(".row[id]");
    if (row) choose(row);
  });
  links.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) go(rowOf.get(button.dataset.row));
  });
  byId("close").addEventListener("click", () => { unfollow(); report(); remember(); go(current); });
  search.addEventListener("input", soon);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") hop(event.shiftKey ? -1 : 1);
  });
  previous.addEventListener("click", () => hop(-1));
  next.addEventListener("click", () => hop(1));
  choice.addEventListener("change", filter);
  addEventListener("hashchange", restore);
  // Shrink a picture that is a little too wide; one that is much too wide would be unreadable.
  const fit = () => {
    map.style.zoom = "";
    const ratio = (map.parentNode.clientWidth - 24) / map.offsetWidth;
    if (ratio < 1 && ratio > 0.8) map.style.zoom = ratio;
  };
  addEventListener("resize", fit);
  // A sheet of paper has some 700 pixels. Keep the picture in one piece: lines cross lanes.
  addEventListener("beforeprint", () => {
    map.style.zoom = "";
    map.style.zoom = Math.min(1, 700 / map.offsetWidth);
    const height = document.body.offsetHeight;
    Object.assign(document.body.style, { height: `${height}px`, contain: "size" });
  });
  addEventListener("afterprint", () => { document.body.removeAttribute("style"); fit(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      // Reset one after the other: the chain, the search, the namespace.
      if (followed) { unfollow(); report(); remember(); }
      else if (search.value) { search.value = ""; look(); }
      else if (choice.value !== "*") { choice.value = "*"; filter(); }
    } else if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
  fit();
  if (location.hash) restore();
})();
