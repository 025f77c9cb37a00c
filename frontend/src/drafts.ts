// A form with data-draft is saved every 10 s while it changes and when a field is left; one draft of a form is on
// its way at a time, so that an older one cannot come in last. What could not be sent stays in this tab and is sent
// when the network is back.
import { csrfToken } from "./htmx";

const EVERY = 10_000;
const PATIENCE = 30_000;
const dirty = new Set<HTMLFormElement>();
const underWay = new Map<HTMLFormElement, AbortController>();

async function save(form: HTMLFormElement): Promise<void> {
  const address = form.dataset.draft;
  if (!address || underWay.has(form) || !dirty.delete(form)) return;
  const said = form.querySelector("[data-draft-state]");
  const stop = new AbortController();
  underWay.set(form, stop);
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(PATIENCE)]),
    });
    // Submitted, taken by somebody else or gone meanwhile: there is nothing left to save it to.
    if ([404, 409].includes(answer.status)) return;
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status)); // led to the sign-in page: keep it
    if (said) said.textContent = await answer.text();
  } catch {
    if (stop.signal.aborted) return;
    dirty.add(form);
    if (said) said.textContent = "还没存上，内容在本页，连上后自动存";
    return;
  } finally {
    if (underWay.get(form) === stop) underWay.delete(form);
  }
  void save(form); // what was changed meanwhile
}

// A submit sends all of the form: a draft under way would only come too late.
function giveWay(form: HTMLFormElement): void {
  dirty.delete(form);
  underWay.get(form)?.abort();
  underWay.delete(form);
}

function saveAll(): void {
  for (const form of dirty) {
    if (form.isConnected) void save(form);
    else dirty.delete(form);
  }
}

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
    // Whoever leaves a field for the submit button sends all of it at once: a draft would only race it.
    const next = (event as FocusEvent).relatedTarget as HTMLElement | null;
    if (form && !next?.closest("[data-submit]")) void save(form);
  });
  document.addEventListener("submit", (event) => giveWay(event.target as HTMLFormElement));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-draft]");
    if (form && event.target === form) giveWay(form);
  });
  // The form was drawn again, with a row more or less or because a submit was refused: not saved yet.
  document.addEventListener("htmx:afterSettle", (event) => {
    const { pathInfo } = (event as CustomEvent<{ pathInfo?: { requestPath?: string } }>).detail;
    const form = document.querySelector<HTMLFormElement>("form[data-draft]");
    const own = form?.dataset.redraw?.replace(/form\/$/, "");
    const path = pathInfo?.requestPath ?? "";
    if (form && own && [`${own}form/`, `${own}submit/`].some((one) => path.startsWith(one))) dirty.add(form);
  });
  window.setInterval(saveAll, EVERY);
  window.addEventListener("online", saveAll);
  window.addEventListener("pagehide", () => {
    for (const form of new Set([...dirty, ...underWay.keys()]))
      if (form.dataset.draft) {
        const body = new FormData(form);
        body.set("csrfmiddlewaretoken", csrfToken());
        navigator.sendBeacon(form.dataset.draft, body);
      }
  });
}
