import type { LoadOrder } from "./load-order.ts";
import { runLoad } from "./run-load.ts";

// A process of its own, so that the server's event loop and the generator's do not share one: told by a message what
// to do, it answers with the figures and ends.
process.once("message", (order: LoadOrder) => {
  runLoad(order).then(
    (figures) => process.send?.({ figures }, () => process.disconnect()),
    (error: unknown) => process.send?.({ problem: String(error) }, () => process.disconnect()),
  );
});
