// The grid of a decision table: one column an input or output, one line a row.
import { icon, make } from "./data";
import { type Cell, type Column, type Row, type Table, TYPES, operators, several, takesMany, takesNone, typed, written } from "./table-data";

export interface Verdict {
  problems: { at: (string | number)[]; message: string; remedy: string }[];
  examples: { row: number; values: string; fires: boolean }[];
  gap: string;
}

export class Grid {
  constructor(
    private readonly box: HTMLElement,
    readonly table: Table,
    private readonly editable: boolean,
    private readonly changed: () => void,
  ) {}

  draw(): void {
    const { inputs, outputs, rows } = this.table;
    const heads = [
      ...inputs.map((column, at) => this.head(column, inputs, at, false)),
      ...outputs.map((column, at) => this.head(column, outputs, at, true)),
    ];
    const head = make("thead", {}, make("tr", {}, make("th", { class: "no" }, "行"), ...heads, make("th", {}, "说明"), make("th", { class: "does" })));
    const body = make("tbody", { "data-rows": "" }, ...rows.map((row, at) => this.row(row, at)));
    this.box.replaceChildren(make("table", { class: "rules" }, head, body));
    if (!this.editable) for (const one of this.box.querySelectorAll<HTMLInputElement>("input,select,button")) one.disabled = true;
  }

  private redraw(): void {
    this.draw();
    this.changed();
  }

  addRow(): void {
    const then = Object.fromEntries(this.table.outputs.map((column) => [column.field, ""]));
    this.table.rows.push({ when: {}, then, note: "" });
    this.redraw();
  }

  addColumn(kind: "inputs" | "outputs"): void {
    const columns = this.table[kind];
    const taken = new Set([...this.table.inputs, ...this.table.outputs].map((one) => one.field));
    let number = columns.length + 1;
    const stem = kind === "inputs" ? "input" : "result";
    while (taken.has(`${stem}${number}`)) number += 1;
    const label = kind === "inputs" ? "条件" : "结果";
    columns.push({ field: `${stem}${number}`, label, type: "text", choices: [], optional: false });
    this.redraw();
  }

  // Marks the row that fires, and the rows and cells that are wrong.
  mark(fires: number, problems: Verdict["problems"]): void {
    const lines = [...this.box.querySelectorAll<HTMLElement>("[data-rows]>tr")];
    lines.forEach((line, at) => {
      line.classList.toggle("fires", at + 1 === fires);
      line.classList.toggle("wrong", problems.some((one) => one.at[0] === "rows" && one.at[1] === at));
    });
  }

  private head(column: Column, columns: Column[], at: number, isOutput: boolean): HTMLElement {
    const field = make("input", { class: "form-control mono", value: column.field, "aria-label": "变量", title: "变量的编码" });
    field.addEventListener("change", () => {
      this.rename(column, field.value.trim(), isOutput);
    });
    const label = make("input", { class: "form-control", value: column.label, "aria-label": isOutput ? "结果" : "条件" });
    label.addEventListener("change", () => {
      column.label = label.value.trim();
      this.changed();
    });
    const type = make("select", { class: "form-select", "aria-label": "类型" }, ...TYPES.map(([code, words]) => make("option", { value: code }, words)));
    type.value = column.type;
    type.addEventListener("change", () => {
      column.type = type.value;
      if (type.value !== "choice") column.choices = [];
      this.redraw();
    });
    const remove = make("button", { type: "button", class: "iconbtn btn-quiet small", "aria-label": "删去这一列" }, icon("x"));
    remove.addEventListener("click", () => {
      columns.splice(at, 1);
      for (const row of this.table.rows) delete (isOutput ? row.then : row.when)[column.field];
      this.redraw();
    });
    return make(
      "th",
      { class: isOutput ? "out" : "" },
      make("div", { class: "head" }, make("div", { class: "row-x" }, label, remove), field, type, this.choices(column), isOutput ? null : this.optional(column)),
    );
  }

