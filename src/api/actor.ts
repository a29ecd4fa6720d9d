import { type Caller, callerOf } from "./caller.ts";

/** Who did it, as an audit entry names them. */
export function actorOf(request: { readonly caller: Caller | undefined }): { actor: string; actorName?: string } {
  const { actor, name } = callerOf(request);
  return { actor, ...(name === undefined ? {} : { actorName: name }) };
}
