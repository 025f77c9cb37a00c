// Small comforts of forms: counted characters, links that focus a missing field, one submit at a time.

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
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLElement;
    if (field.matches("[data-go]")) (field as HTMLSelectElement).form?.requestSubmit();
  });
}
