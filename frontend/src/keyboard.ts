// DESIGN §5. Any element with data-key="g" is pressed by that letter; J K ↵ X move in the nearest list.
// Letters are off while a field, an input method or a dialog is active, and can be switched off for good.
const OFF = "bh.letters-off";

export const lettersAreOff = (): boolean => localStorage.getItem(OFF) === "1";

function typing(event: KeyboardEvent): boolean {
  const field = event.target as HTMLElement;
  return event.isComposing || field.matches("input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable]");
}

function visible(element: HTMLElement): boolean {
  return element.offsetParent !== null && element.getAttribute("aria-disabled") !== "true";
}

function press(selector: string): boolean {
  const found = [...document.querySelectorAll<HTMLElement>(selector)].find(visible);
  found?.click();
  return found !== undefined;
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-list] [data-row]")].filter(visible);
}

function current(list: HTMLElement[]): number {
  const focused = list.findIndex((row) => row.contains(document.activeElement));
  return focused >= 0 ? focused : list.findIndex((row) => row.getAttribute("aria-current") === "true");
}

function move(step: number): void {
  const list = rows();
  const next = list[Math.min(list.length - 1, Math.max(0, current(list) + step))];
  const link = next?.matches("a") ? next : next?.querySelector<HTMLElement>("a, button");
  link?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function pick(): void {
  const list = rows();
  list[current(list)]?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
}

function submitPrimary(from: EventTarget | null): void {
  const dialog = document.querySelector<HTMLElement>("dialog[open]");
  const own = (from as HTMLElement | null)?.closest<HTMLFormElement>("form[data-primary]");
  const form = dialog?.querySelector("form") ?? own ?? document.querySelector<HTMLFormElement>("form[data-primary]");
  form?.requestSubmit(form.querySelector<HTMLElement>("[data-submit]"));
}

function withControl(event: KeyboardEvent): boolean {
  if (event.key === "Enter") submitPrimary(event.target);
  else if (event.key.toLowerCase() === "s") return press("[data-save]");
  else return false;
  return true;
}

function letter(key: string): boolean {
  const moves: Record<string, () => void> = { j: () => move(1), k: () => move(-1), x: pick };
  const act = moves[key];
  if (act) {
    act();
    return true;
  }
  return /^[a-z[\]/?]$/.test(key) && press(`[data-key="${CSS.escape(key)}"]`);
}

// In a picker of several columns ← and → change the column; ↑ and ↓ are the browser's own.
function acrossColumns(event: KeyboardEvent): boolean {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const list = (event.target as HTMLElement).closest(".tax ul");
  if (!step || !list) return false;
  const next = step < 0 ? list.previousElementSibling : list.nextElementSibling;
  const found = next?.querySelector<HTMLInputElement>("input:checked") ?? next?.querySelector<HTMLInputElement>("input");
  found?.focus();
  if (found && step > 0 && !found.checked) found.click();
  return true;
}

function onKey(event: KeyboardEvent): void {
  if (acrossColumns(event)) {
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey) {
    if (withControl(event)) event.preventDefault();
    return;
  }
  if (event.altKey && /^[1-3]$/.test(event.key)) {
    document.querySelector<HTMLElement>(`[data-part="${event.key}"]`)?.focus();
    event.preventDefault();
    return;
  }
  if (event.key === "Escape") {
    document.querySelector(".wb.ctx")?.classList.remove("ctx");
    press("[data-clear]");
    return;
  }
  if (typing(event) || document.querySelector("dialog[open]") || lettersAreOff()) return;
  if (letter(event.key.toLowerCase())) event.preventDefault();
}

export function startKeyboard(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-focus-search]")) document.querySelector<HTMLElement>("#search")?.focus();
    if (target.matches("[data-letters]")) localStorage.setItem(OFF, (target as HTMLInputElement).checked ? "0" : "1");
  });
  document.addEventListener("htmx:afterSwap", () => {
    const box = document.querySelector<HTMLInputElement>("[data-letters]");
    if (box) box.checked = !lettersAreOff();
  });
}
