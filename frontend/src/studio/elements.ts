// The little of bpmn-js's own types that the studio needs.
export interface Moddle {
  $type: string;
  id: string;
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  $instanceOf(type: string): boolean;
  [name: string]: unknown;
}

export interface Shape {
  id: string;
  type: string;
  businessObject: Moddle;
  labelTarget?: Shape;
  parent?: Shape;
  incoming: Shape[];
  outgoing: Shape[];
  source?: Shape;
  target?: Shape;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Services {
  canvas: {
    zoom(to?: number | "fit-viewport", at?: unknown): number;
    getRootElement(): Shape;
    resized(): void;
    addMarker(id: string, marker: string): void;
    removeMarker(id: string, marker: string): void;
    scrollToElement(id: string, padding?: number): void;
    viewbox(to?: Record<string, number>): { scale: number; x: number; y: number; width: number; height: number };
  };
  elementRegistry: { get(id: string): Shape | undefined; filter(test: (shape: Shape) => boolean): Shape[] };
  elementFactory: { createShape(options: Record<string, unknown>): Shape };
  modeling: {
    updateProperties(shape: Shape, values: Record<string, unknown>): void;
    updateModdleProperties(shape: Shape, of: Moddle, values: Record<string, unknown>): void;
    updateLabel(shape: Shape, text: string): void;
  };
  bpmnFactory: { create(type: string, values?: Record<string, unknown>): Moddle };
  moddle: { create(type: string, values?: Record<string, unknown>): Moddle };
  selection: { select(shape: Shape | null): void; get(): Shape[] };
  overlays: {
    add(id: string, kind: string, what: { position: Record<string, number>; html: HTMLElement }): string;
    remove(filter: Record<string, string>): void;
  };
  eventBus: { on(events: string | string[], act: (event: { newSelection?: Shape[]; element?: Shape }) => void): void };
  commandStack: { undo(): void; redo(): void; canUndo(): boolean; canRedo(): boolean };
  create: { start(event: Event, shape: Shape): void };
  autoPlace: { append(source: Shape, shape: Shape): void };
  globalConnect: { start(event: Event): void };
  lassoTool: { activateSelection(event: Event): void };
}

export interface Diagram {
  importXML(xml: string): Promise<{ warnings: { message: string }[] }>;
  saveXML(options: { format: boolean }): Promise<{ xml: string }>;
  get<K extends keyof Services>(name: K): Services[K];
}

export const isA = (shape: Shape, type: string): boolean => shape.businessObject.$instanceOf(type);

export function nameOf(shape: Shape): string {
  return (shape.businessObject.get("name") as string | undefined) || shape.id;
}

export const text = (of: Moddle, name: string): string => String(of.get(name) ?? "");
