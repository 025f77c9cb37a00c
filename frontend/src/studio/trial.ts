// 试跑: a case is played through what is drawn now. The server plays it anew after every step and keeps nothing.
import { type Data, type FormField, type Named, ask, find, icon, make, tag, showToast } from "./data";
import { type Diagram, text } from "./elements";

interface Step {
  do: "complete" | "advance" | "message";
  name?: string;
  node?: string;
  values?: Record<string, unknown>;
  seconds?: number;
}

interface State {
  open: { node: string; title: string; count: number }[];
  messages: string[];
  timers: { node: string; due: string }[];
  variables: Record<string, unknown>;
  now: string;
  ended: boolean;
  log: { what: string; text: string; element: string; at?: string }[];
  visited: string[];
  refused: string;
  taken: number;
  title?: string;
}

const WAITS: Named[] = [
  ["1800", "30 分钟"],
  ["7200", "2 小时"],
  ["28800", "8 小时"],
  ["86400", "1 天"],
  ["604800", "1 周"],
];
const clock = (moment: string): string =>
  new Date(moment).toLocaleString("zh-CN", { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });

export class Trial {
  private steps: Step[] = [];
  private variables: Record<string, unknown> = {};
  private at = "";
  private source = "";

  constructor(
    private readonly box: HTMLElement,
    private readonly diagram: Diagram,
    private readonly data: Data,
  ) {}

  async start(source: string): Promise<void> {
    this.diagram.get("selection").select(null);
    this.source = source;
    this.steps = [];
    this.at = new Date().toISOString();
    await this.play();
  }

  stop(): void {
    this.clear();
    this.box.hidden = true;
    find("[data-checks]")?.toggleAttribute("hidden", false);
  }

  private async take(step: Step): Promise<void> {
    this.steps.push(step);
    const state = await this.play();
    if (state && state.taken < this.steps.length) this.steps.length = state.taken;
  }

  private async play(): Promise<State | null> {
    const body = { source: this.source, variables: this.variables, at: this.at, steps: this.steps };
    const answer = await ask<State>(this.data.addresses.trial ?? "", body);
    if (!answer.ok) {
      showToast({ text: answer.body.title ?? "试跑不了", bad: true });
      return null;
    }
    this.box.hidden = false;
    find("[data-checks]")?.toggleAttribute("hidden", true);
    this.diagram.get("canvas").resized();
    this.drawTokens(answer.body);
    this.draw(answer.body);
    return answer.body;
  }

  // -------------------------------------------------------------------- on the diagram
  private clear(): void {
    this.diagram.get("overlays").remove({ type: "token" });
    for (const shape of this.diagram.get("elementRegistry").filter((one) => !one.labelTarget))
      for (const marker of ["was-here", "is-here"]) this.diagram.get("canvas").removeMarker(shape.id, marker);
  }

  private drawTokens(state: State): void {
    this.clear();
    const registry = this.diagram.get("elementRegistry");
    for (const id of state.visited) if (registry.get(id)) this.diagram.get("canvas").addMarker(id, "was-here");
    for (const unit of state.open) {
      if (!registry.get(unit.node)) continue;
      this.diagram.get("canvas").addMarker(unit.node, "is-here");
      const html = make("div", { class: "token-badge" }, String(unit.count));
      this.diagram.get("overlays").add(unit.node, "token", { position: { top: -12, left: 38 }, html });
    }
    const [first] = state.open;
    if (first && registry.get(first.node)) this.diagram.get("canvas").scrollToElement(first.node, 90);
  }

  // -------------------------------------------------------------------- beside it
  private draw(state: State): void {
    const back = (): void => {
      this.steps.pop();
      void this.play();
    };
    this.box.replaceChildren(
      make(
        "div",
        { class: "row-x checks-head" },
        make("span", { class: "sec-t" }, "试跑"),
        tag(`现在 ${clock(state.now)}`),
        state.ended ? tag("走到头了", "ok") : tag(`在办 ${state.open.length}`, "brand"),
        make("span", { class: "t3 xs" }, "只在本页，不写入数据"),
        make("span", { class: "grow" }),
        make("button", { type: "button", class: "btn btn-plain btn-s", disabled: !this.steps.length, onclick: back }, "退一步"),
        make("button", { type: "button", class: "btn btn-plain btn-s", onclick: () => void this.start(this.source) }, "重来"),
        make("button", { type: "button", class: "btn btn-plain btn-s", "data-trial-stop": "", onclick: () => this.stop() }, icon("x"), "结束试跑"),
      ),
      make(
        "div",
        { class: "trial-body" },
        make("div", { class: "scroll stack g2" }, ...this.refusal(state), ...state.open.map((unit) => this.unit(unit, state)), ...state.messages.map((name) => this.message(name)), this.waiting(state)),
        make("div", { class: "scroll" }, this.values(state)),
        make("ol", { class: "scroll log num", "data-log": "" }, ...state.log.map((entry) => make("li", { class: entry.what }, entry.text)).reverse()),
      ),
    );
  }

