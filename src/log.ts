import { type DestinationStream, type Logger, pino } from "pino";
import type { LogLevel } from "./config/config.ts";

/** Never in a log, wherever in a logged object they appear (invariant: secrets stay secret). */
const secretFields = ["secret", "password", "credential", "authorization", "adminKey", "secretKey", "key"];

const redactedPaths = [
  ...secretFields,
  ...secretFields.map((field) => `*.${field}`),
  ...secretFields.map((field) => `*.*.${field}`),
  "req.headers.authorization",
];

/** PostgreSQL's detail, hint and context quote rows: keys, usernames, addresses. Its code and message say what is wrong. */
function errorForLog(error: Error): object {
  const { detail: _detail, hint: _hint, where: _where, ...rest } = pino.stdSerializers.err(error);
  return rest;
}

/** ERROR: a person must act now. WARN: heals by itself. INFO: something was done to a subscriber, or a start and stop. */
export function createLog(level: LogLevel, to?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorForLog },
    redact: { paths: redactedPaths, censor: "[secret]" },
  };
  return to ? pino(options, to) : pino(options);
}
