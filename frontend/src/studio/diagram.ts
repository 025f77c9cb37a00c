// Opens diagrams: the modeler for drafts, a viewer for everything else; draws limits and problems on units.
import { layoutProcess } from "bpmn-auto-layout";
import Modeler from "bpmn-js/lib/Modeler";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { type Named, make } from "./data";
import { type Diagram, type Shape, isA, text } from "./elements";
import { limitInWords } from "./limits";
import { bihuan } from "./moddle";
import { chinese } from "./zh";

const options = (container: HTMLElement) => ({
  container,
  moddleExtensions: { bh: bihuan },
  // The page's own colours, so that a diagram follows the theme; they are not written into the file.
  bpmnRenderer: {
    defaultFillColor: "var(--bh-panel)",
    defaultStrokeColor: "var(--bh-ink)",
    defaultLabelColor: "var(--bh-ink)",
  },
  additionalModules: [chinese],
});

export function modeler(container: HTMLElement): Diagram {
  return new Modeler(options(container) as never) as unknown as Diagram;
}

// A viewer has nothing that changes a diagram; the panel, locked there, asks for it all the same.
export function viewer(container: HTMLElement): Diagram {
  const made = new NavigatedViewer(options(container) as never);
  const get = made.get.bind(made);
  made.get = ((name: string) => get<unknown>(name, false)) as typeof made.get;
  return made as unknown as Diagram;
}

// A file without a drawing is laid out before it is opened; returns what bpmn-js could not take.
export async function open(diagram: Diagram, xml: string): Promise<string[]> {
  const drawn = /<(\w+:)?BPMNShape\b/.test(xml) ? xml : await layoutProcess(xml);
  const { warnings } = await diagram.importXML(drawn);
  fit(diagram, READABLE);
  return warnings.map((warning) => warning.message);
}

// A long diagram is opened at its beginning, large enough to be read; fitting it whole is one click away.
const READABLE = 0.62;

export function fit(diagram: Diagram, least = 0): void {
  const canvas = diagram.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  const { scale } = canvas.viewbox();
  if (scale > 1) canvas.zoom(1, "auto");
  if (scale >= least) return;
  canvas.zoom(least, "auto");
  const first = diagram.get("elementRegistry").filter((shape) => isA(shape, "bpmn:StartEvent") && !shape.labelTarget)[0];
  const { width } = canvas.viewbox();
  if (first) canvas.viewbox({ ...canvas.viewbox(), x: Math.min(first.x - 60, first.x + width), y: canvas.viewbox().y });
}

export const units = (diagram: Diagram): Shape[] =>
  diagram.get("elementRegistry").filter((shape) => !shape.labelTarget && isA(shape, "bpmn:UserTask"));

function badge(shape: Shape, posts: Named[], variables: Named[]): string {
  const post = text(shape.businessObject, "bh:post");
  const name = posts.find(([code]) => code === post)?.[1] ?? post;
  return [name, limitInWords(text(shape.businessObject, "bh:limit"), variables)].filter(Boolean).join(" · ");
}

// The line under a unit's name: who and how long (DESIGN, 07-studio).
export function drawBadges(diagram: Diagram, posts: Named[], variables: Named[], grouped: Map<string, string>): void {
  const overlays = diagram.get("overlays");
  overlays.remove({ type: "rules" });
  overlays.remove({ type: "group" });
  for (const shape of units(diagram)) {
    const words = badge(shape, posts, variables);
    const marked = shape.businessObject.get("loopCharacteristics") !== undefined;
    if (words) {
      const html = make("div", { class: "unit-badge", title: words }, words);
      overlays.add(shape.id, "rules", { position: { bottom: marked ? 36 : 22, left: 2 }, html });
    }
    const group = grouped.get(shape.id);
    if (group) {
      const html = make("div", { class: "group-badge", title: `合并时限：${group}` }, "组");
      overlays.add(shape.id, "group", { position: { top: -10, left: -10 }, html });
    }
  }
}

export function goTo(diagram: Diagram, id: string): void {
  const shape = diagram.get("elementRegistry").get(id);
  if (!shape) return;
  diagram.get("canvas").scrollToElement(id, 80);
  diagram.get("selection").select(shape);
}
