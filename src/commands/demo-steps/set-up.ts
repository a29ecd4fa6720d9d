import type { Dictionary } from "../../dictionary/dictionary.ts";
import { type Bng, startBng } from "../../simulator/bng.ts";
import { bngOptions } from "../../simulator/bng-options.ts";
import { freeUdpPort } from "../../simulator/free-udp-port.ts";
import { generic } from "../../simulator/personalities/generic.ts";
import { passwordOf, usernameOf } from "../../simulator/subscriber-names.ts";
import type { List, SessionAnswer } from "./api-answers.ts";
import type { ApiClient } from "./api-client.ts";
import type { BngLog } from "./bng-log.ts";
import { LINES, NAS_ID } from "./demo-context.ts";
import { customerIdOf, nameOf } from "./demo-names.ts";
import { type DemoServer, HOST } from "./demo-server.ts";
import type { Story } from "./story.ts";

const SECRET = "demo-shared-secret";
const PLAN = { downKbps: 100_000, upKbps: 20_000 };
const INTERIM_SECONDS = 60;
const LOGIN_AGAIN_MS = 400;

/** What an unrestricted session of this ISP has; lifting puts it back. */
export const EVERYDAY_FILTER = "residential";

/** What the vendor "generic" calls a walled garden. */
export const GARDEN_FILTER = "walled-garden";

const sources = {
  shadowserver: { kind: "third-party", trust: 90 },
  "national-cert": { kind: "third-party", trust: 85 },
  "own-ids": { kind: "monitoring", trust: 95 },
};

export interface Parts {
  readonly story: Story;
  readonly server: DemoServer;
  readonly admin: ApiClient;
}

/** The helpdesk's own key: people do not share the administrator's. */
export const helpdeskKey = async (admin: ApiClient): Promise<string> =>
  (await admin.call<{ key: string }>("POST", "/v1/keys", { role: "helpdesk", name: "demo helpdesk" })).key;

async function registerSubscribers(admin: ApiClient): Promise<{ readonly created: number }> {
  const rows = Array.from({ length: LINES }, (_, line) => ({
    id: customerIdOf(line),
    usernames: [usernameOf(line)],
    name: nameOf(line),
    plan: PLAN,
    credential: { password: passwordOf(line) },
  }));
  const body = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return await admin.post("/v1/subscribers/import", { contentType: "application/x-ndjson", body });
}

/** Tells Weir of the BNG, of who may report, and of the customers: through the API, as an operator does. */
async function register({ story, admin }: Parts, coaPort: number): Promise<void> {
  await admin.call("PUT", `/v1/nas/${NAS_ID}`, {
    address: HOST,
    secret: SECRET,
    vendor: generic.name,
    coaPort,
    identifier: "bng1.isp.example",
    profiles: { none: { "Filter-Id": EVERYDAY_FILTER } },
  });
  story.tell(`PUT /v1/nas/${NAS_ID}: a BNG at ${HOST}, vendor ${generic.name}, CoA port ${coaPort}`);
  story.detail(
    `its profiles.none, Filter-Id = "${EVERYDAY_FILTER}": what a session without measures has, and gets back at lifting`,
    "(with none, nor a plan, nor an upstream's Access-Accept to go back to, lifting would disconnect the session)",
  );
  for (const [id, source] of Object.entries(sources)) {
    await admin.call("PUT", `/v1/sources/${id}`, source);
    story.tell(`PUT /v1/sources/${id}: ${source.kind}, trust ${source.trust}`);
  }
  const { created } = await registerSubscribers(admin);
  story.tell(`POST /v1/subscribers/import: ${created} customers, 100/20 Mbit/s each`);
  story.verify(`${LINES} customers are registered`, created === LINES, created);
}

/** The BNG boots, and its subscribers log in through Weir. */
export async function bootBng(
  { story, server, admin }: Parts,
  { dictionary, log }: { readonly dictionary: Dictionary; readonly log: BngLog },
): Promise<Bng> {
  const coaPort = await freeUdpPort(generic.coaPort, HOST);
  await register({ story, server, admin }, coaPort);
  story.tell("the BNG boots (Accounting-On), and its subscribers log in: PAP with Message-Authenticator");
  const bng = await startBng(
    bngOptions({
      dictionary,
      server: { address: HOST, authPort: server.authPort, acctPort: server.acctPort },
      secret: SECRET,
      coaPort,
      lines: LINES,
      interimSeconds: INTERIM_SECONDS,
      loginAgainMs: LOGIN_AGAIN_MS,
      tell: log.tell,
    }),
  );
  return bng;
}

/** Every line has a session, on the BNG and in Weir. */
export async function everybodyOnline({ story, admin }: Parts, bng: Bng): Promise<void> {
  await story.wait(
    `${LINES} sessions on the BNG`,
    async () => (bng.sessionCount() === LINES ? true : undefined),
    20_000,
  );
  const path = `/v1/sessions?state=open&nas=${NAS_ID}&limit=${LINES + 1}`;
  const known = await story.wait(`${LINES} open sessions in Weir`, async () => {
    const { items } = await admin.call<List<SessionAnswer>>("GET", path);
    return items.length === LINES ? items : undefined;
  });
  story.tell(`${LINES} logins were accepted, and ${LINES} Accounting-Starts recorded`);
  const isNamed = known.every(({ subscriber }) => subscriber !== null);
  story.verify(`Weir knows ${known.length} open sessions, each with its customer`, isNamed);
}
