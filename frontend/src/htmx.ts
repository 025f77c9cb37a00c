// htmx under a content policy without eval; what the server refuses (422) is swapped in like an answer.
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";
import { showToast } from "./toasts";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

window.htmx = htmx;
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.historyCacheSize = 0; // a page with a customer's data is never kept in the browser's storage
htmx.config.scrollIntoViewOnBoost = false;
htmx.config.defaultSettleDelay = 0; // what is seen answers at once: a click in the usual 20 ms between would be lost
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

interface Detail {
  xhr?: XMLHttpRequest;
  headers?: Record<string, string>;
  elt?: HTMLElement;
  requestConfig?: { verb: string };
  target?: HTMLElement;
}

const detailOf = (event: Event): Detail => (event as CustomEvent<Detail>).detail;

export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";
}

document.addEventListener("htmx:configRequest", (event) => {
  const { headers } = detailOf(event);
  if (headers) headers["X-CSRFToken"] = csrfToken();
});

// A refused action answers with one sentence in a header; anything else is told in general words.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = detailOf(event);
  if (xhr?.status === 401) return location.reload();
  if (xhr?.getResponseHeader("HX-Trigger")) return; // it brought its own toast
  showToast({ text: `没办成：服务器回复 ${xhr?.status ?? "?"}，内容还在，可再试`, bad: true });
});

document.addEventListener("htmx:sendError", () => {
  showToast({ text: "没连上服务器，内容还在，连上后再试", bad: true });
});

document.addEventListener("htmx:afterSettle", (event) => {
  const target = event.target as HTMLElement | null;
  target?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
});

// What a person changed stands until the answer to a form is swapped in: a panel refreshed meanwhile leaves it alone.
type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
const changed = new Set<Node>();
let refreshing = false;

const isField = (node: Node): node is Field =>
  node instanceof HTMLInputElement || node instanceof HTMLSelectElement || node instanceof HTMLTextAreaElement;

for (const kind of ["input", "change"])
  document.addEventListener(kind, (event) => {
    if (event.target instanceof Node) changed.add(event.target);
  });

document.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, target } = detailOf(event);
  refreshing = requestConfig?.verb === "get";
  for (const field of changed)
    if (!field.isConnected || (!refreshing && target?.contains(field))) changed.delete(field);
});

function isKept(old: Node, fresh: Node): boolean {
  if (!refreshing || !isField(old) || !changed.has(old) || !isField(fresh)) return false;
  const ticked = old.type === "checkbox" || old.type === "radio";
  return old.name === fresh.name && (!ticked || old.value === fresh.value);
}

// hx-swap="morph:innerHTML" keeps focus, selection and what is being typed while a panel is refreshed.
htmx.defineExtension("morph", {
  isInlineSwap: (style: string) => style === "morph:outerHTML",
  handleSwap(style: string, target: Node, fragment: Node): Node[] | boolean {
    if (!style.startsWith("morph:")) return false;
    const morphStyle = style === "morph:outerHTML" ? "outerHTML" : "innerHTML";
    const options = { morphStyle, ignoreActiveValue: true, callbacks: { beforeNodeMorphed: keepOpen } };
    return Idiomorph.morph(target as Element, (fragment as Element).children, options) as Node[];
  },
} as Parameters<typeof htmx.defineExtension>[1]);

function keepOpen(old: Node, fresh: Node): boolean {
  if (old instanceof HTMLDetailsElement && fresh instanceof HTMLDetailsElement) fresh.open = old.open;
  return !(old instanceof HTMLElement && old.hasAttribute("data-keep")) && !isKept(old, fresh);
}
