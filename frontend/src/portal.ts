// The public portal works without any of this; with it nothing typed is lost and nothing is sent twice.
import "./htmx";
import { csrfToken } from "./htmx";

const SENT = "data-was-sent";

// A form is sent once: pressed again while the answer is on its way, nothing happens.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (!form.hasAttribute("data-once")) return;
  if (form.hasAttribute(SENT)) return event.preventDefault();
  form.setAttribute(SENT, "");
});

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(`[${SENT}]`)) form.removeAttribute(SENT);
});

// What is typed is kept half a second after the last key, one after the other, and at once when the page is left.
const waiting = new Map<HTMLFormElement, number>();
const underWay = new Map<HTMLFormElement, Promise<unknown>>();

function keep(form: HTMLFormElement): void {
  window.clearTimeout(waiting.get(form));
  if (!waiting.delete(form) || form.hasAttribute(SENT)) return;
  const sent = fetch(form.dataset.keep ?? "", {
    method: "POST",
    body: new URLSearchParams(new FormData(form) as unknown as Record<string, string>),
    headers: { "X-CSRFToken": csrfToken() },
    keepalive: true,
  }).catch(() => undefined);
  underWay.set(form, sent);
}

document.addEventListener("input", (event) => {
  const field = event.target as HTMLInputElement;
  const form = field.closest<HTMLFormElement>("form[data-keep]");
  if (form) {
    window.clearTimeout(waiting.get(form));
    waiting.set(form, window.setTimeout(() => void Promise.resolve(underWay.get(form)).then(() => keep(form)), 500));
  }
  if (field.hasAttribute("data-count")) count(field);
});

window.addEventListener("pagehide", () => {
  for (const form of [...waiting.keys()]) keep(form);
});

function count(field: HTMLInputElement | HTMLTextAreaElement): void {
  const shown = document.querySelector(`[data-counted="${field.name}"]`);
  if (shown) shown.textContent = `${field.value.length} / ${field.maxLength}`;
}

for (const field of document.querySelectorAll<HTMLTextAreaElement>("[data-count]")) count(field);

// A chosen file is sent at once; without scripts there is a button.
document.addEventListener("change", (event) => {
  const input = event.target as HTMLInputElement;
  if (input.matches("[data-send]") && input.files?.length) input.form?.requestSubmit();
});

// What was chosen is named beside the tile.
document.addEventListener("change", (event) => {
  const input = event.target as HTMLInputElement;
  const said = document.querySelector(`[data-chosen="${input.name}"]`);
  if (input.type === "file" && said && input.files) {
    said.textContent = [...input.files].map((file) => file.name).join("、") || "没有选择文件";
  }
});

// The code's form takes the number as it stands in the form above.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  for (const name of (form.dataset.takes ?? "").split(" ").filter(Boolean)) {
    const typed = document.querySelector<HTMLInputElement>(`#${name}`);
    const own = form.querySelector<HTMLInputElement>(`input[type=hidden][name=${name}]`);
    if (typed && own) own.value = typed.value;
  }
});

// A sheet is left as it is opened: by keyboard too.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector<HTMLElement>(".sheet .close")?.click();
});

document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
