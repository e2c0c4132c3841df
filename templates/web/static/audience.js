// Says who a chosen audience is, and how many they are, while it is being chosen. Without this script: after saving.
let last = 0;

async function count(box) {
  const form = box.closest("form");
  const who = box.querySelector("[data-who]");
  const asked = (last += 1);
  try {
    const answer = await fetch(box.dataset.count, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) return;
    const said = await answer.json();
    if (asked !== last) return;
    who.textContent = said.words;
    who.classList.toggle("audience__who--bad", said.bad);
  } catch {
    // The count is a help: saving says the same.
  }
}

let timer = 0;
document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-audience]");
  if (!box) return;
  clearTimeout(timer);
  timer = setTimeout(() => count(box), 300);
});
