/** What the demo reads of the API's answers (docs: /openapi.json). Times are RFC 3339 texts. */
export interface List<Item> {
  readonly items: readonly Item[];
}

export interface ReportAnswer {
  readonly id: string;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly row: number; readonly code: string; readonly detail: string }[];
  readonly cases: readonly string[];
}

export interface ObservationAnswer {
  readonly row: number;
  readonly at: string;
  readonly ip: string;
  readonly category: string;
  readonly name: string | null;
  readonly verdict: "exact" | "ambiguous" | "none";
  readonly reason: string;
  readonly subscriber: string | null;
  readonly session: string | null;
  readonly case: string | null;
  readonly receivedAt: string;
}

export interface MeasureAnswer {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly until: string | null;
}

export interface CaseAnswer {
  readonly id: string;
  readonly subscriber: string | null;
  readonly category: string;
  readonly state: string;
  readonly stage: string | null;
  readonly openedAt: string;
  readonly playbook: { readonly id: string; readonly version: number } | null;
  readonly timeline: readonly { readonly at: string; readonly kind: string; readonly note: string | null }[];
  readonly measures: readonly MeasureAnswer[];
}

export interface EnforcementAnswer {
  readonly id: string;
  readonly session: string | null;
  readonly kind: "coa" | "disconnect" | "access";
  readonly reason: string;
  readonly requestedAt: string;
  readonly sentAt: string | null;
  readonly answeredAt: string | null;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly request: string | null;
  readonly response: string | null;
}

export interface SessionAnswer {
  readonly id: string;
  readonly acctSessionId: string;
  readonly subscriber: string | null;
  readonly ipv4: string | null;
  readonly startedAt: string;
  readonly profile: {
    readonly desired: object | null;
    readonly applied: object | null;
    readonly observed: Readonly<Record<string, readonly string[]>> | null;
    readonly state: string;
  };
}

export interface SubscriberAnswer {
  readonly name: string | null;
  readonly measures: readonly MeasureAnswer[];
}

export interface ExplanationAnswer {
  readonly chain: readonly {
    readonly report: {
      readonly source: string;
      readonly format: string;
      readonly sha256: string;
      readonly row: number;
    } | null;
    readonly observation: {
      readonly id: string;
      readonly at: string;
      readonly ip: string;
      readonly name: string | null;
    };
    readonly attribution: { readonly verdict: string; readonly subscriber: string | null; readonly reason: string };
    readonly rule: { readonly decision: string; readonly playbook: unknown; readonly stage: unknown } | null;
    readonly measure: {
      readonly id: string;
      readonly kind: string;
      readonly enforcements: readonly EnforcementAnswer[];
    } | null;
  }[];
}
