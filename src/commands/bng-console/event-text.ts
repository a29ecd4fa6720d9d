import type { Dictionary } from "../../dictionary/dictionary.ts";
import type { Attribute } from "../../radius/attribute.ts";
import { formatAttribute, plainText } from "../../radius/attribute-text.ts";
import type { BngEvent } from "../../simulator/bng-event.ts";
import { inForceText } from "../../simulator/in-force.ts";
import { usernameOf } from "../../simulator/subscriber-names.ts";
import type { ShownEvents } from "./bng-arguments.ts";

type Request = Extract<BngEvent, { kind: "request" }>;
type Login = Extract<BngEvent, { kind: "login" }>;
type Accounting = Extract<BngEvent, { kind: "accounting" }>;

/** What is worth a line where thousands of sessions would flood it: everything out of the ordinary. */
export function isShown(event: BngEvent, shown: ShownEvents): boolean {
  if (shown !== "changes") return shown === "all";
  if (event.kind === "login") return event.result !== "accepted";
  if (event.kind === "accounting") return !event.isAnswered || event.status === "on" || event.status === "off";
  return true;
}

const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`;

const list = (dictionary: Dictionary, attributes: readonly Attribute[]): string =>
  attributes.map((attribute) => formatAttribute(dictionary, attribute)).join(", ");

function loginText(dictionary: Dictionary, { line, result, session, attributes, latencyMs }: Login): string {
  const reply = attributes.find(({ name }) => name === "Reply-Message");
  const why = reply === undefined ? "" : ` "${plainText(dictionary, reply)}"`;
  return `login       ${usernameOf(line)} ${result}${session === undefined ? "" : ` ${session}`}${why} ${milliseconds(latencyMs)}`;
}

function accountingText({ line, status, session, isAnswered, latencyMs }: Accounting): string {
  const who = line === undefined ? "the whole BNG" : `${usernameOf(line)} ${session}`;
  return `accounting  ${status.padEnd(7)} ${who} ${isAnswered ? milliseconds(latencyMs) : "NOT ANSWERED"}`;
}

function requestText(dictionary: Dictionary, event: Request): string {
  const { asks, lines, verdict, errorCause, isChanged, inForce, attributes } = event;
  const cause = errorCause === undefined ? "" : ` (Error-Cause ${errorCause})`;
  const who = lines.map(usernameOf).join(", ") || "nobody";
  const now = asks === "coa" && inForce ? `; ${isChanged ? "now" : "still"} ${inForceText(inForce)}` : "";
  return `${asks.padEnd(11)} ${who} ${verdict}${cause}${now} [${list(dictionary, attributes)}]`;
}

function textOf(dictionary: Dictionary, event: BngEvent): string {
  switch (event.kind) {
    case "login":
      return loginText(dictionary, event);
    case "accounting":
      return accountingText(event);
    case "request":
      return requestText(dictionary, event);
    case "dropped":
      return `dropped     a datagram on the CoA port: ${event.reason}`;
  }
}

/** One line for people. */
export const eventText = (dictionary: Dictionary, event: BngEvent): string =>
  `${event.at.toISOString().slice(11, 23)} ${textOf(dictionary, event)}`;

/** One line for programs; attributes as "Name = value". */
export function eventJson(dictionary: Dictionary, event: BngEvent): string {
  const attributes =
    "attributes" in event ? event.attributes.map((one) => formatAttribute(dictionary, one)) : undefined;
  return JSON.stringify({ ...event, ...(attributes && { attributes }) });
}
