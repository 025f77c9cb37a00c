// One stream per page. A message about a topic becomes a DOM event "live:<topic>" that fragments listen to;
// after a gap the server says "resync", and everything that listens is asked for anew.
interface Note {
  topic?: string;
  say?: string; // a change of state worth announcing to a screen reader
}

let spoke = 0;

function announce(text: string, now: number): void {
  const region = document.getElementById("announce");
  if (!region || now - spoke < 60_000) return; // at most one announcement a minute
  spoke = now;
  region.textContent = text;
}

function tell(name: string, note: Note): void {
  document.body.dispatchEvent(new CustomEvent(name, { detail: note }));
}

function hear(message: MessageEvent<string>): void {
  let note: Note;
  try {
    note = JSON.parse(message.data) as Note;
  } catch {
    return;
  }
  const family = (note.topic ?? "").split(":")[0];
  tell(`live:${family}`, note);
  if (note.say) announce(note.say, Date.now());
}

export function startLive(): void {
  const topics = document.body.dataset.live;
  if (!topics) return;
  const stream = new EventSource(`/live?topics=${encodeURIComponent(topics)}`);
  let lost = false;
  stream.addEventListener("message", hear);
  stream.addEventListener("fact", hear as EventListener);
  stream.addEventListener("resync", () => tell("live:resync", {}));
  stream.addEventListener("error", () => (lost = true));
  stream.addEventListener("open", () => {
    if (lost) tell("live:resync", {});
    lost = false;
  });
  window.addEventListener("pagehide", () => stream.close());
}
