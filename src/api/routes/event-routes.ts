import type { Api } from "../api.ts";
import { bearerKey } from "../authenticate.ts";
import { type Caller, callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import type { EventFeed } from "../event-feed.ts";
import { eventStream } from "../event-shapes.ts";
import type { LiveEvent } from "../event-store.ts";
import { mayUse } from "../rights.ts";

const MOST_LISTENERS = 100;
/** Of one key: a console or two for each of several people. */
const MOST_OF_A_KEY = 10;
/** A client that reads slower than things happen is cut off; it comes again and asks for what it missed. */
const MOST_UNREAD_OCTETS = 1024 * 1024;

export interface EventRouteDependencies {
  readonly feed: EventFeed;
  /** Who the key belongs to now: one that was revoked meanwhile ends its stream. */
  readonly lookUp: (key: string) => Promise<Caller | undefined>;
  readonly heartbeatMs: number;
}

const encoded = ({ id, type, at, data }: LiveEvent): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ at, ...data })}\n\n`;

/** Who may not read the audit does not hear it either. */
const mayHear = ({ role }: Caller, { type }: LiveEvent): boolean => type !== "audit" || mayUse(role, "audit:read");

/** Server-Sent Events: hints of what changed, for consoles that then ask. Not a queue: what nobody heard is gone. */
export function eventRoutes(app: Api, { feed, lookUp, heartbeatMs }: EventRouteDependencies): void {
  /** How each stream is ended, and whose key it has. */
  const endings = new Map<() => void, string>();
  app.addHook("preClose", async () => {
    for (const end of endings.keys()) end();
    feed.stop();
  });

  app.get(
    "/v1/events",
    {
      config: { right: "events:read", problems: ["too-many-listeners"] },
      exposeHeadRoute: false,
      schema: {
        operationId: "listen",
        tags: ["events"],
        summary: "What changes, while it changes: Server-Sent Events",
        description:
          "A stream of events of type `case`, `measure` and `enforcement`, and `audit` for keys that may read the audit, from " +
          "every node of the cluster. They are hints to ask anew, not a queue: what happened while nobody listened is not " +
          "told afterwards. A comment comes every 15 s, so that proxies keep the stream open.",
        response: { 200: eventStream },
      },
    },
    async (request, reply) => {
      const listener = callerOf(request);
      const ofThisKey = [...endings.values()].filter((keyId) => keyId === listener.keyId).length;
      if (endings.size >= MOST_LISTENERS)
        throw new ApiError("too-many-listeners", `${MOST_LISTENERS} clients listen already`);
      if (ofThisKey >= MOST_OF_A_KEY)
        throw new ApiError("too-many-listeners", `${MOST_OF_A_KEY} clients listen already with this key`);
      const key = bearerKey(request.headers.authorization) ?? "";
      const stream = reply.raw;
      const end = () => {
        clearInterval(heartbeat);
        unsubscribe();
        endings.delete(end);
        stream.end();
      };
      const write = (text: string) => {
        if (stream.writableLength > MOST_UNREAD_OCTETS) stream.destroy();
        else stream.write(text);
      };
      let unsubscribe = () => {};
      endings.set(end, listener.keyId);
      const heartbeat = setInterval(() => {
        write(": still here\n\n");
        lookUp(key).then(
          (caller) => caller ?? end(),
          () => undefined,
        );
      }, heartbeatMs).unref();
      stream.once("close", end);
      try {
        unsubscribe = await feed.subscribe((event) => {
          if (mayHear(listener, event)) write(encoded(event));
        });
      } catch (error) {
        clearInterval(heartbeat);
        endings.delete(end);
        stream.off("close", end);
        throw error;
      }
      reply.hijack();
      const headers = Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined));
      stream.writeHead(200, {
        ...headers,
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      } as Record<string, string>);
      write("retry: 2000\n\n");
      return reply;
    },
  );
}
