// The kinds of field in the property panel. Every change is one command, so it can be undone.
import { type Named, make } from "./data";

export interface FieldOptions {
  hint?: string;
  inWords?: (value: string) => string;
  required?: boolean;
  placeholder?: string;
  rows?: number;
  suggestions?: Named[];
}

let fields = 0;

function label(title: string, id: string, required = false): HTMLElement {
  return make("label", { for: id }, title, required ? make("span", { class: "req", "aria-hidden": "true" }, "*") : null);
}

function field(title: string, control: HTMLElement, options: FieldOptions): HTMLElement {
  const id = `p-${(fields += 1)}`;
  control.id = id;
  return make(
    "div",
    { class: "fld" },
    label(title, id, options.required),
    control,
    options.hint ? make("span", { class: "hint" }, options.hint) : null,
  );
}

export function textField(
  title: string,
  name: string,
  value: string,
  change: (value: string) => void,
  options: FieldOptions = {},
): HTMLElement {
  const tag = options.rows ? "textarea" : "input";
  const control = make(tag, {
    class: "form-control",
    name,
    placeholder: options.placeholder ?? "",
    rows: options.rows,
    autocomplete: "off",
    onchange: () => change(control.value.trim()),
  });
  control.value = value;
  const made = field(title, control, options);
  if (options.suggestions) made.append(suggestions(control, options.suggestions));
  if (options.inWords) {
    const words = make("span", { class: "hint", "data-words": name }, options.inWords(value));
    control.addEventListener("input", () => (words.textContent = options.inWords?.(control.value) ?? ""));
    made.append(words);
  }
  return made;
}

function suggestions(control: HTMLInputElement | HTMLTextAreaElement, choices: Named[]): HTMLElement {
  const list = make("datalist", { id: `l-${fields}` });
  for (const [code, title] of choices) list.append(make("option", { value: code, label: title }));
  control.setAttribute("list", list.id);
  return list;
}

// A name that is not among the choices stays, marked: it may be mended elsewhere.
export function choiceField(
  title: string,
  name: string,
  value: string,
  choices: Named[],
  change: (value: string) => void,
  options: FieldOptions & { empty?: string } = {},
): HTMLElement {
  const control = make("select", { class: "form-select", name, onchange: () => change(control.value) });
  control.append(make("option", { value: "" }, options.empty ?? "—"));
  for (const [code, words] of choices) control.append(make("option", { value: code }, words === code ? code : `${words}（${code}）`));
  if (value && !choices.some(([code]) => code === value)) control.append(make("option", { value }, `${value}（没有这个）`));
  control.value = value;
  return field(title, control, options);
}

export function switchField(title: string, hint: string, on: boolean, change: (on: boolean) => void): HTMLElement {
  const box = make("input", { type: "checkbox", role: "switch", onchange: () => change(box.checked) });
  box.checked = on;
  return make("label", { class: "row-x between switch" }, make("span", {}, title, make("span", { class: "t3 xs" }, hint)), box);
}

export function manyField(
  title: string,
  name: string,
  chosen: string[],
  choices: Named[],
  change: (chosen: string[]) => void,
  hint = "",
): HTMLElement {
  const box = make("div", { class: "choices small", role: "group", "aria-label": title });
  for (const [code, words] of choices) {
    const control = make("input", { type: "checkbox", name, value: code });
    control.checked = chosen.includes(code);
    box.append(make("label", {}, control, words));
  }
  box.addEventListener("change", () => {
    const on = [...box.querySelectorAll<HTMLInputElement>("input:checked")].map((one) => one.value);
    change(on);
  });
  return make("div", { class: "fld" }, make("label", {}, title), box, hint ? make("span", { class: "hint" }, hint) : null);
}
