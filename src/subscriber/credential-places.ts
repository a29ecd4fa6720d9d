/** What the key ring seals each of a subscriber's passwords for. */
export const credentialPlaces = {
  current: (subscriberId: string): string => `credential:password_sealed:${subscriberId}`,
  previous: (subscriberId: string): string => `credential:previous_sealed:${subscriberId}`,
  withdrawn: (subscriberId: string): string => `credential:withdrawn_sealed:${subscriberId}`,
} as const;
