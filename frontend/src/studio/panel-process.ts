// 流程: its name, its calendar, what it is for, and the limits that several units share (FLW-03).
import { type Named, type Names, icon, make } from "./data";
import { units } from "./diagram";
import { type Diagram, type Moddle, type Shape, nameOf, text } from "./elements";
import { choiceField, manyField, textField } from "./fields";
import { QUICK, limitInWords, warningInWords } from "./limits";
import { documentation, extensionsOf, replaceExtensions, setExtensions } from "./panel-parts";

const GROUP = "bh:LimitGroup";
const listed = (value: string): string[] => value.split(/[,，\s]+/).filter(Boolean);

// A pool stands for its process; a plain diagram is its process.
export function processOf(diagram: Diagram): Moddle {
  const root = diagram.get("canvas").getRootElement();
  if (root.businessObject.$type === "bpmn:Process") return root.businessObject;
  const pool = diagram.get("elementRegistry").filter((shape) => shape.type === "bpmn:Participant")[0];
  return (pool?.businessObject.get("processRef") as Moddle | undefined) ?? root.businessObject;
}

export function groupsByUnit(diagram: Diagram): Map<string, string> {
  const found = new Map<string, string>();
  for (const group of extensionsOf(processOf(diagram), GROUP))
    for (const unit of listed(text(group, "units")))
      found.set(unit, [found.get(unit), text(group, "name") || text(group, "id")].filter(Boolean).join("、"));
  return found;
}

export function processFields(diagram: Diagram, shape: Shape, names: Names, redraw: () => void): (HTMLElement | null)[] {
  const process = processOf(diagram);
  const modeling = diagram.get("modeling");
  const set = (name: string) => (written: string) =>
    modeling.updateModdleProperties(shape, process, { [name]: written || undefined });
  return [
    textField("流程名称", "process-name", text(process, "name"), set("name"), { required: true }),
    choiceField("工作日历", "process-calendar", text(process, "bh:calendar"), names.calendars, set("bh:calendar"), {
      empty: "各环节自己定",
      hint: "环节没写日历时按这个算工时",
    }),
    groupEditor(diagram, shape, names, redraw),
    process === shape.businessObject ? documentation(diagram, shape, "流程说明", "印在岗位作业指导的开头") : null,
  ];
}

function groupEditor(diagram: Diagram, shape: Shape, names: Names, redraw: () => void): HTMLElement {
  const process = processOf(diagram);
  const groups = extensionsOf(process, GROUP);
  const keep = (kept: Moddle[]): void => {
    setExtensions(diagram, shape, process, replaceExtensions(process, GROUP, kept));
    redraw();
  };
  const add = (): void => {
    const id = freeId(groups);
    keep([...groups, diagram.get("moddle").create(GROUP, { id, name: "合并时限", limit: "1wd", units: "" })]);
  };
  return make(
    "section",
    { class: "stack g2 groups", "aria-label": "合并时限" },
    make("div", { class: "sec-t" }, "合并时限"),
    make("span", { class: "t3 xs" }, "几个环节合起来算一个时限，进出这些环节时表不重走。"),
    ...groups.map((group) => groupFields(diagram, shape, group, names, () => keep(groups.filter((one) => one !== group)))),
    make("button", { type: "button", class: "btn btn-plain btn-s", "data-add-group": "", onclick: add }, icon("plus"), "加一个合并时限"),
  );
}

function freeId(groups: Moddle[]): string {
  const taken = new Set(groups.map((group) => text(group, "id")));
  let number = groups.length + 1;
  while (taken.has(`group_${number}`)) number += 1;
  return `group_${number}`;
}

function groupFields(diagram: Diagram, shape: Shape, group: Moddle, names: Names, remove: () => void): HTMLElement {
  const set = (name: string) => (written: string) =>
    diagram.get("modeling").updateModdleProperties(shape, group, { [name]: written || undefined });
  const all: Named[] = units(diagram).map((unit) => [unit.id, nameOf(unit)]);
  return make(
    "div",
    { class: "group stack g2", "data-group": text(group, "id") },
    make(
      "div",
      { class: "row-x" },
      make("b", { class: "grow" }, text(group, "name") || text(group, "id")),
      make("button", { type: "button", class: "iconbtn btn-quiet", "aria-label": "删去合并时限", onclick: remove }, icon("trash")),
    ),
    textField("名称", "group-name", text(group, "name"), set("name")),
    textField("共限", "group-limit", text(group, "limit"), set("limit"), {
      suggestions: QUICK,
      inWords: (written) => limitInWords(written, names.variables),
    }),
    choiceField("工作日历", "group-calendar", text(group, "calendar"), names.calendars, set("calendar"), { empty: "按流程的日历" }),
    textField("预警", "group-warn", text(group, "warnAt"), set("warnAt"), { placeholder: "80%", inWords: warningInWords }),
    manyField("包含的环节", "group-units", listed(text(group, "units")), all, (chosen) => set("units")(chosen.join(" "))),
  );
}
