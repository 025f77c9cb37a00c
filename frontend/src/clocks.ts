// Repaints the words and rings of running clocks every 30 s. It may change text; only the server changes state.
// data-left: seconds left at the moment data-at; data-limit: seconds in all; data-cal: whose working slots count.
// The slots of a calendar are asked for once, and kept by the browser's own cache between pages.
type Slots = [number, number][];

const HOUR = 3600;
// The page says what time it is for the server: a desk's own clock may be wrong, and a drill's is ahead.
const ahead = Math.round(Number(document.body.dataset.now ?? Date.now() / 1000) - Date.now() / 1000);
const calendars = new Map<string, Slots>();
const asked = new Set<string>();

function spent(since: number, until: number, spans: Slots | undefined): number {
  if (!spans) return until - since;
  return spans.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, until) - Math.max(from, since)), 0);
}

// Under 8 hours X时YY分, then 工时 with one decimal, from three working days on 工日 (elapsed clocks drop 工).
export function words(seconds: number, day: number, elapsed: boolean): string {
  const work = elapsed ? "" : "工";
  if (seconds >= 8 * HOUR && seconds >= 3 * day) return `${tenths(seconds / day)} ${work}日`;
  if (seconds >= 8 * HOUR) return `${tenths(seconds / HOUR)} ${work}时`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}时${String(minutes % 60).padStart(2, "0")}分`;
}

const tenths = (value: number): string => String(Math.floor(value * 10) / 10);

function repaint(chip: HTMLElement, now: number): void {
  const { left, at, limit, cal, day } = chip.dataset;
  const label = chip.querySelector("b");
  if (!left || !at || !label || (cal && !calendars.has(cal))) return;
  const rest = Number(left) - spent(Number(at), now, cal ? calendars.get(cal) : undefined);
  const late = chip.classList.contains("over");
  if (!late && rest <= 0) {
    label.textContent = "余 0时00分"; // overdue is for the server to say
    return;
  }
  label.textContent = `${late ? "超" : "余"} ${words(Math.abs(rest), Number(day) || 24 * HOUR, !cal)}`;
  const share = Math.min(100, Math.max(0, Math.round(100 - (100 * rest) / Math.max(1, Number(limit)))));
  chip.style.setProperty("--p", String(late ? 100 : share));
}

function chips(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(".clk[data-left]")];
}

async function learn(codes: string[]): Promise<void> {
  codes.forEach((code) => asked.add(code));
  try {
    const answer = await fetch(`${document.body.dataset.slots}?codes=${codes.map(encodeURIComponent).join(",")}`);
    const found = (await answer.json()) as Record<string, Slots>;
    for (const [code, spans] of Object.entries(found)) calendars.set(code, spans);
  } catch {
    codes.forEach((code) => asked.delete(code)); // asked again at the next repaint
  }
}

export async function repaintAll(): Promise<void> {
  const shown = chips();
  const fresh = new Set(shown.map((chip) => chip.dataset.cal ?? "").filter((code) => code && !asked.has(code)));
  if (fresh.size > 0) await learn([...fresh].sort());
  const now = Date.now() / 1000 + ahead;
  for (const chip of shown) repaint(chip, now);
}

export function startClocks(): void {
  window.setInterval(() => void repaintAll(), 30_000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void repaintAll();
  });
}
