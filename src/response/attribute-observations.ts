import type { Attribution } from "../attribution/attribute.ts";
import { type AddressQuestion, attributeAddresses } from "../attribution/attribute-address.ts";
import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import type { Queryable } from "../database/database.ts";
import type { Observation } from "../intake/observation.ts";
import { addressesEverHeld } from "../session/address-interval-store.ts";
import { type Admission, rejection } from "./admit-observations.ts";
import type { AttributedObservation } from "./report-store.ts";
import { whyNotExact } from "./why-not-exact.ts";

const question = ({ ip, port, protocol, at, until, toldAt }: Observation): AddressQuestion => ({
  ip,
  port,
  protocol,
  at,
  until,
  toldAt,
});

/** The observation as made by the machine at its other end; undefined: its format does not leave that open. */
export function turned(observation: Observation): Observation | undefined {
  const { otherEnd, ip, port, ...rest } = observation;
  if (!otherEnd) return undefined;
  const destination = { ip, ...(port === undefined ? {} : { port }) };
  return { ...rest, ...otherEnd, destination };
}

function attributed(observation: Observation, attribution: Attribution, isOwn: IsOwnAddress): AttributedObservation {
  return { observation, attribution, why: whyNotExact(attribution, isOwn(observation.ip)) };
}

/**
 * Where nobody held the address, or it is the provider's own, and the format leaves open which end it was, the other end
 * is asked for.
 */
async function tryOtherEnds(
  on: Queryable,
  rows: readonly AttributedObservation[],
  isOwn: IsOwnAddress,
): Promise<AttributedObservation[]> {
  const open = rows.flatMap((row, index) => {
    const { observation, attribution } = row;
    const other = attribution.verdict === "none" || isOwn(observation.ip) ? turned(observation) : undefined;
    return other ? [{ index, observation: other }] : [];
  });
  const answers = await attributeAddresses(
    on,
    open.map(({ observation }) => question(observation)),
    isOwn,
  );
  const result = [...rows];
  for (const [place, { index, observation }] of open.entries()) {
    const attribution = answers[place];
    if (attribution && attribution.verdict !== "none") result[index] = attributed(observation, attribution, isOwn);
  }
  return result;
}

/** An address that a session held, now or ever, is never a bogon, whatever range it is in. */
async function leaveOutBogons(
  on: Queryable,
  rows: readonly AttributedObservation[],
): Promise<Admission<AttributedObservation>> {
  const isSuspect = ({ observation, attribution }: AttributedObservation) =>
    observation.isBogon && attribution.verdict === "none";
  const suspects = rows.filter(isSuspect);
  if (suspects.length === 0) return { admitted: rows, rejected: [] };
  const held = await addressesEverHeld(on, [...new Set(suspects.map(({ observation }) => observation.ip))]);
  const isBogon = (row: AttributedObservation) => isSuspect(row) && !held.has(row.observation.ip);
  return {
    admitted: rows.filter((row) => !isBogon(row)),
    rejected: rows
      .filter(isBogon)
      .map(({ observation }) =>
        rejection(observation, "bogon-address", `${observation.ip} is nobody's address, and no session ever held it`),
      ),
  };
}

/** Asks, for all observations at once, who held the address at the time of the offence. Answers in their order. */
export async function attributeEach(
  on: Queryable,
  observations: readonly Observation[],
  isOwn: IsOwnAddress,
): Promise<AttributedObservation[]> {
  const attributions = await attributeAddresses(on, observations.map(question), isOwn);
  const rows = observations.flatMap((observation, index) => {
    const attribution = attributions[index];
    return attribution ? [attributed(observation, attribution, isOwn)] : [];
  });
  return await tryOtherEnds(on, rows, isOwn);
}

/** The same, without addresses that no machine can have. */
export async function attributeObservations(
  on: Queryable,
  observations: readonly Observation[],
  isOwn: IsOwnAddress,
): Promise<Admission<AttributedObservation>> {
  return await leaveOutBogons(on, await attributeEach(on, observations, isOwn));
}
