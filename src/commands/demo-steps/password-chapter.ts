import type { MeasureAnswer } from "./api-answers.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";
import { loginAgain, nextLogin } from "./login-again.ts";
import { standingMeasures } from "./look-ups.ts";

/** The old password ends with the next login; the customer has to call, and learns what to do. */
export async function passwordChapter(demo: Demo, line: number): Promise<void> {
  const { story, admin, helpdesk, bng } = demo;
  const customer = `/v1/subscribers/${customerIdOf(line)}`;
  story.chapter("A regenerated password, so that the customer calls the helpdesk");
  const order = { reason: "credentials found in a stealer's log", params: { when: "next-auth", answer: "reject" } };
  story.tell(`PUT ${customer}/measures/regenerate-password ${JSON.stringify(order)}`);
  await admin.call<MeasureAnswer>("PUT", `${customer}/measures/regenerate-password`, order);
  const refusedLogin = await loginAgain(demo, line);
  story.verify("the login with the old password is refused", refusedLogin.result === "rejected", refusedLogin.result);
  story.tell(`the customer calls the helpdesk: POST ${customer}/password/reveal`);
  const { password } = await helpdesk.call<{ readonly password: string }>("POST", `${customer}/password/reveal`);
  const words = password.split(/[^a-z0-9]+/i).length;
  story.detail(`it tells a passphrase of ${words} words, this once`);
  bng.setPassword(line, password);
  const calledAt = Date.now();
  await bng.login(line);
  const login = await nextLogin(demo, line, calledAt);
  story.verify("the login with the new password is accepted", login.result === "accepted", login.result);
  const standing = await story.wait("the end of the measure", async () => {
    const measures = await standingMeasures(demo, line);
    return measures.length === 0 ? measures : undefined;
  });
  story.verify("and it ends the measure", standing.length === 0, standing);
}
