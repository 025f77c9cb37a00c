// The list of problems under the diagram: each leads to its element, which carries its number.
import { type Problem, find, make, tag } from "./data";
import { type Diagram } from "./elements";
import { goTo } from "./diagram";

const OF = "data-problems";

export function showProblems(diagram: Diagram | null, found: Problem[]): void {
  const errors = found.filter((problem) => problem.error).length;
  const counts = find("[data-counts]");
  counts?.replaceChildren(
    ...(errors ? [tag(`错误 ${errors}`, "over")] : [tag("没有错误", "ok")]),
    ...(found.length > errors ? [" ", tag(`提醒 ${found.length - errors}`, "warn")] : []),
  );
  const note = find("[data-check-note]");
  if (note) note.textContent = errors ? "改正全部错误才能发布" : "";
  find(`[${OF}]`)?.replaceChildren(...found.map((problem, at) => row(diagram, problem, at + 1)));
  if (diagram) mark(diagram, found);
}

function row(diagram: Diagram | null, problem: Problem, number: number): HTMLElement {
  const go = (): void => {
    if (diagram) goTo(diagram, problem.element);
  };
  const where = problem.element && diagram?.get("elementRegistry").get(problem.element);
  return make(
    "tr",
    { "data-problem": problem.element },
    make("td", { class: "nowrap" }, tag(String(number), problem.error ? "over" : "warn")),
    make("td", {}, problem.message),
    make("td", { class: "t3" }, problem.remedy),
    make("td", { class: "r" }, where ? make("button", { type: "button", class: "link", onclick: go }, "定位") : null),
  );
}

function mark(diagram: Diagram, found: Problem[]): void {
  const { overlays, registry, canvas } = {
    overlays: diagram.get("overlays"),
    registry: diagram.get("elementRegistry"),
    canvas: diagram.get("canvas"),
  };
  overlays.remove({ type: "problem" });
  for (const shape of registry.filter((one) => !one.labelTarget)) {
    canvas.removeMarker(shape.id, "has-error");
    canvas.removeMarker(shape.id, "has-warning");
  }
  const numbered = new Map<string, number>();
  found.forEach((problem, at) => {
    const shape = registry.get(problem.element);
    if (!shape || !shape.parent || numbered.has(problem.element)) return;
    numbered.set(problem.element, at);
    canvas.addMarker(problem.element, problem.error ? "has-error" : "has-warning");
    if (shape.type === "bpmn:SequenceFlow") return;
    const html = make("div", { class: problem.error ? "problem-badge over" : "problem-badge" }, String(at + 1));
    overlays.add(problem.element, "problem", { position: { top: -9, right: 9 }, html });
  });
}
