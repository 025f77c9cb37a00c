// Ticked rows of a table: how many, and the batch bar that acts on them.
function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("[data-list] input[data-pick]")];
}

function paint(): void {
  const bar = document.querySelector<HTMLElement>("[data-batch]");
  if (!bar) return;
  const ticked = boxes().filter((box) => box.checked).length;
  bar.hidden = ticked === 0;
  const said = bar.querySelector("[data-picked]");
  if (said) said.textContent = `已选 ${ticked} 单`;
}

function setAll(checked: boolean): void {
  for (const box of boxes()) box.checked = checked;
  paint();
}

export function startSelection(): void {
  document.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    if (box.matches("[data-pick-all]")) setAll(box.checked);
    else if (box.matches("[data-pick]")) paint();
  });
  document.addEventListener("click", (event) => {
    if ((event.target as HTMLElement).closest("[data-clear]")) setAll(false);
  });
  document.addEventListener("htmx:afterSettle", paint);
}
