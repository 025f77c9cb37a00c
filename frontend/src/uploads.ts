// Files of a form are sent as soon as they are chosen and become numbers in it, so a draft holds them.
// What cannot be sent stays in the browser's own database and is sent when the network is back, also after the
// page was closed; then the number is added to the form it belongs to, if that is on the page.
import { csrfToken } from "./htmx";
import { changed } from "./drafts";

interface Waiting {
  id?: number;
  address: string;
  field: string;
  name: string;
  content: Blob;
}

const STORE = "files";
const SENDING = "正在上传…";
const WAITS = "网络断了，文件已留在本机，连上后自动传";

class Refused extends Error {}

function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("bihuan-uploads", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    opening.onsuccess = () => resolve(opening.result.transaction(STORE, mode).objectStore(STORE));
    opening.onerror = () => reject(opening.error ?? new Error("no database"));
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("not stored"));
  });
}

async function send(file: Waiting): Promise<string> {
  const body = new FormData();
  body.set("field", file.field);
  body.set("file", file.content, file.name);
  const answer = await fetch(file.address, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true", Accept: "text/html" },
  });
  if (answer.redirected) throw new Error("signed out"); // kept until somebody is signed in again
  if (answer.ok) return answer.text();
  if (answer.status === 413) throw new Refused("文件太大，请压缩后再传");
  if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
  throw new Refused(refusal(answer) || "没有传上，请刷新页面再试");
}

// A refusal of ours comes as a toast in the headers.
function refusal(answer: Response): string {
  try {
    const told = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}") as Record<string, { text?: string; message?: string }>;
    return told.toast?.text ?? told.toast?.message ?? "";
  } catch {
    return "";
  }
}

const boxOf = (file: Waiting): HTMLElement | undefined =>
  [...document.querySelectorAll<HTMLElement>("[data-uploads],[data-sign]")].find(
    (box) => (box.dataset.uploads ?? box.dataset.sign) === file.address && box.dataset.name === file.field,
  );

function say(box: HTMLElement | undefined, text: string): void {
  const said = box?.querySelector("[data-said]");
  if (said) said.textContent = text;
}

function show(box: HTMLElement | undefined, item: string): void {
  if (!box) return;
  const kept = document.createElement("template");
  kept.innerHTML = item.trim();
  const one = box.matches("[data-sign]");
  let list = box.querySelector("ul.files");
  if (!list || one) {
    list = document.createElement("ul");
    list.className = "files";
    if (one) box.querySelectorAll("canvas, .row-x, ul").forEach((part) => part.remove());
    box.prepend(list);
  }
  list.append(kept.content);
  say(box, "");
  changed(box);
}

export async function upload(file: Waiting): Promise<void> {
  say(boxOf(file), SENDING);
  try {
    show(boxOf(file), await send(file));
  } catch (wrong) {
    if (wrong instanceof Refused) return say(boxOf(file), wrong.message);
    try {
      await done((await store("readwrite")).add(file));
      say(boxOf(file), WAITS);
    } catch {
      say(boxOf(file), "没有传上，也没能留在本机，请稍后重新选择");
    }
  }
}

let retrying = false;

async function retry(): Promise<void> {
  if (retrying || !navigator.onLine) return;
  retrying = true;
  try {
    for (const file of await done<Waiting[]>((await store("readonly")).getAll())) {
      // Only what belongs to a form on this page: its number has to get into the form.
      if (!boxOf(file)) continue;
      try {
        show(boxOf(file), await send(file));
      } catch (wrong) {
        if (!(wrong instanceof Refused)) throw wrong;
        say(boxOf(file), wrong.message);
      }
      await done((await store("readwrite")).delete(file.id ?? 0));
    }
  } catch {
    // Still no network: the next "online" tries again.
  } finally {
    retrying = false;
  }
}

export function startUploads(): void {
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    const box = input.closest<HTMLElement>("[data-uploads]");
    if (!box || !input.matches("[data-upload]")) return;
    const [address, field] = [box.dataset.uploads ?? "", box.dataset.name ?? ""];
    const files = [...(input.files ?? [])];
    input.value = "";
    void (async () => {
      for (const file of files) await upload({ address, field, name: file.name, content: file });
    })();
  });
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest("[data-file-remove]");
    if (!button) return;
    const box = button.closest<HTMLElement>("[data-uploads],[data-sign]");
    button.closest("li")?.remove();
    if (box) changed(box);
    if (box?.matches("[data-sign]")) box.dispatchEvent(new CustomEvent("sign-again", { bubbles: true }));
  });
  window.addEventListener("online", () => void retry());
  document.addEventListener("htmx:afterSettle", () => void retry());
  void retry();
}
