import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Api } from "./api.ts";

/**
 * When the server closes, connections on which a request is still coming are ended at once: nothing of it was taken, and
 * nobody knows for how long its sender would hold on. What came whole is finished and answered,
 * and its connection ends with that.
 */
export function endUnfinishedRequests(app: Api): void {
  const latest = new Map<Socket, IncomingMessage | undefined>();
  const note = (socket: Socket, request?: IncomingMessage): void => {
    if (!latest.has(socket)) socket.once("close", () => latest.delete(socket));
    latest.set(socket, request);
  };
  app.server.on("connection", (socket) => note(socket));
  // Not the server's own event: requests come from further addresses, too.
  app.addHook("onRequest", async ({ raw }) => {
    if (raw.socket instanceof Socket) note(raw.socket, raw);
  });
  let isClosing = false;
  app.addHook("onSend", async (_request, reply) => {
    // Kept alive, it would hold up the close until its client has no more to ask.
    if (isClosing) reply.header("connection", "close");
  });
  app.addHook("preClose", async () => {
    isClosing = true;
    for (const [socket, request] of latest) if (!request?.complete) socket.destroy();
  });
}
