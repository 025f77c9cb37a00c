import "./htmx";
import "./offline";
import { startClocks } from "./clocks";
import { startDialogs } from "./dialogs";
import { startDrafts } from "./drafts";
import { startForms } from "./forms";
import { startKeyboard } from "./keyboard";
import { startLive } from "./live";

startClocks();
startDialogs();
startDrafts();
startForms();
startKeyboard();
startLive();
