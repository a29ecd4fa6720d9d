import { openCoaSink } from "./coa-sink.ts";

/** What the sink's process is told; each order is answered by one message. */
export type SinkOrder =
  | {
      readonly kind: "open";
      readonly host: string;
      readonly secret: string;
      /** Whether each session's first request is told of as it comes. */
      readonly tellsArrivals: boolean;
    }
  | { readonly kind: "counts" }
  | { readonly kind: "reset" };

/** bigint as text: messages are JSON. */
export type SinkMessage =
  | { readonly kind: "open"; readonly port: number }
  | {
      readonly kind: "counts";
      readonly received: number;
      readonly repeated: number;
      readonly notAuthentic: number;
      readonly distinctSessions: number;
      readonly seconds: number;
    }
  | { readonly kind: "reset" }
  | { readonly kind: "arrived"; readonly acctSessionId: string; readonly at: string };

const send = (message: SinkMessage) => process.send?.(message);
let sink: Awaited<ReturnType<typeof openCoaSink>> | undefined;

async function obey(order: SinkOrder): Promise<void> {
  if (order.kind === "open") {
    sink = await openCoaSink({
      host: order.host,
      secret: Buffer.from(order.secret, "utf8"),
      arrived: (acctSessionId, at) => {
        if (order.tellsArrivals) send({ kind: "arrived", acctSessionId, at: at.toString() });
      },
    });
    send({ kind: "open", port: sink.port });
    return;
  }
  if (order.kind === "reset") {
    sink?.reset();
    send({ kind: "reset" });
    return;
  }
  const counts = sink?.counts();
  if (counts === undefined) return;
  const { firstAt = 0n, lastAt = 0n, ...numbers } = counts;
  send({ kind: "counts", ...numbers, seconds: Number(lastAt - firstAt) / 1e9 });
}

process.on("message", (order: SinkOrder) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
    process.disconnect();
  });
});
process.once("disconnect", () => {
  void sink?.close();
});
