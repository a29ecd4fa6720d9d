import type { PersonKind } from "../cases/case-state.ts";

/** What a route asks of a key. "open": no key at all. */
export type Right =
  | "open"
  | "nas:read"
  | "nas:write"
  | "subscribers:read"
  | "subscribers:write"
  | "sessions:read"
  | "attribution:read"
  | "sources:read"
  | "sources:write"
  | "reports:send"
  | "reports:read"
  | "observations:read"
  | "cases:read"
  | "cases:help"
  | "cases:act"
  | "measures:read"
  | "measures:order"
  | "measures:decide"
  | "password:tell"
  | "jobs:read"
  | "jobs:run"
  | "breakers:read"
  | "breakers:reset"
  | "breakers:limit"
  | "release-all"
  | "audit:read"
  | "events:read"
  | "keys:manage";

export const roles = ["viewer", "operator", "helpdesk", "ingest", "admin"] as const;
export type Role = (typeof roles)[number];

const viewing: readonly Right[] = [
  "nas:read",
  "subscribers:read",
  "sessions:read",
  "attribution:read",
  "sources:read",
  "reports:read",
  "observations:read",
  "cases:read",
  "measures:read",
  "jobs:read",
  "breakers:read",
  "events:read",
];

/** Which role may do what. What is not listed is refused; "admin" has every right. */
const rightsOf: Readonly<Record<Exclude<Role, "admin">, ReadonlySet<Right>>> = {
  viewer: new Set(viewing),
  operator: new Set<Right>([
    ...viewing,
    "nas:write",
    "subscribers:write",
    "sources:write",
    "reports:send",
    "cases:help",
    "cases:act",
    "measures:order",
    "measures:decide",
    "jobs:run",
    "breakers:reset",
    "audit:read",
  ]),
  helpdesk: new Set<Right>([
    "subscribers:read",
    "sessions:read",
    "observations:read",
    "cases:read",
    "cases:help",
    "measures:read",
    "events:read",
    "password:tell",
  ]),
  // Bound to one source: routes check that it is that source's report.
  ingest: new Set<Right>(["reports:send", "reports:read"]),
};

/** Whether a key of this role may use a route that asks for this right. */
export const mayUse = (role: Role, right: Right): boolean =>
  right === "open" || role === "admin" || rightsOf[role].has(right);

/** What the helpdesk may say of a case with the customer on the phone; the rest decides about it. */
const helping: ReadonlySet<PersonKind> = new Set(["note", "remediation-advised", "release"]);

export const rightForCaseEvent = (kind: PersonKind): Right => (helping.has(kind) ? "cases:help" : "cases:act");
