import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DictionaryError } from "./dictionary-error.ts";

/** One line of a dictionary, its comment cut off and its fields apart. */
export interface Statement {
  readonly keyword: string;
  readonly fields: readonly string[];
  readonly file: string;
  readonly line: number;
}

interface Include {
  readonly statement: Statement;
  /** $INCLUDE-: a file that may be missing. */
  readonly isOptional: boolean;
}

const asInclude = (statement: Statement): Include | undefined => {
  if (statement.keyword === "$INCLUDE") return { statement, isOptional: false };
  if (statement.keyword === "$INCLUDE-") return { statement, isOptional: true };
  return undefined;
};

function statementsOf(text: string, file: string): Statement[] {
  return text.split("\n").flatMap((raw, index) => {
    const [keyword, ...fields] = raw.replace(/#.*$/, "").trim().split(/\s+/);
    return keyword === undefined || keyword === ""
      ? []
      : [{ keyword: keyword.toUpperCase(), fields, file, line: index + 1 }];
  });
}

async function textOf(file: string, from: Include | undefined): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (from?.isOptional && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const place = from?.statement ?? { file, line: 0 };
    throw new DictionaryError("unreadable-file", `cannot read ${file}: ${(error as Error).message}`, place);
  }
}

/** All statements of a dictionary file, those of included files where their $INCLUDE stands. */
export async function readStatements(
  file: string,
  from?: Include,
  trail: readonly string[] = [],
): Promise<Statement[]> {
  if (trail.includes(file)) {
    const place = from?.statement ?? { file, line: 0 };
    throw new DictionaryError("include-loop", `${[...trail, file].join(" includes ")}`, place);
  }
  const text = await textOf(file, from);
  if (text === undefined) return [];
  const all: Statement[] = [];
  for (const statement of statementsOf(text, file)) {
    const include = asInclude(statement);
    if (!include) {
      all.push(statement);
      continue;
    }
    const [target, ...rest] = statement.fields;
    if (target === undefined || rest.length > 0) {
      throw new DictionaryError("wrong-number-of-fields", "$INCLUDE takes one file name", statement);
    }
    all.push(...(await readStatements(resolve(dirname(file), target), include, [...trail, file])));
  }
  return all;
}
