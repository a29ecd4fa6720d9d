import type { Dictionary } from "../../dictionary/dictionary.ts";
import type { BngEvent } from "../../simulator/bng-event.ts";
import type { CommandIo } from "../command-io.ts";
import type { BngArguments } from "./bng-arguments.ts";
import { commandHelp } from "./bng-commands.ts";
import { consoleLine, type Said } from "./console-line.ts";
import { eventJson, eventText, isShown } from "./event-text.ts";

/** Where the BNG's words go: events to standard output, notices to standard error; JSON shares its output with nothing. */
export function bngVoice(given: BngArguments, io: CommandIo) {
  const text = given.isJson ? eventJson : eventText;
  const answers = given.isJson ? io.stderr : io.stdout;
  return {
    event: (dictionary: Dictionary, event: BngEvent) => {
      if (isShown(event, given.events)) io.stdout.write(text(dictionary, event));
    },
    notice: (what: string) => void io.stderr.write(consoleLine({ event: "notice", what }, new Date())),
    answer: (said: readonly Said[]) => {
      for (const one of said) answers.write(consoleLine(one, new Date()));
    },
    help: () => void answers.write(commandHelp),
  };
}

export type BngVoice = ReturnType<typeof bngVoice>;
