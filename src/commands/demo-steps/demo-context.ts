import type { Dictionary } from "../../dictionary/dictionary.ts";
import type { Bng } from "../../simulator/bng.ts";
import type { ApiClient } from "./api-client.ts";
import type { BngLog } from "./bng-log.ts";
import type { Story } from "./story.ts";

export const NAS_ID = "bng1";
export const LINES = 200;

/** What every chapter of the demo works with. */
export interface Demo {
  readonly story: Story;
  readonly dictionary: Dictionary;
  /** Network operations. */
  readonly admin: ApiClient;
  /** A person at the helpdesk, with a key of that role. */
  readonly helpdesk: ApiClient;
  readonly bng: Bng;
  readonly bngLog: BngLog;
}
