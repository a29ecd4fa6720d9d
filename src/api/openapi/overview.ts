/** What a reader of the document should know before the first call. */
export const overview = `Weir holds compromised customers of an internet provider back, step by step and reversibly, with RADIUS
Change-of-Authorization. This is what equipment, consoles and scripts talk to.

**Keys.** Send \`Authorization: Bearer KEY\`. A key has a role: \`viewer\` reads, \`operator\` reads and decides, \`helpdesk\`
helps customers, \`ingest\` sends the reports of one source, and \`admin\` may do everything. Each call says which it takes.

**Bodies** are JSON in UTF-8 unless the call says otherwise. An unknown field or query parameter is refused rather than
ignored, so that a misspelt one is noticed. Reports are the exception: what a record says beside is kept as evidence, and
only a name that is nearly a known one is refused, with its record. Times are RFC 3339; answers have them in UTC. Octets are lower-case hex.
Numbers that may grow past what JavaScript counts exactly (ids of sessions, cases, measures) are text.

**Lists** answer \`{items, next}\`. Send \`next\` as \`cursor\` for the page after; \`null\` means that there is none.

**Problems** are \`application/problem+json\` (RFC 9457) with a stable \`code\`; each call lists those that it can answer with.
Bad input comes with \`errors[]\`, each with a pointer to the place. A request that was refused has changed nothing.

**Repeating.** A POST, PUT or DELETE with an \`Idempotency-Key\` can be sent again after a lost answer: it is done once.

**Visible at once.** What a RADIUS packet told is in the answers here once that packet was acknowledged, and a measure binds
the next login once the call that ordered it was answered.`;

export const tags = [
  { name: "subscribers", description: "Customers, their usernames, protections and passwords" },
  { name: "sessions", description: "What is or was online, as RADIUS accounting tells it" },
  { name: "attribution", description: "Who held an address at a time" },
  { name: "sources", description: "Who sends reports, and how far they are believed" },
  { name: "reports", description: "Reports of malicious activity, and the observations in them" },
  { name: "cases", description: "The open matter of one customer and one category" },
  { name: "measures", description: "What is to hold for a customer, and each attempt to make it so" },
  { name: "breakers", description: "Limits on what playbooks may do by themselves" },
  { name: "nas", description: "The equipment that customers are on" },
  { name: "jobs", description: "Scheduled work" },
  { name: "events", description: "What changes, while it changes" },
  { name: "audit", description: "Who changed what" },
  { name: "keys", description: "API keys" },
  { name: "system", description: "For load balancers, Prometheus and readers; without a key" },
] as const;
