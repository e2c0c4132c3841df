// The specimen beside the colours follows them, and says which pairs cannot be read; the server checks again.
const PAIRS = [["ink", "page"], ["ink", "sheet"], ["ink", "panel"], ["secondary", "page"], ["secondary", "sheet"],
  ["secondary", "panel"], ["primary", "page"], ["primary", "sheet"], ["primary", "panel"], ["accent", "sheet"],
  ["accent", "panel"], ["on_masthead", "masthead"]];
const words = document.querySelector("[data-words]").dataset;

function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(first, second) {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

for (const set of document.querySelectorAll("[data-mode]")) {
  const inputs = Object.fromEntries([...set.querySelectorAll("[data-colour]")].map((i) => [i.dataset.colour, i]));
  const name = (colour) => inputs[colour].labels[0].firstChild.textContent.trim();
  const show = () => {
    for (const [colour, input] of Object.entries(inputs)) {
      set.querySelector("[data-specimen]").style.setProperty(`--s-${colour.replaceAll("_", "-")}`, input.value);
    }
    const bad = PAIRS.filter(([a, b]) => contrast(inputs[a].value, inputs[b].value) < 4.5);
    set.querySelector("[data-contrast]").textContent = bad.length
      ? `${words.bad} ${bad.map(([a, b]) => `${name(a)} / ${name(b)}`).join(", ")}`
      : words.good;
  };
  set.addEventListener("input", show);
  show();
}
