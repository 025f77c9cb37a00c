// A form with data-draft is saved every 10 s while it changes and when a field is left.
// What could not be sent stays in this tab and is sent when the network is back.
import { csrfToken } from "./htmx";

const EVERY = 10_000;
const dirty = new Set<HTMLFormElement>();

async function save(form: HTMLFormElement): Promise<void> {
  const address = form.dataset.draft;
  if (!address || !dirty.delete(form)) return;
  const said = form.querySelector("[data-draft-state]");
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    if (said) said.textContent = await answer.text();
  } catch {
    dirty.add(form);
    if (said) said.textContent = "还没存上，内容在本页，连上后自动存";
  }
}

const saveAll = (): void => dirty.forEach((form) => void save(form));

// Something in a form was changed by a script: it is saved like what was typed.
export function changed(part: HTMLElement): void {
  const form = part.closest<HTMLFormElement>("form[data-draft]");
  if (!form) return;
  dirty.add(form);
  void save(form);
}

export function startDrafts(): void {
  const formOf = (event: Event): HTMLFormElement | null =>
    (event.target as HTMLElement).closest<HTMLFormElement>("form[data-draft]");
  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form) dirty.add(form);
  });
  document.addEventListener("focusout", (event) => {
    const form = formOf(event);
    if (form) void save(form);
  });
  document.addEventListener("submit", (event) => dirty.delete(event.target as HTMLFormElement));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-draft]");
    if (form && event.target === form) dirty.delete(form);
  });
  // A row was added or taken away: the form was drawn again, and what it holds now is not saved yet.
  document.addEventListener("htmx:afterSettle", (event) => {
    const { pathInfo } = (event as CustomEvent<{ pathInfo?: { requestPath?: string } }>).detail;
    const form = document.querySelector<HTMLFormElement>("form[data-draft]");
    if (form?.dataset.redraw && pathInfo?.requestPath?.startsWith(form.dataset.redraw)) changed(form);
  });
  window.setInterval(saveAll, EVERY);
  window.addEventListener("online", saveAll);
  window.addEventListener("pagehide", () => {
    for (const form of dirty)
      if (form.dataset.draft) {
        const body = new FormData(form);
        body.set("csrfmiddlewaretoken", csrfToken());
        navigator.sendBeacon(form.dataset.draft, body);
      }
  });
}
