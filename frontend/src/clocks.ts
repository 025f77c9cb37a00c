// Repaints the words and rings of running clocks every 30 s. It may change text; only the server changes state.
// data-left: seconds left at the moment data-at; data-limit: seconds in all; data-cal: whose working slots count.
type Slots = Record<string, [number, number][]>;

const HOUR = 3600;

function slots(): Slots {
  return JSON.parse(document.body.dataset.slots ?? "{}") as Slots;
}

function spent(since: number, until: number, spans: [number, number][] | undefined): number {
  if (!spans) return until - since;
  return spans.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, until) - Math.max(from, since)), 0);
}

// Under 8 hours X时YY分, then 工时 with one decimal, from three working days on 工日 (elapsed clocks drop 工).
export function words(seconds: number, day: number, elapsed: boolean): string {
  if (seconds >= 3 * day) return `${trim(seconds / day)} ${elapsed ? "天" : "工日"}`;
  if (seconds >= 8 * HOUR) return `${trim(seconds / HOUR)} ${elapsed ? "小时" : "工时"}`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}时${String(minutes % 60).padStart(2, "0")}分`;
}

const trim = (value: number): string => value.toFixed(1).replace(/\.0$/, "");

function repaint(chip: HTMLElement, now: number, calendars: Slots): void {
  const { left, at, limit, cal, day } = chip.dataset;
  const label = chip.querySelector("b");
  if (!left || !at || !label) return;
  const rest = Number(left) - spent(Number(at), now, cal ? calendars[cal] : undefined);
  const late = chip.classList.contains("over");
  if (!late && rest <= 0) {
    label.textContent = "余 0时00分"; // overdue is for the server to say
    return;
  }
  label.textContent = `${late ? "超" : "余"} ${words(Math.abs(rest), Number(day) || 24 * HOUR, !cal)}`;
  const share = Math.min(100, Math.max(0, Math.round(100 - (100 * rest) / Math.max(1, Number(limit)))));
  chip.style.setProperty("--p", String(late ? 100 : share));
}

export function repaintAll(): void {
  const now = Date.now() / 1000;
  const calendars = slots();
  for (const chip of document.querySelectorAll<HTMLElement>(".clk[data-left]")) repaint(chip, now, calendars);
}

export function startClocks(): void {
  window.setInterval(repaintAll, 30_000);
  document.addEventListener("visibilitychange", () => document.hidden || repaintAll());
}
