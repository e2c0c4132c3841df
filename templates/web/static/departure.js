// The button of the send page says what it will do. Without it the server asks once more before it sends at once.

const form = document.getElementById("quand-partir");
const text = form?.elements.namedItem("heure");
const picker = form?.elements.namedItem("moment");
const announced = form?.elements.namedItem("annonce");
const button = form?.querySelector("button");
const read = document.getElementById("heure-lue");
let asked = 0;
let timer = 0;

function choose(value) {
  for (const radio of form.elements.namedItem("quand")) radio.checked = radio.value === value;
}

function chosen() {
  return form.elements.namedItem("quand").value;
}

function say(words, kind) {
  button.textContent = words;
  announced.value = kind;
}

async function understand(typed) {
  asked += 1;
  const mine = asked;
  const url = new URL(form.dataset.hour, location.href);
  url.searchParams.set("texte", typed);
  const answer = await fetch(url).catch(() => null);
  if (!answer?.ok || mine !== asked || chosen() !== "heure") return;
  const found = await answer.json();
  read.textContent = found.problem ?? "";
  say(found.problem ? form.dataset.choose : form.dataset.at.replace("{when}", found.words), "heure");
  if (!found.problem && typed === text.value.trim()) picker.value = found.value;
}

function update() {
  if (chosen() === "maintenant") {
    asked += 1;
    read.textContent = "";
    say(form.dataset.now, "maintenant");
    return;
  }
  const typed = text.value.trim() || picker.value;
  if (typed) understand(typed);
  else say(form.dataset.choose, "heure");
}

if (form) {
  text.addEventListener("input", () => {
    choose("heure");
    say(form.dataset.choose, "heure");
    window.clearTimeout(timer);
    timer = window.setTimeout(update, 200);
  });
  picker.addEventListener("input", () => {
    choose("heure");
    text.value = "";
    update();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "quand") return;
    if (chosen() === "maintenant") {
      // Who chooses « now » by hand after having typed an hour means now.
      text.value = "";
      picker.value = form.elements.namedItem("propose").value;
    }
    update();
  });
  update();
}
