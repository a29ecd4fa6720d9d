/** By PostgreSQL's SQLSTATE (its appendix A): what the server says when it does not let us in. */
const refusals: Readonly<Record<string, string>> = {
  "28P01": "the database refuses the login",
  "28000": "the database refuses the login",
  "3D000": "the database server has no such database",
  "42501": "the database's user may not do that",
  "53300": "the database has no connection left",
};

const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : "");

/** In words, why a database that answers cannot be used; undefined: it is something else. */
export function databaseProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  // The driver has no code for a password that was not given, nor for a server that goes away.
  if (message.startsWith("SASL")) return `the database wants a password, and none is given (${message})`;
  if (/^(?:timeout expired|Connection terminated)/.test(message)) return `the database does not answer (${message})`;
  const refusal = refusals[codeOf(error)];
  return refusal === undefined ? undefined : `${refusal} (${message})`;
}
