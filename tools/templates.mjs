// Format the templates: `node tools/templates.mjs --check` names those that are not formatted, `--write` formats them.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createFromBuffer } from "@dprint/formatter";

const FOLDER = "templates";
const OPTIONS = { lineWidth: 120, indentWidth: 2, newLineKind: "lf" };

// Jinja drops a line break after a block tag, so a space between two of them would vanish when the line is broken there.
const SPACE_BETWEEN_TAGS = /%\} +\{%/;

const plugin = createRequire(import.meta.url).resolve("dprint-plugin-markup/plugin.wasm");
const formatter = createFromBuffer(readFileSync(plugin));
formatter.setConfig(OPTIONS, {});

const isWriting = process.argv.includes("--write");
const faults = [];
for (const name of readdirSync(FOLDER, { recursive: true }).sort()) {
  if (!name.endsWith(".html")) continue;
  const path = join(FOLDER, name);
  const text = readFileSync(path, "utf8");
  if (SPACE_BETWEEN_TAGS.test(text)) {
    faults.push(`${path}: put the space between two block tags inside one of them, before its end tag`);
    continue;
  }
  try {
    // The ending decides how the formatter reads a file.
    const formatted = formatter.formatText({ filePath: `${path}.jinja`, fileText: text });
    if (formatted === text) continue;
    if (isWriting) writeFileSync(path, formatted);
    else faults.push(`${path}: not formatted`);
  } catch (error) {
    faults.push(`${path}: ${error}`);
  }
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length ? 1 : 0;
