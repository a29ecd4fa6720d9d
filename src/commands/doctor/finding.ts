export type Level = "ok" | "warning" | "failure";

/** One thing that doctor looked at. */
export interface Finding {
  readonly level: Level;
  /** "configuration", "database", "nas bng1", … */
  readonly about: string;
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string;
}

export const ok = (about: string, text: string): Finding => ({ level: "ok", about, text });
export const warning = (about: string, text: string, hint: string): Finding => ({
  level: "warning",
  about,
  text,
  hint,
});
export const failure = (about: string, text: string, hint: string): Finding => ({
  level: "failure",
  about,
  text,
  hint,
});
