// Proof-reading while an article is being written; saving works without it.

const form = document.getElementById("article");
const panel = document.getElementById("controles");
let timer;

async function check() {
  const body = new FormData(form);
  body.delete("upload");
  const answer = await fetch(form.dataset.check, { method: "POST", body }).catch(() => null);
  if (!answer?.ok) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("controles-liste");
  panel.replaceChildren(document.importNode(made, true));
}

form.addEventListener("input", () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(check, 600);
});
