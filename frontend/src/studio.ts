// Loaded by the designer's and the comparison's page only: bpmn-js is large.
import { startComparison } from "./studio/compare";
import { startDesigner } from "./studio/designer";

const kind = document.getElementById("studio")?.dataset.studio;
if (kind === "designer") void startDesigner();
if (kind === "compare") void startComparison();
