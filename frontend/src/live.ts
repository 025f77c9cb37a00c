// One stream per page. A message names a fact; the page turns it into a DOM event that fragments listen to
// ("live:queue", "live:case"), and they ask for themselves again (docs/decisions/0071).
interface News {
  name: string;
  subject: string;
  root: string;
}

const AT_ONCE = 200;
const SOON = 1_000;
const LATER = 15_000; // a unit that is not on this page may be new here, but is rarely ours
const HIDDEN_FOR = 60_000;
const waiting = new Map<string, number>();
let stream: EventSource | undefined;
let asked = "";
let spoke = 0;
let asleep = false;
let leaving = 0;
let resyncedAt = 0;

function tell(event: string): void {
  waiting.delete(event);
  document.body.dispatchEvent(new CustomEvent(event));
}

function tellIn(event: string, delay: number): void {
  const due = Date.now() + delay;
  const known = waiting.get(event);
  if (known !== undefined && known <= due) return;
  waiting.set(event, due);
  window.setTimeout(() => waiting.get(event) === due && tell(event), delay);
}

// At most one announcement a minute; only changes of state are worth one.
function announce(news: News): void {
  const card = document.getElementById(`q-${news.subject.replace("unit:", "")}`);
  const region = document.getElementById("announce");
  const what = { "clock.warned": "预警", "clock.overdue": "超期" }[news.name];
  if (!card || !region || !what || Date.now() - spoke < 60_000) return;
  spoke = Date.now();
  region.setAttribute("aria-live", news.name === "clock.overdue" ? "assertive" : "polite");
  region.textContent = `${card.querySelector(".num")?.textContent ?? ""} ${what}`;
}

function hear(message: MessageEvent<string>): void {
  const news = JSON.parse(message.data) as News;
  if (news.name.startsWith("notice.")) return tellIn("live:notices", AT_ONCE);
  if (news.name.startsWith("duty.") || news.name.startsWith("plan.")) return tellIn("live:duty", AT_ONCE);
  const shown = document.querySelector<HTMLElement>("[data-case]")?.dataset.case;
  if (shown && news.root === `case:${shown}`) tellIn("live:case", SOON);
  const known = document.getElementById(`q-${news.subject.replace("unit:", "")}`) !== null;
  if (known || news.root === `case:${shown}`) tellIn("live:queue", SOON);
  else if (news.name.startsWith("unit.")) tellIn("live:queue", LATER);
  announce(news);
}

// Where very much happens a page may be told again and again that it missed something: it asks anew soon, each page at
// its own moment, and then not more often than what it listens to is worth.
function resync(): void {
  const wait = Math.max(SOON * (0.2 + 2 * Math.random()), resyncedAt + LATER - Date.now());
  resyncedAt = Date.now() + wait;
  tellIn("live:resync", wait);
}

function topics(): string {
  const shown = document.querySelector<HTMLElement>("[data-case]")?.dataset.case;
  const { live, me } = document.body.dataset;
  const wanted = [live ?? "", me ?? "", shown ? `case:${shown}` : ""];
  return wanted.filter(Boolean).join(",");
}

// A browser keeps few connections to one server: a page nobody looks at gives its own back after a while, and
// asks for everything anew when it is looked at again.
function listen(): void {
  const wanted = asleep ? "" : topics();
  if (wanted === asked) return;
  stream?.close();
  asked = wanted;
  if (!wanted) return;
  let lost = false;
  stream = new EventSource(`/live?topics=${encodeURIComponent(wanted)}`);
  stream.addEventListener("fact", hear);
  stream.addEventListener("board", (message: MessageEvent<string>) => {
    document.body.dispatchEvent(new CustomEvent("live:board", { detail: JSON.parse(message.data) }));
  });
  stream.addEventListener("resync", resync);
  stream.addEventListener("error", () => (lost = true));
  stream.addEventListener("open", () => {
    if (lost) tell("live:resync");
    lost = false;
  });
}

// The card of the case that is open beside the queue is marked, however either of them was loaded.
function mark(): void {
  const number = document.querySelector<HTMLElement>("#case [data-number]")?.dataset.number;
  for (const card of document.querySelectorAll<HTMLElement>("#queue .q")) {
    const on = number !== undefined && card.querySelector(".num")?.textContent === number;
    card.classList.toggle("on", on);
    if (on) card.setAttribute("aria-current", "true");
    else card.removeAttribute("aria-current");
  }
}

function sleepOrWake(): void {
  window.clearTimeout(leaving);
  if (document.hidden) {
    leaving = window.setTimeout(() => {
      asleep = true;
      listen();
    }, HIDDEN_FOR);
  } else if (asleep) {
    asleep = false;
    listen();
    tell("live:resync");
  }
}

export function startLive(): void {
  document.addEventListener("visibilitychange", sleepOrWake);
  listen();
  // On a narrow page an opened case takes the queue's place.
  document.addEventListener("case-shown", () => document.getElementById("workbench")?.classList.add("one"));
  document.addEventListener("htmx:afterSettle", () => {
    listen();
    mark();
  });
  window.addEventListener("pagehide", () => stream?.close());
}
