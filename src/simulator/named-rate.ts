/**
 * The rate in kbit/s that a name speaks of, as its operator made it: "weir-1000k", "gold-50m", "1024". `form` finds its
 * digits and its unit; undefined: it speaks of none.
 */
export function namedRate(form: RegExp, text: string | undefined): number | undefined {
  const [, digits, unit] = form.exec(text ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit?.toLowerCase() === "m" ? 1000 : 1);
}
