// Runs before the first paint: 跟随系统 has no cookie value the server could render, so it is decided here.
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function paint(): void {
  if (root.dataset.theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light";
}

dark.addEventListener("change", paint);
paint();
export {};
