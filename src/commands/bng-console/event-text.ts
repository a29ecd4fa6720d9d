import type { Dictionary } from "../../dictionary/dictionary.ts";
import type { Attribute } from "../../radius/attribute.ts";
import { formatAttribute, plainText } from "../../radius/attribute-text.ts";
import type { BngEvent } from "../../simulator/bng-event.ts";
import { inForceText } from "../../simulator/in-force.ts";
import { usernameOf } from "../../simulator/subscriber-names.ts";
import { visibleJson } from "../visible-json.ts";
import type { ShownEvents } from "./bng-arguments.ts";
import { consoleLine, type Said } from "./console-line.ts";

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

const after = (ms: number): string => `after ${ms.toFixed(1)} ms`;

/** Of the packet itself, of the NAS, or said already: what is left is the session and what was asked for it. */
const untold: ReadonlySet<string> = new Set([
  ...["Message-Authenticator", "Event-Timestamp", "Proxy-State"],
  ...["NAS-IP-Address", "NAS-IPv6-Address", "NAS-Identifier", "User-Name"],
]);

const asked = (dictionary: Dictionary, attributes: readonly Attribute[]): string =>
  attributes
    .filter(({ name }) => !untold.has(name))
    .map((attribute) => formatAttribute(dictionary, attribute))
    .join(", ");

function loginSaid(dictionary: Dictionary, { line, result, session, attributes, latencyMs }: Login): Said {
  const reply = attributes.find(({ name }) => name === "Reply-Message");
  const parts = [
    result === "unanswered" ? result : `${result} ${after(latencyMs)}`,
    ...(session === undefined ? [] : [`session ${session}`]),
    ...(reply === undefined ? [] : [`"${plainText(dictionary, reply)}"`]),
  ];
  return { event: "login", who: usernameOf(line), what: parts.join(", ") };
}

function accountingSaid({ line, status, session, isAnswered, latencyMs }: Accounting): Said {
  const outcome = isAnswered ? `answered ${after(latencyMs)}` : "unanswered";
  const what = session === undefined ? outcome : `${outcome}, session ${session}`;
  return { event: status, ...(line !== undefined && { who: usernameOf(line) }), what };
}

function requestSaid(dictionary: Dictionary, event: Request): Said {
  const { asks, lines, verdict, errorCause, isChanged, inForce, attributes } = event;
  const cause = errorCause === undefined ? "" : `, Error-Cause ${errorCause}`;
  const now = asks === "coa" && inForce ? `, ${isChanged ? "now" : "still"} ${inForceText(inForce)}` : "";
  const what = `${verdict}${cause}${now}; asked: ${asked(dictionary, attributes)}`;
  return { event: asks, ...(lines.length > 0 && { who: lines.map(usernameOf).join(",") }), what };
}

function said(dictionary: Dictionary, event: BngEvent): Said {
  switch (event.kind) {
    case "login":
      return loginSaid(dictionary, event);
    case "accounting":
      return accountingSaid(event);
    case "request":
      return requestSaid(dictionary, event);
    case "dropped":
      return { event: "dropped", what: event.reason };
  }
}

/** One line for people. */
export const eventText = (dictionary: Dictionary, event: BngEvent): string =>
  consoleLine(said(dictionary, event), event.at);

/** One line for programs; attributes as "Name = value". */
export function eventJson(dictionary: Dictionary, event: BngEvent): string {
  const attributes =
    "attributes" in event ? event.attributes.map((one) => formatAttribute(dictionary, one)) : undefined;
  return visibleJson({ ...event, ...(attributes && { attributes }) });
}
