// The attributes of docs/reference/bpmn.md, so that bpmn-js reads, copies and writes them as its own.
const attribute = (name: string) => ({ name, isAttr: true, type: "String" });
const attributes = (names: string) => names.split(" ").map(attribute);

export const bihuan = {
  name: "Bihuan",
  uri: "http://bihuan.dev/schema/bpmn",
  prefix: "bh",
  xml: { tagAlias: "lowerCase" },
  types: [
    {
      name: "UnitRules",
      extends: ["bpmn:UserTask"],
      properties: attributes(
        "post operators form limit calendar warnAt priority skipOnOverdue returnTo enterIf submitIf excludes unit charges assignee vote",
      ),
    },
    ...["ServiceTask", "SendTask", "ScriptTask", "BusinessRuleTask"].map((name) => ({
      name: `${name}Rules`,
      extends: [`bpmn:${name}`],
      properties: attributes("verb decision result"),
    })),
    ...["Process", "SubProcess"].map((name) => ({
      name: `${name}Calendar`,
      extends: [`bpmn:${name}`],
      properties: attributes("calendar"),
    })),
    { name: "LanePost", extends: ["bpmn:Lane"], properties: attributes("post") },
    {
      name: "Loop",
      extends: ["bpmn:MultiInstanceLoopCharacteristics"],
      properties: attributes("collection elementVariable"),
    },
    { name: "Binding", extends: ["bpmn:CallActivity"], properties: attributes("binding") },
    {
      name: "LimitGroup",
      superClass: ["Element"],
      properties: attributes("id name limit calendar warnAt units"),
    },
    { name: "Param", superClass: ["Element"], properties: attributes("name value") },
  ],
};
