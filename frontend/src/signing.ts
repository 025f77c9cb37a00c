// A signature drawn with finger, pen or mouse; whoever cannot draw types the name instead.
import { upload } from "./uploads";

const PAUSE = 1200;

function pad(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const context = canvas.getContext("2d");
  if (context) {
    context.lineWidth = 4;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#1a2233";
  }
  return context;
}

const drawn = new WeakSet<HTMLCanvasElement>();
const timers = new WeakMap<HTMLCanvasElement, number>();

function place(canvas: HTMLCanvasElement, event: PointerEvent): [number, number] {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
}

function keep(canvas: HTMLCanvasElement): void {
  const box = canvas.closest<HTMLElement>("[data-sign]");
  if (!box || !drawn.has(canvas)) return;
  canvas.toBlob((content) => {
    if (content) void upload({ address: box.dataset.sign ?? "", field: box.dataset.name ?? "", name: "签名.png", content });
  }, "image/png");
}

export function startSigning(): void {
  let active: HTMLCanvasElement | null = null;
  document.addEventListener("pointerdown", (event) => {
    const canvas = (event.target as HTMLElement).closest<HTMLCanvasElement>("canvas[data-pad]");
    if (!canvas) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    window.clearTimeout(timers.get(canvas));
    active = canvas;
    const context = pad(canvas);
    context?.beginPath();
    context?.moveTo(...place(canvas, event));
  });
  document.addEventListener("pointermove", (event) => {
    if (!active) return;
    const context = active.getContext("2d");
    context?.lineTo(...place(active, event));
    context?.stroke();
    drawn.add(active);
  });
  const end = (): void => {
    const canvas = active;
    active = null;
    if (canvas && drawn.has(canvas)) timers.set(canvas, window.setTimeout(() => keep(canvas), PAUSE));
  };
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest("[data-clear]");
    const canvas = button?.closest("[data-sign]")?.querySelector<HTMLCanvasElement>("canvas[data-pad]");
    if (!canvas) return;
    window.clearTimeout(timers.get(canvas));
    canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
    drawn.delete(canvas);
  });
  // A signature was taken away: the form is drawn again with an empty pad.
  document.addEventListener("sign-again", (event) => {
    const form = (event.target as HTMLElement).closest("form");
    const address = form?.dataset.redraw;
    if (form && address)
      void window.htmx.ajax("post", address, { source: form, target: "#unit-form", swap: "morph:outerHTML" });
  });
}
