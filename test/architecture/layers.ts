/**
 * The folders of src/ in their order: a file may import from its own folder and from folders further up, never further
 * down. Edges (the last group) never import each other. docs/architecture.md draws the same picture.
 */
export const layers = [
  "json",
  "config",
  "secrets",
  "dictionary",
  "radius",
  "database",
  "nas",
  "subscriber",
  "session",
  "intake",
  "attribution",
  "cases",
  "policy",
  "enforcement",
  "coa",
  "authorization",
  "response",
] as const;

/** `simulator` is the outside world: of ours it knows only the wire. */
export const edges = ["listener", "api", "jobs", "simulator"] as const;

/** The command line may use everything. */
export const top = ["commands"] as const;
