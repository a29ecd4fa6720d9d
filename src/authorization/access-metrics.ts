import { Counter, type Registry } from "prom-client";

export interface AccessMetrics {
  readonly answers: Counter<"code">;
  readonly drops: Counter<"reason">;
  readonly withoutDatabase: Counter<"what">;
  readonly unsupportedProfiles: Counter<"vendor">;
}

/** Registers what is measured about logins; once per registry. */
export function createAccessMetrics(registry: Registry): AccessMetrics {
  const registers = [registry];
  return {
    answers: new Counter({
      name: "weir_access_answers_total",
      help: "Answers to Access-Requests by code: 2 Accept, 3 Reject, 11 Challenge",
      labelNames: ["code"],
      registers,
    }),
    drops: new Counter({
      name: "weir_access_drops_total",
      help: "Access-Requests that got no answer, so that the NAS asks its next server, by reason",
      labelNames: ["reason"],
      registers,
    }),
    withoutDatabase: new Counter({
      name: "weir_access_without_database_total",
      help: "Access-Requests for which the database did not answer in time: profile taken from memory, or grant not kept",
      labelNames: ["what"],
      registers,
    }),
    unsupportedProfiles: new Counter({
      name: "weir_access_unsupported_profiles_total",
      help: "Logins whose profile the NAS's vendor cannot express",
      labelNames: ["vendor"],
      registers,
    }),
  };
}
