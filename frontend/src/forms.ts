// Small comforts of forms: counted characters, links that focus a missing field, one submit at a time.
import htmx from "htmx.org";

function count(field: HTMLTextAreaElement | HTMLInputElement): void {
  const said = document.getElementById(field.dataset.count ?? "");
  if (said) said.textContent = `${[...field.value].length} / ${field.maxLength} 字`;
}

export function startForms(): void {
  document.addEventListener("input", (event) => {
    const field = event.target as HTMLTextAreaElement;
    if (field.dataset.count) count(field);
    if (field.getAttribute("aria-invalid") === "true" && field.value) {
      field.removeAttribute("aria-invalid");
      field.classList.remove("is-bad");
    }
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[data-field]");
    if (!link) return;
    event.preventDefault();
    document.getElementsByName(link.dataset.field ?? "")[0]?.focus();
  });
  // Sent in the moment before htmx has taken a fresh form in, it would leave the page and lose what was typed.
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || !form.matches("[hx-post]")) return;
    event.preventDefault();
    htmx.process(form);
    form.requestSubmit(event.submitter);
  });
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLElement;
    if (field.matches("[data-go]")) (field as HTMLSelectElement).form?.requestSubmit();
  });
}
