// The designer's page: diagram, panel, problems, saving and trial put together.
import { type Data, type Problem, ask, find, later, make, read, showToast } from "./data";
import { drawBadges, fit, modeler, open, viewer } from "./diagram";
import type { Diagram } from "./elements";
import { type Difference, differenceRow, sideBySide } from "./compare";
import { Panel } from "./panel";
import { groupsByUnit } from "./panel-process";
import { showParts } from "./parts";
import { showProblems } from "./problems";
import { Saving, type Theirs, publish } from "./saving";
import { Trial } from "./trial";

export async function startDesigner(): Promise<void> {
  const canvas = find("[data-canvas]");
  const panelBox = find("[data-panel]");
  if (!canvas || !panelBox) return;
  const data = read<Data>();
  const diagram = data.editable ? modeler(canvas) : viewer(canvas);
  const page = new Designer(diagram, data, panelBox);
  await page.begin();
  Object.assign(window, { bihuanStudio: diagram });
  find("#studio")?.setAttribute("data-ready", "");
}

// What bpmn-js cannot read it does not write; what it only cannot draw stays in the file.
function tellWhatIsLeft(left: string[]): void {
  const lost = left.filter((warning) => /unparsable|unrecognized|unknown/i.test(warning));
  if (lost.length) showToast({ text: `有 ${lost.length} 处读不懂，在这里保存会丢掉，请先导出留底：${lost[0]}`, bad: true });
  else if (left.length) showToast({ text: `有 ${left.length} 处没有画出来，内容还在文件里`, bad: true });
}

class Designer {
  private found: Problem[];
  private readonly panel: Panel;
  private readonly saving: Saving;
  private readonly trial: Trial;

  constructor(
    private readonly diagram: Diagram,
    private readonly data: Data,
    panelBox: HTMLElement,
  ) {
    this.found = data.problems;
    this.panel = new Panel(panelBox, diagram, data, () => this.found);
    this.trial = new Trial(find("[data-trial-box]") as HTMLElement, diagram, data);
    this.saving = new Saving({
      id: data.id,
      rev: data.rev,
      address: data.addresses.save ?? "",
      content: async () => {
        const words = await this.xml();
        return { body: { source: words }, words };
      },
      showBoth: (mine, theirs, box) => this.showBoth(String(mine.source), theirs, box),
    });
  }

  async begin(): Promise<void> {
    const left = this.data.editable ? await this.opened() : await open(this.diagram, this.data.xml);
    tellWhatIsLeft(left);
    this.badges();
    this.panel.show(null);
    showProblems(this.diagram, this.found);
    if (!this.data.editable) find("[data-checks]")?.toggleAttribute("hidden", true);
    this.listen();
  }

  // Opens what was saved, or what this browser kept because it could not be saved.
  private async opened(): Promise<string[]> {
    const warnings = await open(this.diagram, this.data.xml);
    await this.saving.begin();
    const kept = this.saving.leftBehind();
    if (!kept) return warnings;
    showToast({ text: "接着上次没保存的修改" });
    const again = await open(this.diagram, kept);
    await this.saving.changed();
    void this.check();
    return again;
  }

  private listen(): void {
    const bus = this.diagram.get("eventBus");
    bus.on("selection.changed", ({ newSelection }) => {
      this.panel.show(newSelection?.length === 1 ? (newSelection[0] ?? null) : null);
    });
    const zoom = (): void => {
      const place = find("[data-zoom]");
      if (place) place.textContent = `${Math.round(this.diagram.get("canvas").viewbox().scale * 100)}%`;
    };
    bus.on("canvas.viewbox.changed", zoom);
    zoom();
    find("[data-fit]")?.addEventListener("click", () => fit(this.diagram));
    find("[data-trial]")?.addEventListener("click", () => void this.xml().then((xml) => this.trial.start(xml)));
    if (this.data.editable) this.listenToChanges();
    find("[data-publish]")?.addEventListener("click", () => void publish(this.saving, this.data.addresses.publish ?? ""));
  }

  private listenToChanges(): void {
    const box = find("[data-parts]");
    if (box) showParts(box, this.diagram);
    const soon = later(() => void this.check(), 600);
    this.diagram.get("eventBus").on("commandStack.changed", () => {
      this.badges();
      void this.saving.changed();
      soon();
    });
    const act = (selector: string, doIt: () => void): void => find(selector)?.addEventListener("click", doIt);
    act("[data-save]", () => void this.saving.save());
    act("[data-check]", () => void this.check());
    act("[data-undo]", () => this.step("undo"));
    act("[data-redo]", () => this.step("redo"));
  }

  private step(way: "undo" | "redo"): void {
    this.diagram.get("commandStack")[way]();
    this.panel.redraw();
  }

  private badges(): void {
    const { posts, variables } = this.data.names;
    drawBadges(this.diagram, posts, variables, groupsByUnit(this.diagram));
  }

  private async xml(): Promise<string> {
    return (await this.diagram.saveXML({ format: true })).xml;
  }

  private async check(): Promise<void> {
    const source = await this.xml();
    const answer = await ask<{ problems?: Problem[]; title?: string }>(this.data.addresses.check ?? "", { source });
    if (!answer.ok || !answer.body.problems) {
      showToast({ text: answer.body.title ?? "没检查成", bad: true });
      return;
    }
    this.found = answer.body.problems;
    showProblems(this.diagram, this.found);
    const focused = document.activeElement;
    if (!focused?.closest("[data-panel]")) this.panel.redraw();
  }

  private async showBoth(mine: string, theirs: Theirs, box: HTMLElement): Promise<void> {
    const source = String(theirs.source);
    const body = { before: source, after: mine, code: this.data.code };
    const answer = await ask<{ differences?: Difference[] }>(this.data.addresses.compare ?? "", body);
    const places = ["对方的", "我的"].map((title) => {
      const place = make("div", { class: "canvas" });
      box.append(make("div", { class: "half" }, make("b", {}, title), place));
      return place;
    }) as unknown as [HTMLElement, HTMLElement];
    const found = answer.body.differences ?? [];
    const go = await sideBySide(places, [source, mine], found);
    const rows = make("tbody", {}, ...found.map((one) => differenceRow(one, go)));
    box.append(make("table", { class: "bt whole" }, rows));
  }
}
