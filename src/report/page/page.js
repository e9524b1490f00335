"use strict";
// The page says everything without this; here are a choice of colors, folding by the dozen, and
// everything unfolded on paper.
(() => {
  const root = document.documentElement;
  const folds = () => [...document.querySelectorAll("details")];

  const actions = {
    theme() {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const now = root.dataset.theme || (dark ? "dark" : "light");
      root.dataset.theme = now === "dark" ? "light" : "dark";
    },
    unfold(button) {
      const open = button.getAttribute("aria-pressed") !== "true";
      for (const fold of folds()) fold.open = open;
      button.setAttribute("aria-pressed", String(open));
    },
  };

  for (const button of document.querySelectorAll("button[data-do]")) {
    button.hidden = false;
    button.addEventListener("click", () => actions[button.dataset.do](button));
  }

  // A link to something inside of a fold unfolds it.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    for (let at = target; at; at = at.parentElement) {
      if (at instanceof HTMLDetailsElement) at.open = true;
    }
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folds().filter((fold) => !fold.open && fold.hasAttribute("data-print"));
    for (const fold of closed) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of closed) fold.open = false;
  });
})();
