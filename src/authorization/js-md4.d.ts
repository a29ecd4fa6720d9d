/** The package ships no types. `arrayBuffer` is the entry that never asks OpenSSL, which has no MD4 any more. */
declare module "js-md4" {
  const md4: { arrayBuffer(message: Uint8Array): ArrayBuffer };
  export = md4;
}
