import { readFileSync } from "node:fs";
import { parse, YAMLError } from "yaml";
import { fileProblem } from "./file-problem.ts";
import { type ParsedConfig, parseConfig } from "./parse-config.ts";

type File =
  | { readonly ok: true; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: string };

/** Says where, and not what stands there: it may be a secret. */
function yamlProblem(error: unknown, text: string): string {
  if (!(error instanceof YAMLError)) return "is no YAML that can be read";
  const line = text.slice(0, error.pos[0]).split("\n").length;
  return `line ${line} is no YAML (${error.code})`;
}

function settingsIn(text: string): File {
  try {
    const settings: unknown = parse(text, { prettyErrors: false, logLevel: "error" });
    if (settings === null || settings === undefined) return { ok: true, settings: {} };
    if (typeof settings !== "object" || Array.isArray(settings))
      return { ok: false, problem: "is not a list of settings" };
    return { ok: true, settings: Object.fromEntries(Object.entries(settings)) };
  } catch (error) {
    return { ok: false, problem: yamlProblem(error, text) };
  }
}

function readFile(path: string): File {
  try {
    return settingsIn(readFileSync(path, "utf8"));
  } catch (error) {
    return { ok: false, problem: fileProblem(error) };
  }
}

/** The configuration of this process: its environment, and the YAML file that WEIR_CONFIG names. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): ParsedConfig {
  const path = environment["WEIR_CONFIG"];
  if (path === undefined || path === "") return parseConfig({ environment });
  const file = readFile(path);
  if (file.ok) return parseConfig({ environment, file: file.settings });
  const parsed = parseConfig({ environment });
  const problem = `WEIR_CONFIG: ${path}: ${file.problem}`;
  return { ok: false, problems: parsed.ok ? [problem] : [problem, ...parsed.problems] };
}
