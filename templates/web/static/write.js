// Proof-reading while an article is being written; saving works without it.

const form = document.getElementById("article");
const panel = document.getElementById("controles");
let timer;

async function check() {
  const body = new FormData(form);
  // The picture itself stays here until it is saved; that there is one is enough to ask for its description.
  const [chosen] = form.elements.upload.files;
  if (chosen) body.set("picture", chosen.name);
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
