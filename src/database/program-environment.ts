/**
 * What PostgreSQL's programs get to know of ours: nothing that was set for Weir. They may run as another user, who can read
 * their environment, and keys are in ours.
 */
export const programEnvironment = (): Readonly<Record<string, string>> => ({
  PATH: "/usr/local/bin:/usr/bin:/bin",
  LC_ALL: "C",
  // initdb writes it into the configuration, for the times in the log.
  TZ: new Intl.DateTimeFormat().resolvedOptions().timeZone,
});
