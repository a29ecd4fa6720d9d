import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** An answer as it left the server. */
export interface AnswerSeen {
  readonly method: string;
  /** With or without its query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

interface MediaType {
  readonly schema?: { readonly "x-item-schema"?: object };
}

interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, MediaType>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Response>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Response>> };
}

interface Found {
  readonly template: string;
  readonly operation: Operation;
}

export interface DocumentCheck {
  /** Throws an Error that says what in an answer is not as the OpenAPI document has it. */
  answer(seen: AnswerSeen): void;
  /** The same for one event of GET /v1/events. */
  event(frame: string): void;
  /** "<operationId> <status>" of every answer that was looked at. */
  readonly seen: ReadonlySet<string>;
}

const token = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

const matches = (template: string, path: string): boolean =>
  new RegExp(`^${template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}/?$`).test(path);

/** Holds what the server really answers against what its OpenAPI document says that it does; more is as wrong as less. */
export function createDocumentCheck(document: ApiDocument): DocumentCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat("ip", /^[0-9a-f.:]+$/i);
  ajv.addSchema(document, "weir");
  const seen = new Set<string>();

  const validatorAt = (pointer: string): ValidateFunction => {
    const validate = ajv.getSchema(`weir#${pointer}`);
    if (!validate) throw new Error(`the document has no schema at ${pointer}`);
    return validate;
  };
  const hold = (value: unknown, pointer: string, of: string): void => {
    const validate = validatorAt(pointer);
    if (validate(value)) return;
    const faults = validate.errors?.map(
      (fault) => `${fault.instancePath} ${fault.message} ${JSON.stringify(fault.params)}`,
    );
    throw new Error(`${of} is not as ${pointer} has it:\n${faults?.join("\n")}\n${JSON.stringify(value)}`);
  };
  const operationAt = (method: string, path: string): Found | undefined =>
    Object.entries(document.paths)
      .filter(([template]) => matches(template, path))
      // "/v1/subscribers/import" is also of the form "/v1/subscribers/{id}".
      .sort(([a], [b]) => a.split("{").length - b.split("{").length)
      .flatMap(([template, item]) => {
        const operation = item[method.toLowerCase()];
        return operation ? [{ template, operation }] : [];
      })[0];

  const media = (found: Found, { method, status, contentType }: AnswerSeen) => {
    const { template, operation } = found;
    const own = operation.responses[String(status)];
    if (!own) throw new Error(`${operation.operationId} answered ${status}, which the document does not have`);
    const shared = own.$ref?.replace("#/components/responses/", "");
    const response = shared === undefined ? own : document.components.responses[shared];
    const type = contentType.split(";")[0] ?? "";
    const content = response?.content ?? {};
    if (Object.keys(content).length > 0 && !content[type])
      throw new Error(`${operation.operationId} answered ${status} as "${type}", which the document does not have`);
    const place =
      shared === undefined
        ? `/paths/${token(template)}/${method.toLowerCase()}/responses/${status}`
        : `/components/responses/${shared}`;
    return {
      hasContent: Object.keys(content).length > 0,
      type,
      at: `${place}/content/${token(type)}/schema`,
      one: content[type],
    };
  };

  return {
    seen,
    answer: (given) => {
      const path = given.path.split("?")[0] ?? "";
      const isPage = /^\/docs(\/|$)/.test(path) || (path === "/" && given.status === 302);
      if (given.method === "HEAD" || isPage) return;
      const found = operationAt(given.method, path);
      if (!found) return hold(JSON.parse(given.text), "/components/schemas/Problem", `${given.method} ${path}`);
      const of = `${found.operation.operationId} ${given.status}`;
      seen.add(of);
      const { hasContent, type, at, one } = media(found, given);
      if (!hasContent && given.text !== "") throw new Error(`${of} has a body, and the document says that it has none`);
      if (/[/+]json$/.test(type)) hold(JSON.parse(given.text), at, of);
      if (type === "application/x-ndjson" && one?.schema?.["x-item-schema"])
        for (const line of given.text.split("\n").filter(Boolean)) hold(JSON.parse(line), `${at}/x-item-schema`, of);
    },
    event: (frame) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(frame)?.[1] ?? "";
      const value = { id: field("id"), event: field("event"), data: JSON.parse(field("data")) };
      const at = "/paths/~1v1~1events/get/responses/200/content/text~1event-stream/schema/x-item-schema";
      hold(value, at, "an event");
    },
  };
}
