// The decision table's page: grid, problems, an example to try, saving.
import { type Problem, ask, find, icon, later, make, read, showToast, tag } from "./studio/data";
import { Saving, publish } from "./studio/saving";
import { type Table, typed, written } from "./studio/table-data";
import { Grid, type Verdict } from "./studio/table-grid";

interface Data {
  id: number;
  rev: number;
  editable: boolean;
  table: Table;
  addresses: Record<string, string>;
}

interface Fired {
  row: number;
  why: string;
  output?: Record<string, unknown>;
  note?: string;
}

class Editor {
  private readonly grid: Grid;
  private readonly saving: Saving;
  private readonly example: Record<string, string> = {};
  private verdict: Verdict = { problems: [], examples: [], gap: "" };
  private fired = 0;

  constructor(private readonly data: Data) {
    const soon = later(() => void this.check(), 500);
    this.grid = new Grid(find("[data-grid]") as HTMLElement, data.table, data.editable, () => {
      void this.saving.changed();
      this.drawExample();
      soon();
    });
    this.saving = new Saving({
      id: data.id,
      rev: data.rev,
      address: data.addresses.save ?? "",
      content: () => Promise.resolve({ body: { table: data.table, title: data.table.title }, words: JSON.stringify(data.table) }),
      showBoth: (mine, theirs, box) => {
        for (const [title, table] of [["对方的", theirs.source], ["我的", mine.table]] as [string, Table][]) {
          const place = make("div", { class: "scroll" });
          box.append(make("div", { class: "half" }, make("b", {}, title), place));
          new Grid(place, table, false, () => undefined).draw();
        }
        return Promise.resolve();
      },
    });
  }

  async begin(): Promise<void> {
    await this.saving.begin();
    const kept = this.data.editable ? this.saving.leftBehind() : null;
    if (kept) {
      Object.assign(this.data.table, JSON.parse(kept));
      showToast({ text: "接着上次没保存的修改" });
    }
    this.bar();
    this.grid.draw();
    this.drawExample();
    const act = (selector: string, doIt: () => void): void => find(selector)?.addEventListener("click", doIt);
    act("[data-save]", () => void this.saving.save());
    act("[data-check]", () => void this.check());
    act("[data-publish]", () => void publish(this.saving, this.data.addresses.publish ?? ""));
    for (const unused of ["[data-undo]", "[data-redo]"]) find(unused)?.remove();
    await this.check();
    find("#studio")?.setAttribute("data-ready", "");
  }

  private bar(): void {
    const { table, editable } = this.data;
    const title = make("input", { class: "form-control", value: table.title, "aria-label": "名称", disabled: !editable });
    title.addEventListener("change", () => {
      table.title = title.value.trim();
      void this.saving.changed();
    });
    const hit = make(
      "select",
      { class: "form-select", "aria-label": "命中", disabled: !editable },
      make("option", { value: "first" }, "从上往下，第一行符合的算"),
      make("option", { value: "unique" }, "只能有一行符合"),
    );
    hit.value = table.hit;
    hit.addEventListener("change", () => {
      table.hit = hit.value;
      void this.saving.changed();
      void this.check();
    });
    const button = (words: string, act: () => void): HTMLElement =>
      make("button", { type: "button", class: "btn btn-plain btn-s", onclick: act }, icon("plus"), words);
    find("[data-table-bar]")?.append(
      title,
      hit,
      ...(editable
        ? [button("行", () => this.grid.addRow()), button("条件列", () => this.grid.addColumn("inputs")), button("结果列", () => this.grid.addColumn("outputs"))]
        : []),
    );
  }

  private async check(): Promise<void> {
    const answer = await ask<Verdict & { title?: string }>(this.data.addresses.check ?? "", { table: this.data.table });
    if (!answer.ok) {
      showToast({ text: answer.body.title ?? "没检查成", bad: true });
      return;
    }
    this.verdict = answer.body;
    this.showProblems();
    this.drawExample();
  }

