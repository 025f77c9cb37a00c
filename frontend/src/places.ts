// The button beside a place asks the device where it is; what it says can be corrected or typed by hand.
import { changed } from "./drafts";

const WHY: Record<number, string> = {
  1: "没有定位权限，请在浏览器里允许，或写地址",
  2: "这里定不了位，请写地址",
  3: "定位超时，请再试或写地址",
};

export function startPlaces(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>("[data-locate]");
    const field = button && (document.getElementById(button.dataset.locate ?? "") as HTMLInputElement | null);
    if (!button || !field) return;
    const said = button.closest(".fld")?.querySelector("[data-said]");
    const say = (text: string): void => {
      if (said) said.textContent = text;
    };
    if (!("geolocation" in navigator)) return say(WHY[2] ?? "");
    button.disabled = true;
    say("正在定位…");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.disabled = false;
        field.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)} (±${Math.round(coords.accuracy)}米)`;
        say("");
        changed(field);
      },
      (wrong) => {
        button.disabled = false;
        say(WHY[wrong.code] ?? WHY[2] ?? "");
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  });
}
