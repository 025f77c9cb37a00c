// Two versions side by side: added is green, removed is red, changed is amber; the list leads to each.
import { find, make, tag } from "./data";
import { goTo, open, viewer } from "./diagram";
import type { Diagram } from "./elements";

export interface Difference {
  element: string;
  title: string;
  how: "added" | "removed" | "changed";
  word: string;
  details: { label: string; before: string; after: string }[];
}

const TONES = { added: "ok", removed: "over", changed: "warn" };

function mark(diagram: Diagram, element: string, how: string): void {
  if (diagram.get("elementRegistry").get(element)) diagram.get("canvas").addMarker(element, `is-${how}`);
}

export async function sideBySide(
  places: [HTMLElement, HTMLElement],
  sources: [string, string],
  differences: { element: string; how: string }[],
): Promise<(element: string) => void> {
  const [before, after] = places.map((place) => viewer(place)) as [Diagram, Diagram];
  await Promise.all([open(before, sources[0]), open(after, sources[1])]);
  for (const { element, how } of differences) {
    if (how !== "added") mark(before, element, how);
    if (how !== "removed") mark(after, element, how);
  }
  return (element) => {
    goTo(before, element);
    goTo(after, element);
  };
}

export function differenceRow(one: Difference, go: (element: string) => void): HTMLElement {
  const details = one.details.map((detail) =>
    make(
      "div",
      {},
      make("span", { class: "t3" }, detail.label),
      " ",
      make("del", {}, detail.before),
      " → ",
      make("ins", {}, detail.after),
    ),
  );
  return make(
    "tr",
    {},
    make("td", { class: "nowrap" }, tag(one.word, TONES[one.how])),
    make("td", {}, make("button", { type: "button", class: "link", onclick: () => go(one.element) }, one.title)),
    make("td", {}, ...details),
  );
}

export async function startComparison(): Promise<void> {
  const before = find("div[data-before]");
  const after = find("div[data-after]");
  if (!before || !after) return;
  const text = (id: string): string => (document.getElementById(id) as HTMLTextAreaElement).value;
  const rows = [...document.querySelectorAll<HTMLElement>("tr[data-element]")];
  const differences = rows.map((row) => ({ element: row.dataset.element ?? "", how: row.dataset.how ?? "" }));
  const go = await sideBySide([before, after], [text("before"), text("after")], differences);
  document.addEventListener("click", (event) => {
    const link = (event.target as HTMLElement).closest<HTMLElement>("[data-goto]");
    if (link) go(link.dataset.goto ?? "");
  });
  find("#studio")?.setAttribute("data-ready", "");
}
