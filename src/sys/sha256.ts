/** SHA-256 of a text's UTF-8 in hex. Loaded when it is asked for: node:crypto costs 3 ms of every start. */
export function sha256(text: string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
}
