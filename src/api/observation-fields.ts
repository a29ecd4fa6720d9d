import { Type } from "typebox";
import { categories, severities } from "../intake/category.ts";
import { anything, closed, documented, nullable, oneOf, Time } from "./shapes.ts";

const text = Type.String();

/** Where a report's record stands. */
export const RowNumber = Type.Integer({ minimum: 1, description: "the record's number from 1, a header not counted" });

export const CategoryShape = oneOf(categories);
export const SeverityShape = oneOf(severities);

const Candidate = closed(
  {
    subscriber: nullable(Type.String({ description: "null: its username belongs to nobody" })),
    session: text,
    from: Time,
    to: nullable(documented(Time, "null: it still has the address")),
  },
  { title: "Candidate", description: "A session that held the address then" },
);

/** What an observation claims, and where it belongs. */
export const claimFields = {
  id: text,
  source: text,
  at: Time,
  until: nullable(Time),
  ip: text,
  port: nullable(Type.Integer()),
  protocol: nullable(text),
  category: CategoryShape,
  severity: SeverityShape,
  name: nullable(Type.String({ description: "the malware family, signature or the like" })),
  description: nullable(text),
  evidence: anything("what else the reporter told"),
  subscriber: nullable(text),
  session: nullable(text),
  case: nullable(text),
  receivedAt: Time,
  attributedAt: nullable(
    documented(Time, "when it became known whose it is, where records told so later; null: when it was received"),
  ),
};

/** Whom an address belonged to, and how sure that is. */
export const verdictFields = {
  verdict: oneOf(["exact", "ambiguous", "none"], {
    description: "exact: one subscriber for sure; only then a measure follows. none: nobody is known to have held it",
  }),
  reason: Type.String({ description: "in words, for people" }),
  candidates: Type.Array(Candidate),
};
