// 环节: who, with what, how long, under which conditions, back to where, by how many.
import { type Named, type Names, make } from "./data";
import { units } from "./diagram";
import { type Diagram, type Moddle, type Shape, isA, nameOf, text } from "./elements";
import { choiceField, manyField, switchField, textField } from "./fields";
import { QUICK, limitInWords, warningInWords } from "./limits";
import { conditionField } from "./conditions";
import { documentation } from "./panel-parts";

export type Section = [title: string, content: () => (HTMLElement | null)[]];

const BACK: Named[] = [
  ["previous", "上一环节"],
  ["initiator", "发起环节"],
  ["any", "前面任一环节"],
];
const PRIORITIES: Named[] = [
  ["90", "最要紧"],
  ["70", "要紧"],
  ["50", "一般"],
  ["30", "可缓"],
  ["10", "可跳过"],
];
const listed = (value: string): string[] => value.split(/[,，\s]+/).filter(Boolean);

// What is written and not on any price list stays to be seen, and to be taken away.
function chargesField(chosen: string[], known: Named[], change: (written: string) => void): HTMLElement {
  const codes = known.map(([code]) => code);
  const unknown = chosen.filter((code) => !codes.includes(code)).map((code): Named => [code, `${code}（价目表里没有）`]);
  const hint = known.length ? "提交环节时按开环节那天、所在地区的价格收取" : "行业包里还没有价目表（prices 文件夹）";
  return manyField("收费项目", "charges", chosen, [...known, ...unknown], (codes) => change(codes.join(" ")), hint);
}

export function unitSections(diagram: Diagram, shape: Shape, names: Names, redraw: () => void): Section[] {
  const object = shape.businessObject;
  const value = (name: string): string => text(object, `bh:${name}`);
  const set = (name: string) => (written: string) =>
    diagram.get("modeling").updateProperties(shape, { [`bh:${name}`]: written || undefined });
  const others: Named[] = units(diagram)
    .filter((one) => one.id !== shape.id)
    .map((one) => [one.id, nameOf(one)]);
  const priorities: Named[] = PRIORITIES.some(([code]) => code === value("priority")) || !value("priority")
    ? PRIORITIES
    : [...PRIORITIES, [value("priority"), "自定"]];
  return [
    [
      "规则",
      () => [
        choiceField("岗位", "post", value("post"), names.posts, set("post"), { required: true, empty: "按泳道，或选一个岗位" }),
        textField("直接派给", "assignee", value("assignee"), set("assignee"), {
          placeholder: "留空：岗位上谁都能取；或 ${变量}",
          suggestions: names.variables.map(([code, words]) => [`\${${code}}`, words]),
        }),
        choiceField("表单", "form", value("form"), names.forms, set("form"), { empty: "不填表" }),
        textField("限时", "limit", value("limit"), set("limit"), {
          required: true,
          placeholder: "2h、1wd、PT4H",
          suggestions: QUICK,
          inWords: (written) => limitInWords(written, names.variables),
        }),
        choiceField("工作日历", "calendar", value("calendar"), names.calendars, set("calendar"), { empty: "按流程的日历" }),
        textField("预警", "warnAt", value("warnAt"), set("warnAt"), { placeholder: "80%,30m", inWords: warningInWords }),
        choiceField("优先级", "priority", value("priority"), priorities, set("priority"), { empty: "没有定" }),
        switchField("超期自动跳过", "跳过后照样考核经办人", value("skipOnOverdue") === "true", (on) =>
          set("skipOnOverdue")(on ? "true" : ""),
        ),
        note("优先级为“可缓”“可跳过”的环节才会自动跳过。"),
      ],
    ],
    [
      "条件",
      () => [
        conditionField("进入条件", "enterIf", value("enterIf"), set("enterIf"), names, "不成立就跳过这个环节"),
        conditionField("传递条件", "submitIf", value("submitIf"), set("submitIf"), names, "不成立就不能提交"),
        manyField("可退回到", "returnTo", listed(value("returnTo")), [...BACK, ...others], (chosen) => set("returnTo")(chosen.join(" "))),
        manyField(
          "回避",
          "excludes",
          listed(value("excludes")),
          others,
          (chosen) => set("excludes")(chosen.join(" ")),
          "办过这些环节的人不能办本环节",
        ),
        choiceField("派到哪个单位", "unit", value("unit"), names.variables, set("unit"), { empty: "开单的单位" }),
        textField("只许这些人办", "operators", value("operators"), set("operators"), {
          placeholder: "登录名、岗位，或 ${名单变量}",
        }),
        chargesField(listed(value("charges")), names.charges, set("charges")),
      ],
    ],
    ["多人", () => severalFields(diagram, shape, names, redraw)],
    [
      "指导",
      () => [documentation(diagram, shape, "作业要点", "写给这个岗位的人：怎么做、注意什么。会印在岗位作业指导里。")],
    ],
  ];
}

// -------------------------------------------------------------------- 会签、或签、票签

