const given = [
  ...["Amara", "Ben", "Chiara", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ines", "Jonas"],
  ...["Keiko", "Liam", "Mira", "Noor", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tui"],
];
const family = [
  "Abbott",
  "Baptiste",
  "Castellano",
  "Dlamini",
  "Eriksen",
  "Fontaine",
  "Ngata",
  "Okafor",
  "Silva",
  "Tran",
];

/** Made-up people, two hundred of them before a name comes twice. */
export const nameOf = (line: number): string =>
  `${given[line % given.length]} ${family[Math.floor(line / given.length) % family.length]}`;

export const customerIdOf = (line: number): string => `cust-${String(line).padStart(4, "0")}`;
