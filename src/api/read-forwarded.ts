import { isIP } from "node:net";
import type { FastifyInstance } from "fastify";

/** The elements of a Forwarded header; a comma within quotes does not end one. */
const elementsOf = (header: string): string[] => header.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];

/** RFC 7239 section 6: an address, IPv6 in brackets, maybe with a port. undefined: "unknown", or a made-up name. */
function addressOf(element: string): string | undefined {
  const [, quoted, bare] = /(?:^|;)\s*for=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(element) ?? [];
  const node = (quoted ?? bare ?? "").replace(/^\[([0-9a-f:.]+)\](?::\w+)?$/i, "$1").replace(/^([\d.]+):\w+$/, "$1");
  return isIP(node) === 0 ? undefined : node;
}

/** The addresses that a Forwarded header tells, the nearest last, as far back as it tells addresses. */
export function forwardedFor(header: string): string[] {
  const addresses = elementsOf(header).map(addressOf);
  const hidden = addresses.lastIndexOf(undefined);
  return addresses.slice(hidden + 1).filter((address) => address !== undefined);
}

const addressList = (header: string): string[] => header.split(",").map((part) => part.trim());

/**
 * Lets Forwarded (RFC 7239) count as X-Forwarded-For, whose handling knows which proxies to believe. Where both are there
 * and say different things, one of them came from the client through a proxy that writes only the other: then neither
 * counts, and the proxy itself is taken for the client.
 */
export function readForwarded(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ raw: { headers } }) => {
    const { forwarded } = headers;
    const other = headers["x-forwarded-for"];
    if (forwarded === undefined) return;
    const told = forwardedFor(forwarded);
    const isContradicted = other !== undefined && addressList(String(other)).join() !== told.join();
    if (isContradicted || told.length === 0) delete headers["x-forwarded-for"];
    else headers["x-forwarded-for"] = told.join(", ");
  });
}
