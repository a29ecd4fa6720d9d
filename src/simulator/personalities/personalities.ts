import type { Personality } from "../personality.ts";
import { accelPpp } from "./accel-ppp.ts";
import { ciscoIosXe } from "./cisco-ios-xe.ts";
import { coovaChilli } from "./coova-chilli.ts";
import { generic } from "./generic.ts";
import { hostapd, hostapdWithTerms } from "./hostapd.ts";
import { juniper } from "./juniper.ts";
import { mikrotik } from "./mikrotik.ts";

/** Every vendor that can be simulated: adding one is a file and a line here. */
const personalities: readonly Personality[] = [
  generic,
  juniper,
  mikrotik,
  ciscoIosXe,
  accelPpp,
  hostapd,
  hostapdWithTerms,
  coovaChilli,
];

export const personalityNames: readonly string[] = personalities.map(({ name }) => name);

export const personalityOf = (name: string): Personality | undefined =>
  personalities.find((personality) => personality.name === name);
