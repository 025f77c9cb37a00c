// One <dialog> for every confirmation with a reason; it is filled by the server and closed by its answer.
export function startDialogs(): void {
  const dialog = document.getElementById("dialog") as HTMLDialogElement | null;
  if (!dialog) return;
  dialog.addEventListener("htmx:afterSwap", () => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) menu.open = false;
    if (!dialog.open && dialog.childElementCount > 0) dialog.showModal();
    dialog.querySelector<HTMLElement>("[autofocus]")?.focus();
  });
  document.addEventListener("dialog-close", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target === dialog || target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.replaceChildren());
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const opener = target.closest<HTMLElement>("[data-drawer]");
    if (opener) document.querySelector(opener.dataset.drawer ?? "")?.classList.toggle("ctx");
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]"))
      if (!menu.contains(target)) menu.open = false;
    if (target.closest("[data-print]")) window.print();
  });
}
