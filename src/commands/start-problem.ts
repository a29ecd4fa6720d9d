import { databaseProblem } from "./database-problem.ts";

interface SystemError {
  readonly code: string;
  /** Of a socket. */
  readonly address?: string;
  readonly port?: number;
  /** Of a name that was looked up. */
  readonly hostname?: string;
  /** Of a file or a folder. */
  readonly path?: string;
  readonly syscall?: string;
}

const isSystemError = (error: unknown): error is Error & SystemError =>
  error instanceof Error && "code" in error && typeof error.code === "string";

/** What the error is about: a socket's address, a host, a file; undefined: it does not say. */
function place({ address, port, hostname, path }: SystemError): string | undefined {
  if (address === undefined || address === "") return hostname ?? path;
  const host = address.includes(":") ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}

const notWritable = ({ path, message }: Error & SystemError, where: string): string =>
  path === undefined
    ? `${where}: not allowed (${message})`
    : `${where} cannot be written to, see WEIR_DATA_DIR (${message})`;

/** A sentence for who has to put it right: why the server does not start, or a command cannot have the database. */
export function startProblem(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return startProblem(error.errors[0]);
  const ofDatabase = databaseProblem(error);
  if (ofDatabase !== undefined) return `${ofDatabase}, see DATABASE_URL`;
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error);
  const where = place(error);
  if (where === undefined) return error.message;
  switch (error.code) {
    case "EADDRINUSE":
      return `${where} is taken by another program, or by another Weir: set the port or WEIR_HOST`;
    case "EADDRNOTAVAIL":
      return `${where}: this machine has no such address, see WEIR_HOST`;
    case "EACCES":
      // A file that is there, and belongs to whoever the server runs as.
      if (error.syscall === "open") return `${where} is not this user's: run as the server's user (${error.message})`;
      return notWritable(error, where);
    case "EROFS":
    case "ENOSPC":
      return notWritable(error, where);
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${where} cannot be reached (${error.message}), see DATABASE_URL`;
    default:
      return error.message;
  }
}
