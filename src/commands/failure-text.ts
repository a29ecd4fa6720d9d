import { visibleText } from "./visible-text.ts";

/** An error in one line. Node's of a host with several addresses says nothing itself, and holds one for each. */
export function failureText(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(failureText))].join("; ");
  return visibleText(error instanceof Error ? error.message : String(error));
}
