// The command desk: changed lines come in the stream, drawn by the server; figures and side panels are asked for
// again a little later, each screen at its own moment (docs/decisions/0220).
import htmx from "htmx.org";
import { repaintAll } from "./clocks";

interface Board {
  rows: [number, string][];
  gone: number[];
}

const MOST = 150;
const FRESH_MS = 4_000;
const held = new Map<number, string>();
const waiting = new Map<string, number>();

const list = (): HTMLElement | null => document.getElementById("board-rows");
const lineOf = (id: number): HTMLElement | null => document.getElementById(`alert-${id}`);

function soon(event: string, from: number, to: number): void {
  if (waiting.has(event)) return;
  const delay = from + Math.random() * (to - from);
  waiting.set(
    event,
    window.setTimeout(() => {
      waiting.delete(event);
      document.body.dispatchEvent(new CustomEvent(event));
    }, delay),
  );
}

function drawn(html: string): HTMLElement | null {
  const frame = document.createElement("template");
  frame.innerHTML = html;
  return frame.content.firstElementChild as HTMLElement | null;
}

// The page's own filter decides whether a line is shown here.
function wanted(line: HTMLElement, table: HTMLElement): boolean {
  const { tier, unit, process, level } = table.dataset;
  if (tier && !line.dataset.tiers?.split(" ").includes(tier)) return false;
  if (unit && !line.dataset.units?.split(" ").includes(unit)) return false;
  if (process && line.dataset.process !== process) return false;
  return !level || Number(line.dataset.level) >= Number(level);
}

const rank = (line: HTMLElement): number => Number(line.dataset.rank) || Number.MAX_VALUE;

function place(line: HTMLElement, table: HTMLElement): void {
  const after = [...table.children].find((one) => rank(one as HTMLElement) > rank(line));
  if (!after && table.dataset.more === "yes") return; // it belongs to a later page
  table.insertBefore(line, after ?? null);
  while (table.childElementCount > MOST) table.lastElementChild?.remove();
}

// Rows never move under the pointer: a line that is here is replaced where it stands, a new one waits.
function put(id: number, html: string, table: HTMLElement, isBusy: boolean): void {
  const line = drawn(html);
  const old = lineOf(id);
  if (!line || !wanted(line, table)) {
    if (old && !isBusy) old.remove();
    return;
  }
  if (old) {
    const picked = old.querySelector<HTMLInputElement>("[data-pick]")?.checked ?? false;
    const box = line.querySelector<HTMLInputElement>("[data-pick]");
    if (box) box.checked = picked;
    const moves = rank(old) !== rank(line) && !isBusy;
    if (moves) {
      old.remove();
      place(line, table);
    } else old.replaceWith(line);
  } else if (isBusy) {
    held.set(id, html);
    return;
  } else {
    line.classList.add("fresh");
    window.setTimeout(() => line.classList.remove("fresh"), FRESH_MS);
    place(line, table);
  }
  if (line.isConnected) htmx.process(line);
}

function tellHeld(): void {
  const bar = document.getElementById("board-held");
  const words = bar?.querySelector<HTMLElement>("[data-held]");
  if (!bar || !words) return;
  bar.hidden = held.size === 0;
  const newest = drawn([...held.values()].pop() ?? "");
  const number = newest?.querySelector(".num")?.textContent ?? "";
  const title = newest?.querySelector("b.ell")?.textContent ?? "";
  words.textContent = held.size ? `有 ${held.size} 条新告警：${number} ${title}` : "";
}

function showHeld(): void {
  const table = list();
  if (!table) return;
  const fresh = [...held];
  held.clear();
  for (const [id, html] of fresh) put(id, html, table, false);
  tellHeld();
  tidy(table);
}

function tidy(table: HTMLElement): void {
  const empty = document.getElementById("board-empty");
  if (empty) empty.hidden = table.childElementCount > 0;
  mark();
  void repaintAll();
}

function mark(): void {
  const open = document.querySelector<HTMLElement>("[data-drawer-case]")?.dataset.drawerCase;
  for (const line of document.querySelectorAll<HTMLElement>("#board-rows > tr")) {
    const on = line.dataset.caseId === open;
    line.classList.toggle("on", on);
    if (on) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}

function hear(news: Board): void {
  const table = list();
  if (!table) return;
  const isBusy = table.matches(":hover");
  const before = new Set([...table.querySelectorAll<HTMLElement>('[data-tiers~="supervised"]')].map((one) => one.id));
  for (const [id, html] of news.rows) put(id, html, table, isBusy);
  for (const id of news.gone) {
    held.delete(id);
    const line = lineOf(id);
    if (line && isBusy) line.classList.add("gone");
    else line?.remove();
  }
  tellHeld();
  tidy(table);
  const shown = Number(document.querySelector<HTMLElement>("[data-drawer-case]")?.dataset.drawerCase);
  const touched = [...news.rows.map(([id]) => id), ...news.gone];
  if (touched.includes(shown)) document.body.dispatchEvent(new CustomEvent("live:drawer"));
  const orders = news.rows.some(([, html]) => html.includes("supervised")) || touched.some((id) => before.has(`alert-${id}`));
  if (orders) soon("live:orders", 200, 700);
  soon("live:figures", 4_000, 10_000);
  soon("live:loads", 15_000, 30_000);
  const at = document.querySelector("[data-live-at]");
  if (at) at.textContent = new Date().toLocaleTimeString("zh-CN", { hour12: false });
}

export function startCommand(): void {
  if (!document.getElementById("command")) return;
  document.body.addEventListener("live:board", (event) => hear((event as CustomEvent<Board>).detail));
  document.addEventListener("pointerover", (event) => {
    if (held.size && !(event.target as HTMLElement).closest("#board")) showHeld();
  });
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-held-show]")) showHeld();
    if (target.id === "o-reason") target.focus();
  });
  document.addEventListener("htmx:afterSettle", mark);
}
