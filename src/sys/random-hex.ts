/**
 * `bytes` random bytes in hex, for a name that nobody else takes. By the global, which Node loads when it is first
 * asked for: importing node:crypto costs 3 ms of every start.
 */
export function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
}
