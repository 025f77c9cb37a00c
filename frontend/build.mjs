// Bundles the styles and scripts into dist/ under hashed names and writes manifest.json for the templates.
// Only the icons that templates, views and scripts name are kept in the icon font.
import { brotliCompressSync, gzipSync } from "node:zlib";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import subsetFont from "subset-font";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "dist");
const cache = path.join(here, "node_modules/.cache/bihuan");
const icons = path.join(here, "node_modules/@tabler/icons-webfont/dist");
const sources = [path.join(here, "src"), path.join(here, "../src/bihuan/surfaces")];

async function* filesUnder(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(full);
    else if (/\.(html|py|ts)$/.test(entry.name)) yield full;
  }
}

async function knownIcons() {
  const css = await readFile(path.join(icons, "tabler-icons.css"), "utf8");
  const found = css.matchAll(/\.ti-([a-z0-9-]+):before\s*{\s*content:\s*"\\([0-9a-f]+)"/g);
  return new Map([...found].map(([, name, code]) => [name, code]));
}

// A quoted word that is an icon's name counts as used; icon("…") of an unknown name is a mistake.
async function usedIcons(known) {
  const used = new Set();
  for (const folder of sources)
    for await (const file of filesUnder(folder)) {
      const text = await readFile(file, "utf8");
      for (const [, name] of text.matchAll(/\bicon\("([^"]+)"/g))
        if (!known.has(name)) throw new Error(`${file}: no icon is called "${name}"`);
      for (const [, name] of text.matchAll(/(?:["']|\bti-)([a-z0-9-]+)["'\s]/g))
        if (known.has(name)) used.add(name);
    }
  return [...used].sort();
}

async function writeIconFont() {
  const known = await knownIcons();
  const used = await usedIcons(known);
  const letters = used.map((name) => String.fromCodePoint(parseInt(known.get(name), 16))).join("");
  const font = await readFile(path.join(icons, "fonts/tabler-icons.woff2"));
  await writeFile(path.join(cache, "icons.woff2"), await subsetFont(font, letters, { targetFormat: "woff2" }));
  const rules = used.map((name) => `.ti-${name}:before{content:"\\${known.get(name)}"}`);
  const face =
    '@font-face{font-family:"tabler-icons";font-display:block;src:url("./icons.woff2") format("woff2")}' +
    '.ti{font-family:"tabler-icons"!important;font-style:normal;font-weight:400;line-height:1;speak:never}';
  await writeFile(path.join(cache, "icons.css"), [face, ...rules].join("\n"));
}

// Shares of a limit are classes p0…p100, columns are of7, from2, to5, so that no page needs an inline style (docs/decisions/0070).
async function writeShares() {
  const rules = Array.from({ length: 101 }, (_, share) => `.p${share}{--p:${share}}`);
  for (let n = 1; n <= 25; n += 1)
    rules.push(
      `.of${n}{grid-template-columns:repeat(${n},1fr)}.from${n}{grid-column-start:${n}}.to${n}{grid-column-end:${n}}`,
    );
  await writeFile(path.join(cache, "shares.css"), rules.join(""));
}

async function compress(folder) {
  for (const name of await readdir(folder)) {
    if (!/\.(css|js|svg)$/.test(name)) continue;
    const body = await readFile(path.join(folder, name));
    await writeFile(path.join(folder, `${name}.br`), brotliCompressSync(body));
    await writeFile(path.join(folder, `${name}.gz`), gzipSync(body, { level: 9 }));
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(cache, { recursive: true });
await mkdir(out, { recursive: true });
await writeIconFont();
await writeShares();
const result = await esbuild.build({
  absWorkingDir: here,
  // The studio's bundles are large and loaded by its own pages only.
  entryPoints: {
    app: "src/app.ts",
    theme: "src/theme.ts",
    style: "css/app.css",
    studio: "src/studio.ts",
    "studio-table": "src/studio-table.ts",
    studio_style: "css/studio.css",
    portal: "src/portal.ts",
    portal_style: "css/portal.css",
  },
  outdir: "dist",
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: ["chrome105", "firefox110", "safari16"],
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".woff": "file", ".ttf": "file", ".eot": "file", ".svg": "file" },
  logLevel: "warning",
});
const manifest = {};
for (const [file, made] of Object.entries(result.metafile.outputs)) {
  if (!made.entryPoint) continue;
  const name = path.basename(file);
  manifest[name.replace(/-[A-Z0-9]{8}\./, ".")] = name;
}
await copyFile(path.join(here, "src/favicon.svg"), path.join(out, "favicon.svg"));
await writeFile(path.join(out, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
await compress(out);
console.log(Object.values(manifest).join("  "));
