// One line at the top right: done for 5 s (10 s with an undo), failures until closed; never more than three.
export interface Toast {
  text: string;
  bad?: boolean;
  undo?: string; // address the undo is posted to
}

const MOST = 3;

function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

function undoButton(address: string, seconds: number, close: () => void): HTMLButtonElement {
  const made = button(`撤销 ${seconds} 秒`, "撤销", () => {
    close();
    void window.htmx.ajax("post", address, { target: "#toasts", swap: "none" });
  });
  const timer = window.setInterval(() => {
    seconds -= 1;
    made.textContent = `撤销 ${seconds} 秒`;
    if (seconds <= 0) window.clearInterval(timer);
  }, 1000);
  return made;
}

export function showToast(toast: Toast): void {
  const box = document.getElementById("toasts");
  if (!box) return;
  const line = document.createElement("div");
  line.className = toast.bad ? "toast-x bad" : "toast-x";
  line.setAttribute("role", toast.bad ? "alert" : "status");
  const sign = document.createElement("i");
  sign.className = toast.bad ? "ti ti-alert-triangle c-over" : "ti ti-circle-check c-ok";
  sign.setAttribute("aria-hidden", "true");
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = toast.text;
  const close = (): void => line.remove();
  line.append(sign, words);
  if (toast.undo) line.append(undoButton(toast.undo, 10, close));
  line.append(button("×", "关闭", close));
  box.prepend(line);
  while (box.children.length > MOST) box.lastElementChild?.remove();
  if (!toast.bad) window.setTimeout(close, toast.undo ? 10_000 : 5_000);
}

document.addEventListener("toast", (event) => showToast((event as CustomEvent<Toast>).detail));
