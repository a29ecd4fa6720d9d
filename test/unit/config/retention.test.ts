import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { LEAST_RETENTION_DAYS } from "../../../src/config/retention.ts";
import { categories } from "../../../src/intake/category.ts";
import { builtInPlaybook } from "../../../src/policy/built-in-playbooks.ts";

const retentionOf = (environment: Record<string, string>, file: Record<string, unknown> = {}) => {
  const parsed = parseConfig({ environment, file });
  return parsed.ok ? parsed.config.retention : parsed.problems;
};

test("sessions are kept for a year and cases for two, unless the environment or the file says otherwise", () => {
  expect(retentionOf({})).toEqual({ sessionDays: 365, caseDays: 730 });
  expect(retentionOf({ WEIR_RETENTION_SESSION_DAYS: "90", WEIR_RETENTION_CASE_DAYS: "400" })).toEqual({
    sessionDays: 90,
    caseDays: 400,
  });
  expect(retentionOf({}, { retentionSessionDays: 30, retentionCaseDays: 31 })).toEqual({
    sessionDays: 30,
    caseDays: 31,
  });
});

test("0 keeps for ever", () => {
  expect(retentionOf({ WEIR_RETENTION_SESSION_DAYS: "0", WEIR_RETENTION_CASE_DAYS: "0" })).toEqual({
    sessionDays: 0,
    caseDays: 0,
  });
});

test("what playbooks look back on must be there: a day less is a problem, and each is named", () => {
  const [least, less] = [String(LEAST_RETENTION_DAYS), String(LEAST_RETENTION_DAYS - 1)];
  expect(retentionOf({ WEIR_RETENTION_SESSION_DAYS: least, WEIR_RETENTION_CASE_DAYS: least })).toEqual({
    sessionDays: LEAST_RETENTION_DAYS,
    caseDays: LEAST_RETENTION_DAYS,
  });
  expect(retentionOf({ WEIR_RETENTION_SESSION_DAYS: less, WEIR_RETENTION_CASE_DAYS: "1" })).toEqual([
    "WEIR_RETENTION_SESSION_DAYS: 13 days are too few: playbooks look back 14 days (0 keeps for ever)",
    "WEIR_RETENTION_CASE_DAYS: 1 days are too few: playbooks look back 14 days (0 keeps for ever)",
  ]);
});

test.each(categories)("the built-in playbook for %s looks back no further than the least that may be kept", (one) => {
  expect(builtInPlaybook(one).maximumEvidenceAgeDays).toBeLessThanOrEqual(LEAST_RETENTION_DAYS);
});

test.each(["-1", "1.5", "a year", "36501", "1e3", "999999"])("%j is no number of days", (text) => {
  expect(retentionOf({ WEIR_RETENTION_SESSION_DAYS: text })).toEqual([
    `WEIR_RETENTION_SESSION_DAYS: "${text}" is not a number of days (14 to 36500, or 0 for ever)`,
  ]);
});
