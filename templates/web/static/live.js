// The send page kept fresh: a countdown, and the progress as the server tells it. Without it the page reloads itself.

const zone = document.getElementById("depart-zone");
const shown = new Intl.NumberFormat(document.documentElement.lang);
const clock = document.querySelector("[data-left]");
let left = Number(clock?.dataset.left ?? 0);

function write(name, n) {
  for (const one of document.querySelectorAll(`[data-n="${name}"]`)) one.textContent = shown.format(n);
}

function update(state) {
  if (state.stage !== zone.dataset.stage || state.silence !== zone.dataset.silence) {
    location.reload();
    return;
  }
  left = state.left;
  const done = state.candidates - state.open - state.excluded;
  write("done", done);
  for (const name of ["sent", "refused", "excluded", "cancelled", "doubtful", "open"]) write(name, state[name]);
  const bar = document.getElementById("avance");
  if (bar) bar.value = done;
}

function poll() {
  window.setInterval(async () => {
    const answer = await fetch(zone.dataset.stream.replace(/flux(\?|$)/, "etat$1")).catch(() => null);
    if (answer?.ok) update(await answer.json());
  }, 3000);
}

const events = new EventSource(zone.dataset.stream);
events.addEventListener("message", (event) => update(JSON.parse(event.data)));
events.addEventListener("error", () => {
  // The browser tries again by itself, unless the server refuses to stream: then it is asked now and then.
  if (events.readyState === EventSource.CLOSED) poll();
});

if (clock) {
  window.setInterval(() => {
    left = Math.max(0, left - 1);
    const minutes = Math.floor(left / 60);
    const hours = Math.floor(minutes / 60);
    const rest = `${minutes % 60} min ${String(Math.floor(left % 60)).padStart(2, "0")} s`;
    clock.textContent = hours ? `${hours} h ${rest}` : rest;
  }, 1000);
}
