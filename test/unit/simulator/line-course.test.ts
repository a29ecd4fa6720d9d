import { expect, test } from "vitest";
import {
  backoffMs,
  cutOff,
  forgotten,
  type LineCourse,
  loggedIn,
  loggingIn,
  newCourse,
  notLetIn,
  switchedOff,
  withPassword,
} from "../../../src/simulator/line-course.ts";

const asking = (course: LineCourse): LineCourse => loggingIn(course) ?? course;
const up = loggedIn(asking(newCourse("pw")));

test("a line that is down or waiting may log in; one that asks already, or is up, may not", () => {
  expect(loggingIn(newCourse("pw"))).toMatchObject({ status: "logging-in" });
  expect(loggingIn(notLetIn(newCourse("pw")))).toMatchObject({ status: "logging-in" });
  expect(loggingIn(asking(newCourse("pw")))).toBeUndefined();
  expect(loggingIn(up)).toBeUndefined();
});

test.each<[string, (course: LineCourse) => LineCourse, LineCourse["status"]]>([
  ["loggedIn", loggedIn, "up"],
  ["notLetIn", notLetIn, "waiting"],
  ["cutOff", cutOff, "waiting"],
  ["switchedOff", switchedOff, "down"],
  ["forgotten", forgotten, "down"],
])("%s ends the turn, so that an older attempt's answer counts no more", (_, step, status) => {
  const before = asking(newCourse("pw"));
  expect(step(before)).toMatchObject({ status, turn: before.turn + 1 });
});

test("each session has the next number; only a reboot begins anew", () => {
  const again = loggedIn(asking(cutOff(up)));
  expect([up.logins, again.logins, loggedIn(asking(switchedOff(again))).logins]).toEqual([1, 2, 3]);
  expect(loggedIn(asking(forgotten(again))).logins).toBe(1);
});

test("failures count up to the next success, or to another password", () => {
  const failed = notLetIn(asking(notLetIn(asking(newCourse("pw")))));
  expect(failed.failures).toBe(2);
  expect(loggedIn(asking(failed)).failures).toBe(0);
  expect(withPassword(failed, "other")).toMatchObject({ failures: 0, password: "other", status: "waiting" });
});

test("the wait doubles up to the longest, a tenth more or less", () => {
  const waits = (random: number) =>
    [1, 2, 3, 10].map((failures) => backoffMs(failures, { first: 100, longest: 500, random }));
  expect(waits(0.5)).toEqual([100, 200, 400, 500]);
  expect(waits(0)).toEqual([90, 180, 360, 450]);
});
