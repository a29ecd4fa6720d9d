/** What a reported machine did. One open case per subscriber and category. */
export const categories = [
  "botnet",
  "brute-force",
  "scanning",
  "ddos",
  "spam",
  "phishing",
  "vulnerable-service",
] as const;
export type Category = (typeof categories)[number];

/** From harmless to worst. */
export const severities = ["low", "medium", "high", "critical"] as const;
export type Severity = (typeof severities)[number];

/** What a category weighs where its reporter does not say. */
export const usualSeverity: Readonly<Record<Category, Severity>> = {
  botnet: "high",
  "brute-force": "medium",
  scanning: "medium",
  ddos: "high",
  spam: "medium",
  phishing: "high",
  "vulnerable-service": "low",
};

/**
 * Other words for the categories, as reporters and taxonomies use them. Malware of any kind is one matter with
 * "botnet": the customer has an infected device to clean, whatever it was told to do.
 */
const otherWords: Readonly<Record<Category, readonly string[]>> = {
  botnet: [
    "bot",
    "c2",
    "compromised",
    "compromised-server",
    "compromised-system",
    "drone",
    "infected",
    "infected-host",
    "infected-system",
    "infection",
    "malware",
    "malware-infection",
    "botnet-infection",
    "botnet-drone",
    "ransomware",
    "trojan",
    "virus",
    "worm",
  ],
  "brute-force": ["bruteforce", "login-attack", "password-guessing", "ssh-brute-force"],
  scanning: ["scan", "scanner", "port-scan", "portscan", "reconnaissance", "exploit", "vulnerability-scan"],
  ddos: ["dos", "ddos-participant", "denial-of-service", "flood"],
  spam: ["spam-source", "spammer", "unsolicited-mail"],
  phishing: ["phish", "phishing-host"],
  "vulnerable-service": [
    "vulnerable",
    "vulnerable-system",
    "vulnerability",
    "open-service",
    "open-resolver",
    "misconfiguration",
    "ddos-amplifier",
    "potentially-unwanted-accessible",
  ],
};

const byWord: ReadonlyMap<string, Category> = new Map(
  categories.flatMap((category) => [category, ...otherWords[category]].map((word) => [word, category] as const)),
);

/** The category that a reporter's word means, in any case and with spaces or underscores for hyphens. */
export const categoryOf = (word: string): Category | undefined => byWord.get(plain(word));

const plain = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, "-");

const severityWords: ReadonlyMap<string, Severity> = new Map([
  ...severities.map((severity) => [severity, severity] as const),
  ["info", "low"],
  ["informational", "low"],
  ["minor", "low"],
  ["moderate", "medium"],
  ["major", "high"],
  ["severe", "critical"],
]);

export const severityOf = (word: string): Severity | undefined => severityWords.get(plain(word));
