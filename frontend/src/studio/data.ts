// What the server hands to a page of the studio, and small ways to build elements and ask for JSON.
// Bundles of the studio stand beside app.js: they share events with it, not modules that act when they load.

export type Named = [code: string, title: string];

export interface FormField {
  code: string;
  label: string;
  type: string;
  required: boolean;
  choices: Named[];
  default: unknown;
}

export interface Names {
  posts: Named[];
  forms: Named[];
  calendars: Named[];
  decisions: Named[];
  processes: Named[];
  verbs: string[];
  variables: Named[];
  charges: Named[];
  fields: Record<string, FormField[]>;
}

export interface Problem {
  element: string;
  message: string;
  remedy: string;
  error: boolean;
}

export interface Data {
  id: number;
  code: string;
  rev: number;
  editable: boolean;
  xml: string;
  names: Names;
  problems: Problem[];
  addresses: Record<string, string>;
}

export interface Answer<T> {
  ok: boolean;
  status: number;
  body: T;
}

export interface Toast {
  text: string;
  bad?: boolean;
}

export const showToast = (detail: Toast): boolean => document.dispatchEvent(new CustomEvent("toast", { detail }));

const csrfToken = (): string => document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";

export const find = <T extends HTMLElement>(selector: string): T | null => document.querySelector<T>(selector);

export function read<T>(id = "studio-data"): T {
  return JSON.parse((document.getElementById(id) as HTMLTextAreaElement).value) as T;
}

export function icon(name: string): HTMLElement {
  return make("i", { class: `ti ti-${name}`, "aria-hidden": "true" });
}

// An element with attributes, listeners (names beginning with "on") and children.
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, unknown> = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value as EventListener);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child): child is Node | string => child !== null));
  return made;
}

export async function ask<T>(address: string, body: unknown): Promise<Answer<T>> {
  const answer = await fetch(address, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
  });
  return { ok: answer.ok, status: answer.status, body: (await answer.json()) as T };
}

export function later(act: () => void, delay: number): () => void {
  let timer = 0;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(act, delay);
  };
}

export function tag(text: string, tone = ""): HTMLElement {
  return make("span", { class: `tag ${tone}`.trim() }, text);
}