type Several = "one" | "all" | "any" | "votes" | "other";
const KINDS: [Several, string][] = [
  ["one", "一个人办"],
  ["all", "会签：人人都办，全部办完才往下走"],
  ["any", "或签：人人收到，一人办完就往下走"],
  ["votes", "票签：够了票数就往下走"],
];
const ANY = /^[$#]?\{?\s*nrOfCompletedInstances\s*>=\s*1\s*\}?$/;
const VOTES = /^[$#]?\{?\s*(?:nrOfCompletedInstances|approved)\s*>=\s*(?:(\d+)|nrOfInstances\s*\*\s*(0?\.\d+))\s*\}?$/;

function loopOf(object: Moddle): Moddle | undefined {
  return object.get("loopCharacteristics") as Moddle | undefined;
}

function body(loop: Moddle | undefined, name: string): string {
  const expression = loop?.get(name) as Moddle | undefined;
  return expression ? text(expression, "body") : "";
}

function kindOf(loop: Moddle | undefined): Several {
  if (!loop) return "one";
  const done = body(loop, "completionCondition").trim();
  if (!done) return "all";
  if (ANY.test(done)) return "any";
  return VOTES.test(done) ? "votes" : "other";
}

const CONDITIONS: Record<string, string> = {
  any: "${nrOfCompletedInstances >= 1}",
  votes: "${nrOfCompletedInstances >= 2}",
};

export function severalFields(diagram: Diagram, shape: Shape, names: Names, redraw: () => void): (HTMLElement | null)[] {
  const object = shape.businessObject;
  const loop = loopOf(object);
  const kind = kindOf(loop);
  const choose = (wanted: string): void => {
    changeKind(diagram, shape, wanted as Several);
    redraw();
  };
  const kinds: Named[] = kind === "other" ? [...KINDS, ["other", "自定完成条件"]] : KINDS;
  const chooser = radios("几个人办", "several", kind, kinds, choose);
  if (!loop) return [chooser];
  const modeling = diagram.get("modeling");
  const set = (name: string) => (written: string) => modeling.updateModdleProperties(shape, loop, { [name]: written || undefined });
  const expression = (name: string) => (written: string) =>
    modeling.updateModdleProperties(shape, loop, {
      [name]: written ? diagram.get("bpmnFactory").create("bpmn:FormalExpression", { body: written }) : undefined,
    });
  return [
    chooser,
    textField("名单变量", "collection", text(loop, "bh:collection"), set("bh:collection"), {
      hint: "前面环节选出的人或岗位的名单",
      suggestions: names.variables,
    }),
    textField("每人变量", "elementVariable", text(loop, "bh:elementVariable"), set("bh:elementVariable"), {
      placeholder: "如 approver",
      hint: "“直接派给”里写 ${它}，各办各的",
    }),
    textField("或固定人次", "cardinality", body(loop, "loopCardinality"), expression("loopCardinality"), { placeholder: "如 3" }),
    ...(kind === "votes" ? voting(diagram, shape, loop, expression("completionCondition"), redraw) : []),
    kind === "other"
      ? textField("完成条件", "completion", body(loop, "completionCondition"), expression("completionCondition"), { rows: 2 })
      : null,
    switchField("依次办", "前一位办完，下一位才收到", loop.get("isSequential") === true, (on) =>
      modeling.updateModdleProperties(shape, loop, { isSequential: on }),
    ),
  ];
}

function changeKind(diagram: Diagram, shape: Shape, wanted: Several): void {
  const modeling = diagram.get("modeling");
  const factory = diagram.get("bpmnFactory");
  if (wanted === "one") {
    modeling.updateProperties(shape, { loopCharacteristics: undefined });
    return;
  }
  const condition = CONDITIONS[wanted];
  const completionCondition = condition ? factory.create("bpmn:FormalExpression", { body: condition }) : undefined;
  const loop = loopOf(shape.businessObject);
  if (loop) {
    modeling.updateModdleProperties(shape, loop, { completionCondition });
    return;
  }
  const made = factory.create("bpmn:MultiInstanceLoopCharacteristics", completionCondition ? { completionCondition } : {});
  modeling.updateProperties(shape, { loopCharacteristics: made });
}

// With a form field that says yes or no the yes votes count, without one every submission does.
function voting(
  diagram: Diagram,
  shape: Shape,
  loop: Moddle,
  set: (written: string) => void,
  redraw: () => void,
): HTMLElement[] {
  const vote = text(shape.businessObject, "bh:vote");
  const found = VOTES.exec(body(loop, "completionCondition").trim());
  const shown = found?.[1] ?? (found?.[2] ? `${Math.round(Number(found[2]) * 100)}%` : "2");
  const write = (votes: string, counted: string): void => {
    const share = /^(\d{1,3})%$/.exec(votes)?.[1];
    if (share) set(`\${${counted} >= nrOfInstances * ${Number(share) / 100}}`);
    else if (/^\d+$/.test(votes)) set(`\${${counted} >= ${votes}}`);
  };
  const counted = (field: string): string => (field ? "approved" : "nrOfCompletedInstances");
  const votes = textField("票数", "votes", shown, (written) => write(written, counted(vote)), {
    hint: "写人数如 2，或比例如 60%",
  });
  if (!isA(shape, "bpmn:UserTask")) return [votes];
  const field = textField(
    "表决项",
    "vote",
    vote,
    (written) => {
      diagram.get("modeling").updateProperties(shape, { "bh:vote": written || undefined });
      write(shown, counted(written));
      redraw();
    },
    { placeholder: "如 opinion=agree", hint: "表单字段=同意的取值；留空则交一份算一票" },
  );
  return [votes, field];
}

function radios(title: string, name: string, value: string, choices: Named[], change: (value: string) => void): HTMLElement {
  const box = document.createElement("div");
  box.className = "fld";
  const group = document.createElement("div");
  group.className = "radios";
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", title);
  for (const [code, words] of choices) {
    const line = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = name;
    input.value = code;
    input.checked = code === value;
    input.addEventListener("change", () => change(code));
    line.append(input, words);
    group.append(line);
  }
  box.append(group);
  return box;
}

function note(words: string): HTMLElement {
  return make("span", { class: "t3 xs" }, words);
}

export const mayBeSeveral = (shape: Shape): boolean =>
  ["bpmn:UserTask", "bpmn:SubProcess", "bpmn:CallActivity"].some((type) => isA(shape, type));
