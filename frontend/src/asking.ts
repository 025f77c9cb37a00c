// The desk's checklist counts itself; in a search among classes ↵ takes the first one found.
function count(list: HTMLElement): void {
  const boxes = [...list.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
  const said = list.querySelector("[data-ticked]");
  if (said) said.textContent = `${boxes.filter((box) => box.checked).length} / ${boxes.length}`;
}

export function startAsking(): void {
  document.addEventListener("change", (event) => {
    const list = (event.target as HTMLElement).closest<HTMLElement>("[data-ticks]");
    if (list) count(list);
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target as HTMLElement;
    if (event.key !== "Enter" || event.ctrlKey || event.isComposing || !field.matches("[data-find]")) return;
    event.preventDefault();
    field.parentElement?.querySelector<HTMLElement>("[data-hit]")?.click();
  });
}
