/** Every setting, by the name of its variable. */
export const settings = [
  "DATABASE_URL",
  "WEIR_DATA_DIR",
  "WEIR_HOST",
  "WEIR_TRUSTED_PROXIES",
  "WEIR_OWN_ADDRESSES",
  "WEIR_HTTP_PORT",
  "WEIR_PORTAL_PORT",
  "WEIR_AUTH_PORT",
  "WEIR_ACCT_PORT",
  "WEIR_UPSTREAM_AUTH",
  "WEIR_UPSTREAM_ACCT",
  "WEIR_UPSTREAM_SECRET",
  "WEIR_UPSTREAM_MESSAGE_AUTHENTICATOR",
  "WEIR_ADMIN_KEY",
  "WEIR_SECRET_KEY",
  "WEIR_AUTO_SUBSCRIBERS",
  "WEIR_WORKERS",
  "WEIR_RETENTION_SESSION_DAYS",
  "WEIR_RETENTION_CASE_DAYS",
  "WEIR_PORTAL_URL",
  "WEIR_LOG_LEVEL",
] as const;

/** Part of the contract, without effect until the version that brings what they configure. */
export const withoutEffect = [
  "WEIR_PORTAL_TLS_CERT",
  "WEIR_PORTAL_TLS_KEY",
  "WEIR_RADSEC_PORT",
  "WEIR_TLS_CERT",
  "WEIR_TLS_KEY",
  "WEIR_TLS_CA",
  "WEIR_SMTP_URL",
  "WEIR_MAIL_FROM",
] as const;

/** WEIR_HTTP_PORT is httpPort in the file, DATABASE_URL is databaseUrl. */
export const nameInFile = (variable: string): string =>
  variable
    .replace(/^WEIR_/, "")
    .toLowerCase()
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
