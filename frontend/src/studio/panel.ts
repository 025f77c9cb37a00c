// The property panel: what can be said about the element selected, or about the process.
import { type Data, type Problem, icon, make } from "./data";
import { type Diagram, type Shape, isA, nameOf } from "./elements";
import { textField } from "./fields";
import {
  automaticFields,
  callFields,
  documentation,
  flowFields,
  laneFields,
  namedEventFields,
  timerFields,
  timerOf,
} from "./panel-parts";
import { processFields } from "./panel-process";
import { type Section, mayBeSeveral, severalFields, unitSections } from "./panel-unit";

const SIGNS: [type: string, sign: string, title: string][] = [
  ["bpmn:UserTask", "clipboard-check", "环节"],
  ["bpmn:BusinessRuleTask", "table", "决策表"],
  ["bpmn:ReceiveTask", "mail", "等消息"],
  ["bpmn:Task", "plug-connected", "自动环节"],
  ["bpmn:SubProcess", "sitemap", "子流程"],
  ["bpmn:CallActivity", "arrow-ramp-right", "调用流程"],
  ["bpmn:Gateway", "git-merge", "分支"],
  ["bpmn:SequenceFlow", "line", "连线"],
  ["bpmn:Event", "circle", "事件"],
  ["bpmn:Lane", "layout-rows", "泳道"],
];
const AUTOMATIC = ["bpmn:ServiceTask", "bpmn:SendTask", "bpmn:ScriptTask", "bpmn:BusinessRuleTask"];

export class Panel {
  private tab = "规则";
  private shown: Shape | null = null;

  constructor(
    private readonly box: HTMLElement,
    private readonly diagram: Diagram,
    private readonly data: Data,
    private readonly problems: () => Problem[],
  ) {}

  // Shows the element selected, or the process when nothing or many are.
  show(shape: Shape | null): void {
    this.shown = shape;
    this.redraw();
  }

  redraw = (): void => {
    const root = this.diagram.get("canvas").getRootElement();
    const shape = this.shown?.labelTarget ?? this.shown ?? root;
    const isProcess = shape === root || shape.type === "bpmn:Participant";
    const sections = isProcess
      ? [["流程", () => processFields(this.diagram, shape, this.data.names, this.redraw)] as Section]
      : this.sections(shape);
    const open = sections.find(([title]) => title === this.tab) ?? sections[0];
    this.box.replaceChildren(this.head(shape, isProcess), this.tabs(sections, open), this.body(shape, open));
    if (!this.data.editable) this.lock();
  };

  private head(shape: Shape, isProcess: boolean): HTMLElement {
    const [, sign, title] = SIGNS.find(([type]) => !isProcess && isA(shape, type)) ?? ["", "sitemap", "流程"];
    return make(
      "div",
      { class: "hd" },
      icon(sign),
      make("h2", { class: "ell" }, isProcess ? "流程" : nameOf(shape) === shape.id ? title : nameOf(shape)),
      make("span", { class: "mono t3 ell" }, isProcess ? this.data.code : shape.id),
    );
  }

  private tabs(sections: Section[], open: Section | undefined): HTMLElement {
    if (sections.length < 2) return make("div", { hidden: true });
    const tabs = make("div", { class: "tabs", role: "tablist" });
    for (const section of sections) {
      const choose = (event: Event): void => {
        event.preventDefault();
        this.tab = section[0];
        this.redraw();
      };
      const on = section === open;
      tabs.append(make("a", { href: "#", role: "tab", class: on ? "on" : "", "aria-selected": String(on), onclick: choose }, section[0]));
    }
    return tabs;
  }

  private body(shape: Shape, open: Section | undefined): HTMLElement {
    const own = this.problems().filter((problem) => problem.element === shape.id);
    const notes = own.map((problem) =>
      make(
        "div",
        { class: problem.error ? "note over" : "note warn" },
        icon("alert-triangle"),
        make("span", {}, `${problem.message}。`, make("span", { class: "t2" }, problem.remedy)),
      ),
    );
    const fields = open?.[1]().filter((one): one is HTMLElement => one !== null) ?? [];
    return make("div", { class: "bd stack scroll grow panel-fields" }, ...notes, ...fields);
  }

  private sections(shape: Shape): Section[] {
    const { diagram, data } = this;
    const name: Section[1] = () => [
      textField("名称", "name", nameOf(shape) === shape.id ? "" : nameOf(shape), (written) =>
        diagram.get("modeling").updateProperties(shape, { name: written || undefined }),
      ),
    ];
    if (isA(shape, "bpmn:UserTask")) {
      const [rules, ...others] = unitSections(diagram, shape, data.names, this.redraw) as [Section, ...Section[]];
      return [[rules[0], () => [...name(), ...rules[1]()]], ...others];
    }
    const sections: Section[] = [["规则", () => [...name(), ...this.special(shape)]]];
    if (mayBeSeveral(shape)) sections.push(["多人", () => severalFields(diagram, shape, data.names, this.redraw)]);
    return sections;
  }

  private special(shape: Shape): (HTMLElement | null)[] {
    const { diagram, data } = this;
    const timer = timerOf(shape);
    if (AUTOMATIC.includes(shape.type)) return automaticFields(diagram, shape, data.names, this.redraw);
    if (shape.type === "bpmn:SequenceFlow") return flowFields(diagram, shape, data.names, this.redraw);
    if (shape.type === "bpmn:CallActivity") return callFields(diagram, shape, data.names);
    if (shape.type === "bpmn:Lane") return laneFields(diagram, shape, data.names);
    if (timer) return timerFields(diagram, shape, timer, this.redraw);
    return [...namedEventFields(diagram, shape), documentation(diagram, shape, "说明", "")];
  }

  // A version that is not a draft is read, not changed.
  private lock(): void {
    for (const control of this.box.querySelectorAll<HTMLInputElement>("input,select,textarea,button")) control.disabled = true;
  }
}
