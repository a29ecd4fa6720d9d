import { fileURLToPath } from "node:url";
import radius from "radius";

/** It is given these dictionaries of ours too: its own are those of RFCs. */
const vendorsOfBoth = ["mikrotik", "cisco", "wispr", "juniper-erx", "huawei"];

function load(): typeof radius {
  for (const vendor of vendorsOfBoth)
    radius.add_dictionary(fileURLToPath(new URL(`../../../dictionaries/dictionary.${vendor}`, import.meta.url)));
  return radius;
}

/** npm's `radius`, with the dictionaries of ours that it can read. */
export const secondImplementation = load();
