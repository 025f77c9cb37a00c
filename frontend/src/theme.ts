// Runs before the first paint: 跟随系统 has no cookie value the server could render, so it is decided here.
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function paint(): void {
  if (root.dataset.theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light";
}

dark.addEventListener("change", paint);
paint();

// A form sent before htmx knows it would leave the page, its values in the address: while the page still loads, or just
// after a script has put the form there. It is sent once more a moment later: within the event a browser ignores that.
const sentAgain = new WeakSet<HTMLFormElement>();

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || !form.matches("[hx-post]")) return;
  event.preventDefault();
  if (sentAgain.has(form)) return;
  sentAgain.add(form);
  const again = (): void => {
    window.htmx.process(form);
    form.requestSubmit(event.submitter);
  };
  if (document.readyState === "complete") window.setTimeout(again);
  else window.addEventListener("load", () => window.setTimeout(again), { once: true });
});

export {};
