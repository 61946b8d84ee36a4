import { type Bytes, parentOf, toBuffer } from '../sys/bytes.js';
import { randomHex } from '../sys/random-hex.js';

/** Writes a file for its owner alone, whole or not at all, and durable on return. */
export async function writeAside(path: Bytes, text: string): Promise<void> {
  const { default: fs } = await import('fs-extra');
  const temporary = toBuffer(`${path}.${randomHex(4)}` as Bytes);
  try {
    const fd = fs.openSync(temporary, 'wx', 0o600);
    try {
      fs.writeFileSync(fd, text);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, toBuffer(path));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  const parent = fs.openSync(toBuffer(parentOf(path)), 'r');
  try {
    fs.fsyncSync(parent);
  } finally {
    fs.closeSync(parent);
  }
}
