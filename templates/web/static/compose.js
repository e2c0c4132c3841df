// The composing page made quick: gestures without a reload, drag and drop, autosave, a preview that follows.
// Everything here is a shortcut to forms that work without it.

const desk = () => document.querySelector(".desk");
const gestures = () => document.getElementById("gestes");
const state = document.getElementById("enregistre");

function say(text, bad = false) {
  state.textContent = text;
  state.classList.toggle("saved--bad", bad);
}

// --- gestures: the form is sent behind the page, and the parts that changed are taken from the answer ---

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(form.action, { method: "POST", body });
  if (answer.status === 409 || answer.status === 422) {
    // Two editors, or something refused: the whole page has to be seen.
    HTMLFormElement.prototype.submit.call(copyOf(form, body));
    return;
  }
  if (!answer.ok) throw new Error(answer.status);
  take(new DOMParser().parseFromString(await answer.text(), "text/html"), new URL(answer.url), submitter);
}

function copyOf(form, body) {
  const copy = document.createElement("form");
  copy.method = "post";
  copy.action = form.action;
  copy.hidden = true;
  for (const [name, value] of body) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    copy.append(field);
  }
  document.body.append(copy);
  return copy;
}

function take(fresh, url, submitter, changed = true) {
  const scroll = document.querySelector(".cards")?.scrollTop ?? 0;
  for (const selector of ["#reserve", "#tableau", "#gestes", "#etat .inline-form", "#controles"]) {
    const [old, made] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (old && made) old.replaceWith(document.importNode(made, true));
  }
  loosen();
  const cards = document.querySelector(".cards");
  if (cards) cards.scrollTop = scroll;
  const flash = fresh.querySelector(".flash p");
  if (flash) say(flash.textContent, fresh.querySelector(".flash.notice--error") !== null);
  const asked = url.searchParams;
  const place = document.getElementById(asked.get("place") ?? asked.get("ouvrir") ?? "");
  if (place) {
    const again = submitter?.matches(".tools > *") && place.querySelector(same(submitter));
    place.tabIndex = -1;
    (again || place).focus({ preventScroll: true });
    place.classList.add("just");
    place.scrollIntoView({ block: "nearest" });
  }
  if (changed) refresh();
}

// The button of the same verb where the article stands now, so that it can be pressed again.
function same(submitter) {
  return submitter.value ? `.tools > [value^="${submitter.value.split(":")[0]}:"]:not(:disabled)` : ".tools > a";
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "apercu-reglages") {
    event.preventDefault();
    look();
  } else if (form.method === "post" && (form.closest(".desk") || form.id === "gestes" || form.closest("#etat"))) {
    event.preventDefault();
    window.clearTimeout(timer);
    send(form, event.submitter).catch(() => say(words().failed, true));
  }
});

// What opens and closes beside an item is a link to this page: only its answer's parts are taken.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-part]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href);
  if (!answer.ok) return location.assign(link.href);
  take(new DOMParser().parseFromString(await answer.text(), "text/html"), new URL(link.href), link, false);
});

// --- the preview and the checks that need a rendered letter ---

let late;
function refresh() {
  window.clearTimeout(late);
  late = window.setTimeout(() => {
    look();
    checks();
  }, 400);
}

function look() {
  const tools = document.getElementById("apercu-reglages");
  const frame = document.getElementById(tools.dataset.frame);
  const query = new URLSearchParams(new FormData(tools));
  document.getElementById("ecran").className = `screen screen--${query.get("taille")}`;
  frame.src = `${tools.dataset.source}?${query}&t=${Date.now()}`;
}

async function checks() {
  const panel = document.getElementById("controles");
  const answer = await fetch(panel.dataset.from);
  if (!answer.ok) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("controles-liste");
  panel.replaceChildren(document.importNode(made, true));
}

document.addEventListener("change", (event) => {
  if (event.target.closest("#apercu-reglages")) look();
});

// --- autosave of the texts ---

let timer;
const words = () => document.getElementById("textes").dataset;

function mirror(field) {
  const shown = document.querySelector(`[data-mirror="${field.id}"]`);
  if (shown) shown.textContent = field.value;
}

async function save() {
  const form = document.getElementById("textes");
  say(words().saving);
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.status === 409) {
      HTMLFormElement.prototype.submit.call(form);
      return;
    }
    if (!answer.ok) throw new Error(answer.status);
    const saved = await answer.json();
    for (const field of document.querySelectorAll("input[name=version]")) field.value = saved.version;
    document.querySelector("#etat .inline-form button").disabled = false;
    say(saved.message);
    refresh();
  } catch {
    say(words().failed, true);
  }
}

document.addEventListener("input", (event) => {
  if (!event.target.closest("[data-autosave]")) return;
  mirror(event.target);
  say(words().failed);
  window.clearTimeout(timer);
  timer = window.setTimeout(save, 900);
});

// --- drag and drop ---

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-item], [data-article]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.item ?? dragged.dataset.article);
  dragged.classList.add("dragging");
});

function target(event) {
  const near = event.target.closest?.("[data-item], [data-drop], .block");
  if (!near || !dragged || near === dragged) return null;
  if (near.dataset.item) {
    const [section, item] = near.dataset.item.split(":").map(Number);
    const box = near.getBoundingClientRect();
    const after = section >= 0 && event.clientY > box.top + box.height / 2;
    return { mark: near, to: `${section}:${item + (after ? 1 : 0)}` };
  }
  if (near.dataset.drop) return { mark: near, to: near.dataset.drop, into: true };
  const rows = near.querySelector("[data-section]");
  return rows ? { mark: near, to: `${rows.dataset.section}:${rows.children.length}`, into: true } : null;
}

function clear() {
  for (const one of document.querySelectorAll(".drop-before, .drop-into")) one.classList.remove("drop-before", "drop-into");
}

document.addEventListener("dragover", (event) => {
  clear();
  const found = target(event);
  if (!found) return;
  event.preventDefault();
  found.mark.classList.add(found.into ? "drop-into" : "drop-before");
});

document.addEventListener("dragend", () => {
  clear();
  dragged?.classList.remove("dragging");
  dragged = null;
});

document.addEventListener("drop", (event) => {
  const found = target(event);
  clear();
  if (!found) return;
  event.preventDefault();
  const form = gestures().cloneNode(true);
  const field = (name, value) => form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  if (dragged.dataset.item) {
    field("geste", `deplacer:${dragged.dataset.item}`);
    field("vers", found.to);
  } else {
    field("geste", `ajouter:${found.to}`);
    field("article", dragged.dataset.article);
  }
  send(form).catch(() => say(words().failed, true));
});

function loosen() {
  for (const one of document.querySelectorAll("[data-item], [data-article]")) one.draggable = true;
}

if (desk()) {
  const place = document.getElementById(desk().dataset.place);
  if (place) place.classList.add("just");
  loosen();
  checks();
}
