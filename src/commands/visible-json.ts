import { unseen } from "./visible-text.ts";

/** Each UTF-16 unit, as JSON has it. Line feeds are those of the indentation: within strings they are escaped already. */
const escaped = (character: string): string =>
  character === "\n"
    ? character
    : character
        .split("")
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join("");

/** JSON that a terminal may show: the same value, with what visibleText writes out escaped. Ends its line. */
export const visibleJson = (value: unknown, indent?: number): string =>
  `${JSON.stringify(value, null, indent).replace(unseen, escaped)}\n`;
