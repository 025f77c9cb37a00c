// What the panel asks of flows, automatic tasks, events, calls and lanes.
import { conditionField } from "./conditions";
import { type Named, type Names, icon, make } from "./data";
import { type Diagram, type Moddle, type Shape, isA, text } from "./elements";
import { choiceField, switchField, textField } from "./fields";

type Fields = (HTMLElement | null)[];

export function documentation(diagram: Diagram, shape: Shape, title: string, hint: string): HTMLElement {
  const notes = shape.businessObject.get("documentation") as Moddle[] | undefined;
  const first = notes?.[0];
  return textField(
    title,
    "documentation",
    first ? text(first, "text") : "",
    (written) => {
      const made = written ? [diagram.get("bpmnFactory").create("bpmn:Documentation", { text: written })] : [];
      diagram.get("modeling").updateProperties(shape, { documentation: [...made, ...(notes ?? []).slice(1)] });
    },
    { rows: 6, hint },
  );
}

export function flowFields(diagram: Diagram, shape: Shape, names: Names, redraw: () => void): Fields {
  const modeling = diagram.get("modeling");
  const condition = shape.businessObject.get("conditionExpression") as Moddle | undefined;
  const source = shape.source;
  const splits = source && (isA(source, "bpmn:ExclusiveGateway") || isA(source, "bpmn:InclusiveGateway") || isA(source, "bpmn:Activity"));
  const isDefault = source?.businessObject.get("default") === shape.businessObject;
  return [
    splits
      ? switchField("默认连线", "别的条件都不成立时走这里", isDefault, (on) => {
          modeling.updateProperties(source, { default: on ? shape.businessObject : undefined });
          redraw();
        })
      : null,
    isDefault
      ? null
      : conditionField(
          "走这条线的条件",
          "condition",
          condition ? text(condition, "body") : "",
          (written) => {
            const bare = written.replace(/^[$#]\{([\s\S]*)\}$/, "$1").trim();
            const made = bare ? diagram.get("bpmnFactory").create("bpmn:FormalExpression", { body: `\${${bare}}` }) : undefined;
            modeling.updateProperties(shape, { conditionExpression: made });
          },
          names,
          splits ? "留空：总是走" : "只有一条出线时不用写",
        ),
  ];
}

export function automaticFields(diagram: Diagram, shape: Shape, names: Names, redraw: () => void): Fields {
  const object = shape.businessObject;
  const set = (name: string) => (written: string) => {
    diagram.get("modeling").updateProperties(shape, { [`bh:${name}`]: written || undefined });
    redraw();
  };
  const verbs: Named[] = names.verbs.map((verb) => [verb, verb]);
  const decides = isA(shape, "bpmn:BusinessRuleTask");
  return [
    decides
      ? choiceField("决策表", "decision", text(object, "bh:decision"), names.decisions, set("decision"), { required: true })
      : choiceField("动作", "verb", text(object, "bh:verb"), verbs, set("verb"), { required: true, empty: "选一个登记过的动作" }),
    decides
      ? textField("结果放进变量", "result", text(object, "bh:result"), set("result"), { hint: "只有一项结果时可以另起名" })
      : null,
    decides ? null : params(diagram, shape, redraw),
    documentation(diagram, shape, "说明", ""),
  ];
}

function extensions(object: Moddle): Moddle[] {
  const box = object.get("extensionElements") as Moddle | undefined;
  return (box?.get("values") as Moddle[] | undefined) ?? [];
}

export function setExtensions(diagram: Diagram, shape: Shape, object: Moddle, values: Moddle[]): void {
  const box = diagram.get("bpmnFactory").create("bpmn:ExtensionElements", { values });
  for (const one of values) (one as { $parent?: Moddle }).$parent = box;
  (box as { $parent?: Moddle }).$parent = object;
  diagram.get("modeling").updateModdleProperties(shape, object, { extensionElements: values.length ? box : undefined });
}

export const extensionsOf = (object: Moddle, type: string): Moddle[] =>
  extensions(object).filter((one) => one.$type === type);

export const replaceExtensions = (object: Moddle, type: string, values: Moddle[]): Moddle[] => [
  ...extensions(object).filter((one) => one.$type !== type),
  ...values,
];

function params(diagram: Diagram, shape: Shape, redraw: () => void): HTMLElement {
  const object = shape.businessObject;
  const all = extensionsOf(object, "bh:Param");
  const keep = (values: Moddle[]): void => {
    setExtensions(diagram, shape, object, replaceExtensions(object, "bh:Param", values));
    redraw();
  };
  const change = (one: Moddle, name: string) => (written: string) =>
    diagram.get("modeling").updateModdleProperties(shape, one, { [name]: written });
  const rows = all.map((one) =>
    make(
      "div",
      { class: "row-x param" },
      textField("参数", "param-name", text(one, "name"), change(one, "name")),
      textField("值", "param-value", text(one, "value"), change(one, "value")),
      make(
        "button",
        { type: "button", class: "iconbtn btn-quiet", "aria-label": "删去参数", onclick: () => keep(all.filter((other) => other !== one)) },
        icon("x"),
      ),
    ),
  );
  const add = make(
    "button",
    { type: "button", class: "btn btn-plain btn-s", onclick: () => keep([...all, diagram.get("moddle").create("bh:Param", { name: "", value: "" })]) },
    "加参数",
  );
  return make("div", { class: "stack g2" }, ...rows, add);
}

// -------------------------------------------------------------------- events, calls, lanes

const TIMERS: Named[] = [
  ["timeDuration", "过多久"],
  ["timeDate", "到某一刻"],
  ["timeCycle", "每隔多久"],
];

export function timerOf(shape: Shape): Moddle | undefined {
  const found = shape.businessObject.get("eventDefinitions") as Moddle[] | undefined;
  return found?.find((one) => one.$type === "bpmn:TimerEventDefinition");
}

export function timerFields(diagram: Diagram, shape: Shape, timer: Moddle, redraw: () => void): Fields {
  const kind = TIMERS.find(([name]) => timer.get(name))?.[0] ?? "timeDuration";
  const expression = timer.get(kind) as Moddle | undefined;
  const write = (name: string, written: string): void => {
    const made = diagram.get("bpmnFactory").create("bpmn:FormalExpression", { body: written });
    const cleared = Object.fromEntries(TIMERS.map(([one]) => [one, undefined]));
    diagram.get("modeling").updateModdleProperties(shape, timer, { ...cleared, [name]: made });
    redraw();
  };
  const value = expression ? text(expression, "body") : "";
  return [
    choiceField("什么时候", "timer", kind, TIMERS, (chosen) => write(chosen || "timeDuration", value)),
    textField("时间", "time", value, (written) => write(kind, written), {
      hint: "时长写 PT2H、P1D，周期写 R3/PT1H，时刻写 2026-01-31T09:00:00+08:00",
    }),
  ];
}

// A message, signal, error or escalation is known by its name or code, kept beside the process in the file.
const KNOWN_BY: Record<string, [title: string, reference: string, type: string, name: string]> = {
  "bpmn:MessageEventDefinition": ["消息名称", "messageRef", "bpmn:Message", "name"],
  "bpmn:SignalEventDefinition": ["信号名称", "signalRef", "bpmn:Signal", "name"],
  "bpmn:ErrorEventDefinition": ["错误代码", "errorRef", "bpmn:Error", "errorCode"],
  "bpmn:EscalationEventDefinition": ["升级代码", "escalationRef", "bpmn:Escalation", "escalationCode"],
};

export function namedEventFields(diagram: Diagram, shape: Shape): Fields {
  const definitions = (shape.businessObject.get("eventDefinitions") as Moddle[] | undefined) ?? [];
  const receives = shape.type === "bpmn:ReceiveTask";
  const event = receives ? shape.businessObject : definitions[0];
  const [title, reference, type, name] = KNOWN_BY[receives ? "bpmn:MessageEventDefinition" : (event?.$type ?? "")] ?? [];
  if (!event || !title || !reference || !type || !name) return [];
  const known = event.get(reference) as Moddle | undefined;
  return [
    textField(title, "event-name", known ? text(known, name) : "", (written) => {
      const found = written ? rootElement(diagram, type, name, written) : undefined;
      diagram.get("modeling").updateModdleProperties(shape, event, { [reference]: found });
    }),
  ];
}

function rootElement(diagram: Diagram, type: string, name: string, written: string): Moddle {
  let definitions = diagram.get("canvas").getRootElement().businessObject;
  while (definitions.$parent) definitions = definitions.$parent as Moddle;
  const all = definitions.get("rootElements") as Moddle[];
  const known = all.find((one) => one.$type === type && text(one, name) === written);
  if (known) return known;
  const made = diagram.get("bpmnFactory").create(type, { name: written, [name]: written });
  made.$parent = definitions;
  all.push(made);
  return made;
}

export function callFields(diagram: Diagram, shape: Shape, names: Names): Fields {
  const modeling = diagram.get("modeling");
  const bindings: Named[] = [
    ["latest", "开办时的最新版"],
    ["pinned", "发布时的那一版"],
  ];
  return [
    choiceField("调用的流程", "calledElement", text(shape.businessObject, "calledElement"), names.processes, (chosen) =>
      modeling.updateProperties(shape, { calledElement: chosen || undefined }),
    { required: true }),
    choiceField("用哪一版", "binding", text(shape.businessObject, "bh:binding") || "latest", bindings, (chosen) =>
      modeling.updateProperties(shape, { "bh:binding": chosen || undefined }),
    ),
  ];
}

export function laneFields(diagram: Diagram, shape: Shape, names: Names): Fields {
  return [
    choiceField("泳道的岗位", "post", text(shape.businessObject, "bh:post"), names.posts, (chosen) =>
      diagram.get("modeling").updateProperties(shape, { "bh:post": chosen || undefined }),
    { empty: "—", hint: "泳道里没写岗位的环节归它" }),
  ];
}
