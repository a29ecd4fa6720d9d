import type { Category } from "./category.ts";
import { isShadowserverName } from "./shadowserver-names.ts";

/** What the rows of one Shadowserver report say of the machine at `src_ip`; or why they say nothing that counts here. */
export type ShadowserverReport =
  | { readonly kind: "offenders"; readonly category: Category }
  | { readonly kind: "refused"; readonly why: string };

const readable: readonly (readonly [pattern: RegExp, category: Category])[] = [
  [/^event[46]_(?:microsoft_)?sinkhole(?:_http)?$/, "botnet"],
  [/^event[46]_honeypot_brute_force$/, "brute-force"],
];

const notReadable: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^event[46]_honeypot_ddos_amp$/, "src_ip is the victim of the attack, whose address the attackers forged"],
  [/^event[46]_sinkhole_dns$/, "src_ip is the resolver that asked, not the infected machine behind it"],
];

/** Undefined: no report of that name is known. Names in any case. */
export function shadowserverReport(name: string): ShadowserverReport | undefined {
  const plain = name.toLowerCase();
  const found = readable.find(([pattern]) => pattern.test(plain));
  if (found) return { kind: "offenders", category: found[1] };
  const refused = notReadable.find(([pattern]) => pattern.test(plain));
  if (refused) return { kind: "refused", why: refused[1] };
  return isShadowserverName(plain) ? { kind: "refused", why: "this version does not read it yet" } : undefined;
}

/** The report that a file is, by its name: `2026-11-01-event4_sinkhole-example-asn.csv`. Also with a path or `.gz`. */
export function shadowserverNameIn(fileName: string): string | undefined {
  const base = fileName.split(/[/\\]/).at(-1) ?? "";
  return /^(?:\d{4}-\d{2}-\d{2}-)?(\w+)(?:-\w+)*\.csv(?:\.gz)?$/i.exec(base)?.[1];
}
