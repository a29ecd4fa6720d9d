/** RFC 5176 section 3.6. */
export const ErrorCause = {
  UnsupportedAttribute: 401,
  MissingAttribute: 402,
  NasIdentificationMismatch: 403,
  InvalidRequest: 404,
  UnsupportedService: 405,
  InvalidAttributeValue: 407,
  SessionContextNotFound: 503,
  ResourcesUnavailable: 506,
  MultipleSessionSelectionUnsupported: 508,
} as const;
