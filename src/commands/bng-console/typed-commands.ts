import { createInterface } from "node:readline";
import type { Bng } from "../../simulator/bng.ts";
import type { CommandIo } from "../command-io.ts";
import { failureText } from "../failure-text.ts";
import { carryOutCommand } from "./bng-commands.ts";
import type { BngVoice } from "./bng-voice.ts";

export interface TypedCommands {
  /** Resolves when it is typed. */
  readonly quit: Promise<"quit">;
  close(): void;
}

/** Carries out what is typed, one after the other; the end of the input is not the end of the BNG. */
export function typedCommands(bng: Bng, stdin: CommandIo["stdin"], { answer, help, notice }: BngVoice): TypedCommands {
  const { promise, resolve } = Promise.withResolvers<"quit">();
  const lines = createInterface({ input: stdin });
  let previous = Promise.resolve();
  lines.on("line", (typed) => {
    if (typed.trim() === "quit") return resolve("quit");
    if (typed.trim() === "help") return help();
    previous = previous
      .then(async () => answer(await carryOutCommand(bng, typed)))
      .catch((error: unknown) => notice(failureText(error)));
  });
  return { quit: promise, close: () => lines.close() };
}
