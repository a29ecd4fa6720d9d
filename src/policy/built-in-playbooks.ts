import type { Category } from "../intake/category.ts";
import type { Playbook, Stage } from "./playbook.ts";

/** Gardened customers who do nothing are let out after this long: hardly any of them are still infected by then. */
const DAYS = 30;

const notice: Stage = { name: "notice", measure: null, days: DAYS };
const garden: Stage = { name: "walled-garden", measure: { kind: "walled-garden", params: {} }, days: DAYS };
const suspend: Stage = { name: "suspend", measure: { kind: "suspend", params: {} }, days: DAYS };
/** Leaves mail, news and an IP telephone usable, and takes nearly all of what a flood or a scan does to others. */
const throttle: Stage = {
  name: "throttle",
  measure: { kind: "throttle", params: { downKbps: 1_000, upKbps: 256 } },
  days: DAYS,
};

const ladders: Readonly<Record<Category, Playbook["stages"]>> = {
  // The measured cure: gardens clean nine in ten households, e-mail alone changes nothing.
  botnet: [garden, suspend],
  // Nobody guesses passwords at a stranger's honeypot by mistake, and it takes too little bandwidth for a throttle to
  // matter: an infected device, treated as one.
  "brute-force": [garden, suspend],
  // Some scans are curiosity or research. A throttle takes the harm out of them while a person looks.
  scanning: [throttle, garden],
  // The harm is the volume, so that is what goes, at once; the line stays usable while the device is looked for.
  ddos: [throttle, garden, suspend],
  // Until outbound SMTP alone can be restricted: a throttle hardly slows a spam bot, a garden stops it.
  spam: [garden, suspend],
  // A page that steals from visitors must not be reached any more, and its owner mostly does not know of it.
  phishing: [garden, suspend],
  // Open to misuse, not misused: the customer is told. Never enforced.
  "vulnerable-service": [notice],
};

const builtIn = (category: Category): Playbook => ({
  id: category,
  version: 1,
  category,
  minimumTrust: 80,
  minimumConfidence: 0.5,
  maximumEvidenceAgeDays: 14,
  stages: ladders[category],
});

export type PlaybookFor = (category: Category) => Playbook;

/** The playbook that Weir ships for a category. */
export const builtInPlaybook: PlaybookFor = (category) => builtIn(category);
