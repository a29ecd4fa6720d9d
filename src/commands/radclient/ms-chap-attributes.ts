import { challengeHash, challengeResponse, ntPasswordHash } from "../../authorization/ms-chap-v2.ts";
import type { Attribute } from "../../radius/attribute.ts";

interface MsChapLogin {
  readonly version: 1 | 2;
  readonly password: string;
  readonly userName: Buffer;
  readonly randomOctets: (count: number) => Buffer;
}

const IDENTIFIER = 0;
/** RFC 2548 section 2.1.3: the NT response counts, the LAN Manager one is empty. */
const USE_NT_RESPONSE = 1;

/** What a NAS sends for a login with MS-CHAP (RFC 2433, RFC 2548 section 2.1) or MS-CHAPv2 (RFC 2759, section 2.3). */
export function msChapAttributes({ version, password, userName, randomOctets }: MsChapLogin): Attribute[] {
  const passwordHash = ntPasswordHash(password);
  if (version === 1) {
    const challenge = randomOctets(8);
    const ntResponse = challengeResponse(challenge, passwordHash);
    const response = Buffer.concat([Buffer.of(IDENTIFIER, USE_NT_RESPONSE), Buffer.alloc(24), ntResponse]);
    return [
      { name: "MS-CHAP-Challenge", value: challenge },
      { name: "MS-CHAP-Response", value: response },
    ];
  }
  const [challenge, peerChallenge] = [randomOctets(16), randomOctets(16)];
  const ntResponse = challengeResponse(challengeHash(peerChallenge, challenge, userName), passwordHash);
  const response = Buffer.concat([Buffer.of(IDENTIFIER, 0), peerChallenge, Buffer.alloc(8), ntResponse]);
  return [
    { name: "MS-CHAP-Challenge", value: challenge },
    { name: "MS-CHAP2-Response", value: response },
  ];
}
