interface SystemError {
  readonly code: string;
  readonly address?: string;
  readonly port?: number;
}

const isSystemError = (error: unknown): error is Error & SystemError =>
  error instanceof Error && "code" in error && typeof error.code === "string";

const place = ({ address = "", port }: SystemError): string => {
  const host = address.includes(":") ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
};

/** A sentence for who has to put it right: why the server does not start. */
export function startProblem(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return startProblem(error.errors[0]);
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error);
  switch (error.code) {
    case "EADDRINUSE":
      return `${place(error)} is taken by another program, or by another Weir: set the port or WEIR_HOST`;
    case "EADDRNOTAVAIL":
      return `${place(error)}: this machine has no such address, see WEIR_HOST`;
    case "EACCES":
      return `${place(error)}: not allowed (${error.message})`;
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "ETIMEDOUT":
      return `${place(error)} cannot be reached (${error.message}), see DATABASE_URL`;
    default:
      return error.message;
  }
}
