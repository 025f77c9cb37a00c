// A decision table as the grid holds it; the server turns it into the pack's YAML and back.
export type Scalar = string | number | boolean | null;

export interface Cell {
  op: string;
  values: Scalar[];
}

export interface Column {
  field: string;
  label: string;
  type: string;
  choices: string[];
  optional: boolean;
}

export interface Row {
  when: Record<string, Cell>;
  then: Record<string, Scalar>;
  note: string;
}

export interface Table {
  code: string;
  title: string;
  hit: string;
  inputs: Column[];
  outputs: Column[];
  rows: Row[];
  unreadable?: string;
  text?: string;
}

export const TYPES: [string, string][] = [
  ["text", "文字"],
  ["choice", "选项"],
  ["number", "数字"],
  ["date", "日期"],
  ["boolean", "是否"],
];
const ANY: [string, string] = ["", "不论"];
const LISTS: [string, string][] = [
  ["is", "是"],
  ["not", "不是"],
  ["in", "任一"],
  ["not_in", "都不是"],
];
const ORDERS: [string, string][] = [
  ["is", "="],
  ["not", "≠"],
  ["lt", "<"],
  ["le", "≤"],
  ["gt", ">"],
  ["ge", "≥"],
  ["between", "介于"],
  ["in", "任一"],
  ["not_in", "都不是"],
];
const EMPTY: [string, string][] = [
  ["empty", "为空"],
  ["filled", "有值"],
];

export function operators(column: Column): [string, string][] {
  const plain = column.type === "number" || column.type === "date" ? ORDERS : column.type === "boolean" ? LISTS.slice(0, 1) : LISTS;
  return [ANY, ...plain, ...(column.optional ? EMPTY : [])];
}

export const takesMany = (op: string): boolean => ["in", "not_in", "between"].includes(op);
export const takesNone = (op: string): boolean => ["", "empty", "filled"].includes(op);

// What people type, as the column's kind; a number that is none stays text, so that the check can say so.
export function typed(column: Column, written: string): Scalar {
  const plain = written.trim();
  if (column.type === "boolean") return plain === "true" || plain === "是";
  if (column.type === "number" && plain !== "" && !Number.isNaN(Number(plain))) return Number(plain);
  return plain;
}

export const written = (value: Scalar | undefined): string =>
  value === null || value === undefined ? "" : String(value);

export const several = (column: Column, text: string): Scalar[] =>
  text
    .split(/[、,，]/)
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => typed(column, one));