  private showProblems(): void {
    const { problems, gap, examples } = this.verdict;
    const failed = examples.filter((one) => !one.fires);
    const shown: Problem[] = [
      ...problems.map((one) => ({ element: where(one.at), message: one.message, remedy: one.remedy, error: true })),
      ...failed.map((one) => ({ element: `第 ${one.row} 行`, message: `举例不归这一行：${one.values}`, remedy: "检查行的次序", error: true })),
      ...(gap ? [{ element: "", message: `这种情况没有一行管：${gap}`, remedy: "加一行，或在最后加一行“不论”", error: false }] : []),
    ];
    const errors = shown.filter((one) => one.error).length;
    find("[data-counts]")?.replaceChildren(errors ? tag(`错误 ${errors}`, "over") : tag(`每行一例，${examples.length} 行都对`, "ok"), gap ? tag("提醒 1", "warn") : "");
    find("[data-problems]")?.replaceChildren(
      ...shown.map((one) =>
        make("tr", {}, make("td", { class: "nowrap" }, tag(one.element || "整表", one.error ? "over" : "warn")), make("td", {}, one.message), make("td", { class: "t3" }, one.remedy)),
      ),
    );
    this.grid.mark(this.fired, problems);
  }

  // 试一试: values for the inputs, and which row they fire.
  private drawExample(): void {
    const fields = this.data.table.inputs.map((column) => {
      const choices = column.type === "boolean" ? ["true", "false"] : column.choices;
      const control = choices.length
        ? make("select", { class: "form-select" }, make("option", { value: "" }, "（空）"), ...choices.map((one) => make("option", { value: one }, one)))
        : make("input", { class: "form-control", type: column.type === "date" ? "date" : "text" });
      control.name = `try-${column.field}`;
      control.value = this.example[column.field] ?? "";
      control.addEventListener("change", () => {
        this.example[column.field] = control.value;
        void this.fire();
      });
      return make("label", { class: "fld" }, make("span", { class: "xs t2" }, column.label || column.field), control);
    });
    const rows = this.verdict.examples.map((one) =>
      make("li", { class: "row-x" }, tag(String(one.row), one.fires ? "ok" : "over"), make("span", { class: "xs" }, one.values || "不论")),
    );
    find("[data-example]")?.replaceChildren(
      make("div", { class: "hd" }, icon("player-play"), make("h2", {}, "试一试")),
      make(
        "div",
        { class: "bd stack scroll grow g3" },
        ...fields,
        make("div", { "data-fired": "", "aria-live": "polite" }),
        make("div", { class: "sec-t" }, "每行一例"),
        make("ul", { class: "stack g1", "data-examples": "" }, ...rows),
      ),
    );
  }

  private async fire(): Promise<void> {
    const values = Object.fromEntries(
      this.data.table.inputs.map((column) => {
        const text = this.example[column.field] ?? "";
        return [column.field, text === "" ? null : typed(column, text)];
      }),
    );
    const answer = await ask<Fired>(this.data.addresses.try ?? "", { table: this.data.table, values });
    const { row, why, output, note } = answer.body;
    this.fired = row;
    const labels = new Map(this.data.table.outputs.map((one) => [one.field, one.label || one.field]));
    const found = Object.entries(output ?? {}).map(([field, value]) => `${labels.get(field) ?? field}：${written(value as string)}`);
    find("[data-fired]")?.replaceChildren(
      row
        ? make("div", { class: "note ok" }, icon("circle-check"), make("span", {}, make("b", {}, `第 ${row} 行`), ` ${found.join("，")}${note ? `（${note}）` : ""}`))
        : make("div", { class: "note warn" }, icon("alert-triangle"), make("span", {}, why)),
    );
    this.grid.mark(row, this.verdict.problems);
  }
}

function where(at: (string | number)[]): string {
  if (at[0] === "rows" && typeof at[1] === "number") return `第 ${at[1] + 1} 行`;
  if (at[0] === "inputs" && typeof at[1] === "number") return `条件 ${at[1] + 1}`;
  return at[0] === "outputs" && typeof at[1] === "number" ? `结果 ${at[1] + 1}` : "";
}

const data = read<Data>();
if (data.table.unreadable) showToast({ text: `这份文件读不成决策表：${data.table.unreadable}`, bad: true });
else void new Editor(data).begin();
