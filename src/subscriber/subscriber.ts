export const subscriberClasses = ["residential", "business", "wholesale"] as const;
export type SubscriberClass = (typeof subscriberClasses)[number];

/** Why a line must stay up, whatever is reported of it. */
export const protections = ["priority-assistance", "medical", "emergency-voice", "wholesale", "government"] as const;
export type Protection = (typeof protections)[number];

/** The subscribed rates. */
export interface Plan {
  readonly downKbps: number;
  readonly upKbps: number;
}

/** What the operator says of a customer's account. Replaces what was said before, but an absent credential stays. */
export interface SubscriberInput {
  readonly id: string;
  readonly usernames: readonly string[];
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly locale?: string;
  readonly class?: SubscriberClass;
  readonly plan?: Plan;
  readonly protections?: readonly Protection[];
  readonly credential?: { readonly password: string };
}

/** A customer's account as stored. */
export interface Subscriber {
  readonly id: string;
  readonly usernames: readonly string[];
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly locale: string | null;
  readonly class: SubscriberClass;
  readonly plan: Plan | null;
  readonly protections: readonly Protection[];
  readonly hasCredential: boolean;
  /** Made by itself from a session whose User-Name nobody knew; the first PUT makes it a real one. */
  readonly isAutomatic: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
