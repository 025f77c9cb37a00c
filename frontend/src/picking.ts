// Ticked rows of a list: how many, a bar with what may be done with all of them, and a run with Shift.
const boxes = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("input[data-pick]")];
let last: HTMLInputElement | undefined;

function show(): void {
  const count = boxes().filter((box) => box.checked).length;
  const bar = document.querySelector<HTMLElement>("[data-batch]");
  if (!bar) return;
  bar.hidden = count === 0;
  bar.parentElement?.classList.toggle("picking", count > 0);
  const words = bar.querySelector("[data-picked]");
  if (words) words.textContent = `已选 ${count} 单`;
}

function run(box: HTMLInputElement): void {
  const list = boxes();
  const from = last ? list.indexOf(last) : -1;
  const to = list.indexOf(box);
  if (from < 0) return;
  for (const one of list.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
}

function onClick(event: MouseEvent): void {
  const target = event.target as HTMLElement;
  if (target.closest("[data-unpick]")) for (const box of boxes()) box.checked = false;
  else if (target.matches("[data-pick-all]"))
    for (const box of boxes()) box.checked = (target as HTMLInputElement).checked;
  else if (target.matches("input[data-pick]")) {
    if (event.shiftKey) run(target as HTMLInputElement);
    last = target as HTMLInputElement;
  } else return;
  show();
}

export function startPicking(): void {
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:afterSettle", show);
}
