import { Socket } from "node:net";

type Done = (error?: Error | null) => void;

/** Hands the kernel at once what is written in one turn of the event loop: statements sent together are one system call. */
export class TurnSocket extends Socket {
  #isCollecting = false;

  override write(chunk: string | Uint8Array, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean {
    this.#collect();
    return typeof encodingOrDone === "string"
      ? super.write(chunk, encodingOrDone, done)
      : super.write(chunk, encodingOrDone);
  }

  #collect(): void {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    this.cork();
    process.nextTick(() => {
      this.#isCollecting = false;
      this.uncork();
    });
  }
}
