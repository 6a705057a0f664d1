"use strict";

// What every page has: its data, the switch between light and dark, and a few words for drawing.

const PAGE = JSON.parse(document.getElementById("data").textContent);

/** Return an SVG element with attributes, and a text or elements inside. */
function svg(tag, attributes = {}, ...inside) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, inside);
}

/** Return an HTML element with attributes, and texts or elements inside; texts are never read as HTML. */
function element(tag, attributes = {}, ...inside) {
  return filled(document.createElement(tag), attributes, inside);
}

function filled(node, attributes, inside) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...inside.map((part) => (part instanceof Node ? part : String(part))));
  return node;
}

/** Return a number with a fixed count of decimals, "-" where there is none. */
function fixed(value, decimals = 3) {
  return value === null || value === undefined ? "-" : value.toFixed(decimals);
}

(function chooseTheme() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
  });
  show();
})();
