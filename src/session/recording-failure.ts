const codeOf = (error: unknown): string => {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === "string" ? code : "";
};

/**
 * PostgreSQL: deadlock, serialization failure, a unique key taken meanwhile (another node opened the session), a row
 * referred to that is gone (an automatic subscriber became part of a real one). Doing the batch again puts it right.
 */
const passing: ReadonlySet<string> = new Set(["40P01", "40001", "23505", "23503"]);

export const isPassing = (error: unknown): boolean => passing.has(codeOf(error));

/** Whether it is about the data of some record (classes 22 and 23, a row too big), not about the database as a whole. */
export const isOfOneRecord = (error: unknown): boolean => /^(?:22|23|54)...$|^40P01$|^40001$/.test(codeOf(error));
