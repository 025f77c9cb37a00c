// A condition with the variables there are at hand; whether it can be decided is checked with everything else.
import type { Names } from "./data";
import { choiceField, textField } from "./fields";

export function conditionField(
  title: string,
  name: string,
  value: string,
  set: (written: string) => void,
  names: Names,
  hint: string,
): HTMLElement {
  const made = textField(title, name, value, set, { rows: 2, placeholder: "如 importance == '3' and amount > 100", hint });
  const area = made.querySelector("textarea") as HTMLTextAreaElement;
  area.classList.add("mono");
  const picker = choiceField("", `${name}-variable`, "", names.variables, (code) => {
    area.setRangeText(code, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("change"));
    area.focus();
  }, { empty: "插入变量…" });
  made.append(...[...picker.children].filter((child) => child.tagName === "SELECT"));
  return made;
}
