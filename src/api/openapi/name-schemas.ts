import { DOCUMENTED } from "../shapes.ts";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keywords that hold values, not schemas: a "title" in there names nothing. */
const holdsValues = new Set(["example", "examples", "default", "enum", "const"]);

/**
 * Gives each schema with a title one place under components.schemas, and refers to it wherever it stood, so that
 * readers and generators of clients meet one Measure and not thirty. Throws where two different ones share a title.
 */
export function nameSchemas({ paths, components }: { readonly paths: Fields; readonly components: Fields }): Fields {
  const schemas = new Map<string, Fields>();

  const named = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(named);
    if (!isObject(node)) return node;
    if (DOCUMENTED in node) return named(node[DOCUMENTED]);
    const copy = Object.fromEntries(
      Object.entries(node).map(([key, inner]) => [key, holdsValues.has(key) ? inner : named(inner)]),
    );
    const { title } = copy;
    return typeof title === "string" ? reference(title, copy) : copy;
  };
  const reference = (title: string, schema: Fields): Fields => {
    const known = schemas.get(title);
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`two schemas are called ${title}`);
    schemas.set(title, schema);
    return { $ref: `#/components/schemas/${title}` };
  };

  const all = { paths: named(paths), components: { ...components, responses: named(components["responses"]) } };
  const sorted = [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...all, components: { ...all.components, schemas: Object.fromEntries(sorted) } };
}