  private refusal(state: State): HTMLElement[] {
    if (!state.refused) return [];
    return [make("div", { class: "note over", role: "alert" }, icon("alert-triangle"), make("span", {}, state.refused))];
  }

  private unit(unit: State["open"][number], state: State): HTMLElement {
    const fields = this.fieldsOf(unit.node);
    const inputs = fields.map((field) => input(field, state.variables[field.code]));
    const submit = (event: Event): void => {
      event.preventDefault();
      const values = Object.fromEntries(inputs.map((one) => one.value()).filter(([, value]) => value !== undefined));
      void this.take({ do: "complete", node: unit.node, values });
    };
    return make(
      "form",
      { class: "trial-unit", "data-unit": unit.node, onsubmit: submit },
      make("div", { class: "row-x" }, make("b", { class: "grow" }, unit.title, unit.count > 1 ? ` × ${unit.count}` : ""), make("button", { class: "btn btn-primary btn-s" }, "提交")),
      ...inputs.map((one) => one.element),
    );
  }

  private fieldsOf(node: string): FormField[] {
    const shape = this.diagram.get("elementRegistry").get(node);
    const form = shape ? text(shape.businessObject, "bh:form") : "";
    const fields = this.data.names.fields[form] ?? [];
    return fields.filter((field) => !["longtext", "phone", "attachment"].includes(field.type));
  }

  private waiting(state: State): HTMLElement {
    const select = make("select", { class: "form-select", "aria-label": "过多久" });
    for (const [seconds, words] of WAITS) select.append(make("option", { value: seconds }, words));
    const next = state.timers[0];
    if (next) {
      const seconds = Math.max(0, (Date.parse(next.due) - Date.parse(state.now)) / 1000);
      select.prepend(make("option", { value: String(seconds), selected: true }, `到下一个定时 ${clock(next.due)}`));
    }
    const go = (): void => void this.take({ do: "advance", seconds: Number(select.value) });
    return make("div", { class: "row-x" }, select, make("button", { type: "button", class: "btn btn-plain btn-s", "data-advance": "", disabled: state.ended, onclick: go }, icon("clock-hour-4"), "时间过去"));
  }

  private message(name: string): HTMLElement {
    const send = (): void => void this.take({ do: "message", name });
    const button = make("button", { type: "button", class: "btn btn-plain btn-s", "data-message": name, onclick: send }, icon("mail"), "收到");
    return make("div", { class: "row-x" }, make("span", { class: "grow" }, `在等“${name}”`), button);
  }

  // Variables with which the case begins; changing one plays the steps again from the start.
  private values(state: State): HTMLElement {
    const names = new Map(this.data.names.variables);
    const rows = Object.entries(state.variables).map(([name, value]) => {
      const control = make("input", { class: "form-control", "aria-label": name, value: typeof value === "string" ? value : JSON.stringify(value) });
      control.addEventListener("change", () => this.change(name, control.value));
      return make("div", { class: "row-x variable" }, make("span", { class: "grow ell", title: name }, names.get(name) ?? name), control);
    });
    const add = make("input", { class: "form-control", placeholder: "变量=值，回车加上", "aria-label": "加变量", "data-add-variable": "" });
    add.addEventListener("change", () => {
      const [name, value] = add.value.split("=");
      if (name && value !== undefined) this.change(name.trim(), value.trim());
    });
    return make("div", { class: "stack g2" }, make("span", { class: "t3 xs" }, "变量（开单时的值）"), ...rows, add);
  }

  private change(name: string, written: string): void {
    this.variables = { ...this.variables, [name]: parsed(written) };
    void this.play();
  }
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(written) as unknown;
  } catch {
    return written;
  }
}

interface Input {
  element: HTMLElement;
  value: () => [string, unknown];
}

function input(field: FormField, known: unknown): Input {
  const choices: Named[] = field.type === "boolean" ? [["true", "是"], ["false", "否"]] : field.choices;
  const control = choices.length
    ? make("select", { class: "form-select" }, make("option", { value: "" }, "—"), ...choices.map(([code, words]) => make("option", { value: code }, words)))
    : make("input", { class: "form-control", type: field.type === "date" ? "date" : "text" });
  control.name = field.code;
  control.value = String(known ?? field.default ?? "");
  const element = make("label", { class: "trial-field" }, make("span", { class: "ell" }, field.label, field.required ? "*" : ""), control);
  return { element, value: () => [field.code, typed(field.type, control.value)] };
}

function typed(type: string, value: string): unknown {
  if (value === "") return undefined;
  if (type === "number" || type === "money") return Number(value);
  if (type === "boolean") return value === "true";
  if (type === "multichoice") return value.split(/[,，]/);
  return value;
}
