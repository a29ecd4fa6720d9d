import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { freeradiusHead } from "./freeradius-head.ts";
import { programToRun } from "./peers.ts";

export interface FreeradiusProcess {
  readonly child: Child;
  /** What a detail module of this name wrote, one text for each packet. */
  details(name: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface FreeradiusOptions {
  /** What clients on loopback share with it. */
  readonly secret: string;
  /** Detail modules by name, to be called in `servers`. */
  readonly details: readonly string[];
  /** The rest of radiusd.conf: virtual servers, home servers, realms. */
  readonly servers: string;
}

/** A real FreeRADIUS of the test's own that says each packet, with a configuration of its own in a folder of its own. */
export async function startFreeradius(options: FreeradiusOptions): Promise<FreeradiusProcess> {
  const folder = await mkdtemp(join(tmpdir(), "weir-freeradius-"));
  await mkdir(join(folder, "log"));
  await writeFile(join(folder, "dictionary"), "");
  await writeFile(join(folder, "radiusd.conf"), configuration(folder, options));
  const child = startChild(programToRun("freeradius"), ["-d", folder, "-f", "-x", "-l", "stdout"]);
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await child.says(/Ready to process requests/, 20_000);
  } catch (error) {
    await stop();
    throw error;
  }
  const details = async (name: string) => {
    const text = await readFile(join(folder, "log", `${name}.detail`), "utf8").catch(() => "");
    return text.split(/\n\n+/).filter((block) => block.trim() !== "");
  };
  return { child, details, stop };
}

const configuration = (folder: string, { secret, details, servers }: FreeradiusOptions) => `
${freeradiusHead(folder, secret)}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
  always handled {
    rcode = handled
  }
${details.map((name) => detailModule(folder, name)).join("")}
}
${servers}
`;

const detailModule = (folder: string, name: string) => `
  detail ${name} {
    filename = ${folder}/log/${name}.detail
    permissions = 0600
    locking = no
  }`;
