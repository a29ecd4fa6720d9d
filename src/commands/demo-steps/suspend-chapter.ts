import type { MeasureAnswer } from "./api-answers.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";
import { nextLogin } from "./login-again.ts";
import { showEnforcement } from "./show-enforcement.ts";

/** A person suspends a line: Disconnect, and no way back in until it is lifted. */
export async function suspendChapter(demo: Demo, line: number): Promise<void> {
  const { story, admin, bng } = demo;
  const path = `/v1/subscribers/${customerIdOf(line)}/measures/suspend?waitMs=5000`;
  const order = { reason: "third infection in a month, no answer to calls" };
  story.chapter("Suspension by a person, and its end");
  const suspendedAt = Date.now();
  story.tell(`PUT ${path} ${JSON.stringify(order)}`);
  const measure = await admin.call<MeasureAnswer>("PUT", path, order);
  await showEnforcement(demo, { line, asked: "the order", since: suspendedAt, kind: "disconnect", isShown: true });
  story.verify("the measure is in force", measure.state === "in-force", measure);
  const refusedLogin = await nextLogin(demo, line, suspendedAt);
  story.verify("its next login is refused", refusedLogin.result === "rejected", refusedLogin.result);
  story.verify("the line has no session on the BNG", bng.line(line)?.session === undefined);

  story.tell(`DELETE ${path}`);
  await admin.call("DELETE", path);
  const liftedAt = Date.now();
  await bng.login(line);
  // Its router may have tried by itself a moment too early.
  await story.wait("a session of the line", async () => (bng.line(line)?.status === "up" ? true : undefined), 20_000);
  const login = await nextLogin(demo, line, liftedAt);
  story.verify("the customer is online again", login.result === "accepted" && bng.line(line)?.status === "up");
}
