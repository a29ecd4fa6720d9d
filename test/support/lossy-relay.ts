import { createSocket } from "node:dgram";
import { once } from "node:events";

export interface LossyRelay {
  readonly port: number;
  /** How many answers are to be lost from now on. */
  loseAnswers(count: number): void;
  /** What went through, as it was on the wire. */
  readonly requests: Buffer[];
  readonly answers: Buffer[];
  stop(): Promise<void>;
}

/** A wire between one client and a RADIUS port on loopback, that loses answers when told to. */
export async function startLossyRelay(serverPort: number): Promise<LossyRelay> {
  const near = createSocket("udp4").bind(0, "127.0.0.1");
  const far = createSocket("udp4").bind(0, "127.0.0.1");
  await Promise.all([once(near, "listening"), once(far, "listening")]);
  const requests: Buffer[] = [];
  const answers: Buffer[] = [];
  let toLose = 0;
  let clientPort = 0;
  near.on("message", (request, from) => {
    clientPort = from.port;
    requests.push(request);
    far.send(request, serverPort, "127.0.0.1");
  });
  far.on("message", (answer) => {
    answers.push(answer);
    if (toLose > 0) toLose -= 1;
    else near.send(answer, clientPort, "127.0.0.1");
  });
  return {
    port: near.address().port,
    loseAnswers: (count) => {
      toLose = count;
    },
    requests,
    answers,
    stop: async () => {
      for (const socket of [near, far]) {
        socket.close();
        await once(socket, "close");
      }
    },
  };
}
