/** "waiting": its customer's router tries again by itself. */
export type LineStatus = "down" | "logging-in" | "up" | "waiting";

/** Where a line is in its life, but for its session and its timer. */
export interface LineCourse {
  readonly status: LineStatus;
  /** Counts what was begun anew: what an older attempt brings is no longer asked for. */
  readonly turn: number;
  /** Sessions so far, which number the session ids. */
  readonly logins: number;
  /** Logins that failed since the last one that did not. */
  readonly failures: number;
  readonly password: string;
}

export const newCourse = (password: string): LineCourse => ({
  status: "down",
  turn: 0,
  logins: 0,
  failures: 0,
  password,
});

const turned = (course: LineCourse, status: LineStatus): LineCourse => ({ ...course, status, turn: course.turn + 1 });

/** Undefined: it has a session, or asks for one already. */
export const loggingIn = (course: LineCourse): LineCourse | undefined =>
  course.status === "up" || course.status === "logging-in" ? undefined : turned(course, "logging-in");

export const loggedIn = (course: LineCourse): LineCourse => ({
  ...turned(course, "up"),
  logins: course.logins + 1,
  failures: 0,
});

/** Rejected, or not answered. */
export const notLetIn = (course: LineCourse): LineCourse => ({
  ...turned(course, "waiting"),
  failures: course.failures + 1,
});

export const cutOff = (course: LineCourse): LineCourse => turned(course, "waiting");

export const switchedOff = (course: LineCourse): LineCourse => turned(course, "down");

/** As after a reboot of the BNG: session ids begin anew. */
export const forgotten = (course: LineCourse): LineCourse => ({ ...switchedOff(course), logins: 0 });

export const withPassword = (course: LineCourse, password: string): LineCourse => ({
  ...course,
  password,
  failures: 0,
});

/** How long the router waits after so many failures: twice as long each time, and not at one with all the others. */
export function backoffMs(
  failures: number,
  { first, longest, random }: { readonly first: number; readonly longest: number; readonly random: number },
): number {
  return Math.min(first * 2 ** (failures - 1), longest) * (0.9 + 0.2 * random);
}