  private choices(column: Column): HTMLElement | null {
    if (column.type !== "choice") return null;
    const list = make("input", { class: "form-control", value: column.choices.join("、"), placeholder: "甲、乙、丙", "aria-label": "选项" });
    list.addEventListener("change", () => {
      column.choices = list.value.split(/[、,，]/).map((one) => one.trim()).filter(Boolean);
      this.redraw();
    });
    return list;
  }

  private optional(column: Column): HTMLElement {
    const box = make("input", { type: "checkbox" });
    box.checked = column.optional;
    box.addEventListener("change", () => {
      column.optional = box.checked;
      this.redraw();
    });
    return make("label", { class: "row-x xs" }, box, "可以没有");
  }

  private rename(column: Column, field: string, isOutput: boolean): void {
    for (const row of this.table.rows) {
      const values: Record<string, unknown> = isOutput ? row.then : row.when;
      if (column.field in values) {
        values[field] = values[column.field];
        delete values[column.field];
      }
    }
    column.field = field;
    this.redraw();
  }

  private row(row: Row, at: number): HTMLElement {
    const { inputs, outputs, rows } = this.table;
    const note = make("input", { class: "form-control", value: row.note, "aria-label": "说明" });
    note.addEventListener("change", () => {
      row.note = note.value.trim();
      this.changed();
    });
    const move = (to: number): void => {
      rows.splice(to, 0, ...rows.splice(at, 1));
      this.redraw();
    };
    const button = (sign: string, label: string, act: () => void, off = false): HTMLElement =>
      make("button", { type: "button", class: "iconbtn btn-quiet small", "aria-label": label, disabled: off, onclick: act }, icon(sign));
    const remove = (): void => {
      rows.splice(at, 1);
      this.redraw();
    };
    return make(
      "tr",
      { "data-line": at + 1 },
      make("td", { class: "no num" }, String(at + 1)),
      ...inputs.map((column) => make("td", {}, this.cell(row, column))),
      ...outputs.map((column) => make("td", { class: "out" }, this.value(column, row.then[column.field], (value) => (row.then[column.field] = value)))),
      make("td", {}, note),
      make("td", { class: "does" }, button("arrow-up", "上移", () => move(at - 1), at === 0), button("arrow-down", "下移", () => move(at + 1), at === rows.length - 1), button("trash", "删去这一行", remove)),
    );
  }

  private cell(row: Row, column: Column): HTMLElement {
    const cell = row.when[column.field];
    const op = make("select", { class: "form-select", "aria-label": `${column.label}怎么比` }, ...operators(column).map(([code, words]) => make("option", { value: code }, words)));
    op.value = cell?.op ?? "";
    op.addEventListener("change", () => {
      if (!op.value) delete row.when[column.field];
      else row.when[column.field] = { op: op.value, values: cell?.values ?? [] };
      this.redraw();
    });
    return make("div", { class: "cell" }, op, cell && !takesNone(cell.op) ? this.values(column, cell) : null);
  }

  private values(column: Column, cell: Cell): HTMLElement {
    if (!takesMany(cell.op)) return this.value(column, cell.values[0], (value) => (cell.values = [value]));
    const list = make("input", { class: "form-control", value: cell.values.map(written).join("、"), placeholder: "用、隔开", "aria-label": column.label });
    list.addEventListener("change", () => {
      cell.values = several(column, list.value);
      this.changed();
    });
    return list;
  }

  private value(column: Column, value: Cell["values"][number] | undefined, set: (value: Cell["values"][number]) => void): HTMLElement {
    const choices = column.type === "boolean" ? ["true", "false"] : column.choices;
    const control = choices.length
      ? make("select", { class: "form-select val" }, make("option", { value: "" }, "—"), ...choices.map((one) => make("option", { value: one }, { true: "是", false: "否" }[one] ?? one)))
      : make("input", { class: "form-control val", type: column.type === "date" ? "date" : "text" });
    control.setAttribute("aria-label", column.label || column.field);
    control.value = written(value);
    control.addEventListener("change", () => {
      set(typed(column, control.value));
      this.changed();
    });
    return control;
  }
}
