// Limits and warnings as people read them: 1wd4h is "1 个工作日 4 工时". The server has the last word.
const WORKING = /^(?:(\d+)wd)?(?:(\d+)h)?(?:(\d+)m)?$/;
const ELAPSED = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

export const QUICK: [string, string][] = [
  ["30m", "30 分"],
  ["1h", "1 工时"],
  ["2h", "2 工时"],
  ["4h", "4 工时"],
  ["1wd", "1 个工作日"],
  ["2wd", "2 个工作日"],
  ["3wd", "3 个工作日"],
  ["5wd", "5 个工作日"],
  ["PT4H", "4 小时（自然时间）"],
  ["P1D", "1 天（自然时间）"],
];

function joined(match: RegExpExecArray, units: string[]): string {
  return units
    .map((unit, at) => (Number(match[at + 1] ?? 0) ? `${match[at + 1]} ${unit}` : ""))
    .filter(Boolean)
    .join(" ");
}

export function limitInWords(text: string, variables: [string, string][] = []): string {
  const plain = text.trim();
  if (!plain) return "";
  const variable = /^[$#]\{\s*(.+?)\s*\}$/.exec(plain);
  if (variable?.[1]) return `按变量“${variables.find(([code]) => code === variable[1])?.[1] ?? variable[1]}”`;
  const working = WORKING.exec(plain);
  if (working) return joined(working, ["个工作日", "工时", "分"]) || "看不懂，写 30m、2h、1wd";
  const elapsed = ELAPSED.exec(plain);
  const words = elapsed ? joined(elapsed, ["周", "天", "小时", "分", "秒"]) : "";
  return words ? `${words}（自然时间）` : "看不懂，写 30m、2h、1wd4h，或 PT2H、P7D";
}

export function warningInWords(text: string): string {
  return text
    .split(/[,，\s]+/)
    .filter(Boolean)
    .map((one) => (one.endsWith("%") ? `用到 ${one}` : `到期前 ${limitInWords(one)}`))
    .join("，");
}
