// Saving a draft: nothing is lost. What is not saved yet is kept in this browser; two who save are shown both.
import { type Answer, ask, find, icon, make, showToast } from "./data";

export interface Theirs {
  rev: number;
  who: string;
  source: unknown;
}

interface Saved {
  rev?: number;
  title?: string;
  saved?: Theirs;
}

export interface Draft {
  id: number;
  rev: number;
  address: string;
  // What is sent, e.g. {source} or {table}; and its text, to know whether it changed.
  content: () => Promise<{ body: Record<string, unknown>; words: string }>;
  showBoth: (mine: Record<string, unknown>, theirs: Theirs, box: HTMLElement) => Promise<void>;
}

export class Saving {
  private saved = "";
  private dirty = false;

  constructor(private readonly draft: Draft) {
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
  }

  private get shelf(): string {
    return `bh.studio.${this.draft.id}`;
  }

  async begin(): Promise<void> {
    this.saved = (await this.draft.content()).words;
  }

  // What was not saved when the page was left, as long as nobody saved since.
  leftBehind(): string | null {
    const kept = localStorage.getItem(this.shelf);
    if (!kept) return null;
    const { rev, words } = JSON.parse(kept) as { rev: number; words: string };
    return rev === this.draft.rev ? words : null;
  }

  async changed(): Promise<void> {
    const { words } = await this.draft.content();
    this.dirty = words !== this.saved;
    if (this.dirty) localStorage.setItem(this.shelf, JSON.stringify({ rev: this.draft.rev, words }));
    else localStorage.removeItem(this.shelf);
    this.say(this.dirty ? "有没存的修改" : "");
  }

  async save(): Promise<boolean> {
    (document.activeElement as HTMLElement | null)?.blur();
    const { body, words } = await this.draft.content();
    let answer: Answer<Saved>;
    try {
      answer = await ask<Saved>(this.draft.address, { ...body, rev: this.draft.rev });
    } catch {
      showToast({ text: "没连上服务器，修改留在本机，连上后再存", bad: true });
      return false;
    }
    if (answer.status === 409 && answer.body.saved) {
      await this.conflict(body, answer.body.saved);
      return false;
    }
    if (!answer.ok) {
      showToast({ text: answer.body.title ?? "没存上，修改留在本机", bad: true });
      return false;
    }
    this.draft.rev = answer.body.rev ?? this.draft.rev;
    this.saved = words;
    this.dirty = false;
    localStorage.removeItem(this.shelf);
    this.say("刚刚保存");
    return true;
  }

  // Lets the page be left, e.g. for a version that was just published.
  settle(): void {
    this.dirty = false;
    localStorage.removeItem(this.shelf);
  }

  private say(text: string): void {
    const place = find("[data-saved]");
    if (place && text) place.textContent = text;
  }

  private async conflict(mine: Record<string, unknown>, theirs: Theirs): Promise<void> {
    const dialog = find<HTMLDialogElement>("#conflict");
    if (!dialog) return;
    const box = make("div", { class: "dlg-body" });
    const overwrite = async (): Promise<void> => {
      this.draft.rev = theirs.rev;
      dialog.close();
      if (await this.save()) showToast({ text: "已按您的这份保存" });
    };
    const take = (): void => {
      this.settle();
      location.reload();
    };
    const close = (): void => dialog.close();
    dialog.replaceChildren(
      make(
        "div",
        { class: "dlg-head row-x" },
        icon("git-compare"),
        make("h2", { class: "grow" }, `${theirs.who} 刚保存过这份草稿`),
        make("button", { type: "button", class: "iconbtn btn-quiet", "aria-label": "关闭", onclick: close }, icon("x")),
      ),
      box,
      make(
        "div",
        { class: "dlg-foot row-x" },
        make("span", { class: "t3 xs" }, "两份都在，选一份保存；关闭则接着改您的。"),
        make("span", { class: "grow" }),
        make("button", { type: "button", class: "btn btn-plain", "data-take-theirs": "", onclick: take }, "用对方的"),
        make("button", { type: "button", class: "btn btn-primary", "data-keep-mine": "", onclick: () => void overwrite() }, "用我的"),
      ),
    );
    dialog.showModal();
    await this.draft.showBoth(mine, theirs, box);
  }
}

// The publish button saves first, then asks for the reason in the dialog every action uses.
export async function publish(saving: Saving, address: string): Promise<void> {
  if (!(await saving.save())) return;
  saving.settle();
  await window.htmx.ajax("get", address, { target: "#dialog", swap: "innerHTML" });
}
