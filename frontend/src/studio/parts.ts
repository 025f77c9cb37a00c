// 元件: drag a part onto the diagram, or press it with the keyboard to append it to what is selected.
import { icon, make } from "./data";
import type { Diagram } from "./elements";

const PARTS: [sign: string, title: string, shape: Record<string, unknown>][] = [
  ["clipboard-check", "环节", { type: "bpmn:UserTask" }],
  ["git-merge", "分支", { type: "bpmn:ExclusiveGateway" }],
  ["arrows-split", "并行", { type: "bpmn:ParallelGateway" }],
  ["clock-hour-4", "等时间", { type: "bpmn:IntermediateCatchEvent", eventDefinitionType: "bpmn:TimerEventDefinition" }],
  ["plug-connected", "接口", { type: "bpmn:ServiceTask" }],
  ["table", "决策表", { type: "bpmn:BusinessRuleTask" }],
  ["sitemap", "子流程", { type: "bpmn:SubProcess", isExpanded: true }],
  ["arrow-ramp-right", "调用", { type: "bpmn:CallActivity" }],
  ["flag", "结束", { type: "bpmn:EndEvent" }],
];

function begin(diagram: Diagram, event: Event, options: Record<string, unknown>): void {
  const shape = diagram.get("elementFactory").createShape(options);
  const [selected] = diagram.get("selection").get();
  const byKeyboard = event instanceof MouseEvent && event.detail === 0;
  if (byKeyboard && selected) diagram.get("autoPlace").append(selected, shape);
  else diagram.get("create").start(event, shape);
}

export function showParts(box: HTMLElement, diagram: Diagram): void {
  for (const [sign, title, options] of PARTS)
    box.append(
      make(
        "button",
        {
          type: "button",
          draggable: "true",
          "data-part-of": options.type,
          onclick: (event: Event) => begin(diagram, event, options),
          ondragstart: (event: Event) => {
            event.preventDefault();
            begin(diagram, event, options);
          },
        },
        icon(sign),
        title,
      ),
    );
  box.append(
    make(
      "button",
      { type: "button", onclick: (event: Event) => diagram.get("globalConnect").start(event) },
      icon("line"),
      "连线",
    ),
    make(
      "button",
      { type: "button", onclick: (event: Event) => diagram.get("lassoTool").activateSelection(event) },
      icon("lasso"),
      "框选",
    ),
  );
}
