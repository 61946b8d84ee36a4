// A worker thread that serves a file system of disk images through /dev/fuse and writes down, in their order, every
// write and every flush that a loop device over an image makes. A thread of its own: the program under test sleeps
// in system calls that wait for it. CommonJS, for a worker gets no transform.
const { readSync, writeSync, openSync, closeSync } = require('node:fs');
const { workerData } = require('node:worker_threads');

const { fuse, log, images, counter } = workerData;
const logged = new BigInt64Array(counter);

const MAX_WRITE = 1 << 20;
const OPCODE = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  RELEASEDIR: 29,
  ACCESS: 34,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
};
const ENOENT = 2;
const ENOSYS = 38;
const ENODEV = 19;
const ROOT = 1n;

const files = images.map(({ path, bytes }) => ({ fd: openSync(path, 'r+'), bytes }));
const request = Buffer.alloc(MAX_WRITE + 4096);
let logAt = 0;

function record(kind, image, offset, data) {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(kind, 0);
  head.writeUInt32LE(image, 4);
  head.writeBigUInt64LE(BigInt(offset), 8);
  head.writeUInt32LE(data?.length ?? 0, 16);
  writeSync(log, head, 0, head.length, logAt);
  logAt += head.length;
  if (data !== undefined && data.length > 0) {
    writeSync(log, data, 0, data.length, logAt);
    logAt += data.length;
  }
  Atomics.store(logged, 0, BigInt(logAt));
}

function reply(unique, error, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeInt32LE(-error, 4);
  head.writeBigUInt64LE(unique, 8);
  try {
    writeSync(fuse, Buffer.concat([head, body]));
  } catch (error) {
    // The asker was interrupted meanwhile.
    if (error.code !== 'ENOENT') throw error;
  }
}

const imageOf = (node) => Number(node - 2n);

// struct fuse_attr
function attributes(node) {
  const attr = Buffer.alloc(88);
  const directory = node === ROOT;
  const bytes = directory ? 0 : files[imageOf(node)].bytes;
  attr.writeBigUInt64LE(node, 0);
  attr.writeBigUInt64LE(BigInt(bytes), 8);
  attr.writeBigUInt64LE(BigInt(Math.ceil(bytes / 512)), 16);
  attr.writeUInt32LE(directory ? 0o40700 : 0o100600, 60);
  attr.writeUInt32LE(directory ? 2 : 1, 64);
  attr.writeUInt32LE(4096, 80);
  return attr;
}

const FOREVER = 1_000_000n;

function attrOut(node) {
  const head = Buffer.alloc(16);
  head.writeBigUInt64LE(FOREVER, 0);
  return Buffer.concat([head, attributes(node)]);
}

function entryOut(node) {
  const head = Buffer.alloc(40);
  head.writeBigUInt64LE(node, 0);
  head.writeBigUInt64LE(FOREVER, 16);
  head.writeBigUInt64LE(FOREVER, 24);
  return Buffer.concat([head, attributes(node)]);
}

function initOut(body) {
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt32LE(body.readUInt32LE(8), 8);
  const BIG_WRITES = 1 << 5;
  const MAX_PAGES = 1 << 22;
  out.writeUInt32LE(BIG_WRITES | MAX_PAGES, 12);
  out.writeUInt16LE(16, 16);
  out.writeUInt16LE(12, 18);
  out.writeUInt32LE(MAX_WRITE, 20);
  out.writeUInt32LE(1, 24);
  out.writeUInt16LE(MAX_WRITE / 4096, 28);
  return out;
}

function readOut(node, body) {
  const { fd } = files[imageOf(node)];
  const data = Buffer.alloc(body.readUInt32LE(16));
  const got = readSync(fd, data, 0, data.length, Number(body.readBigUInt64LE(8)));
  return data.subarray(0, got);
}

function writeOut(node, body) {
  const image = imageOf(node);
  const offset = Number(body.readBigUInt64LE(8));
  const data = body.subarray(40, 40 + body.readUInt32LE(16));
  record(1, image, offset, data);
  writeSync(files[image].fd, data, 0, data.length, offset);
  const out = Buffer.alloc(8);
  out.writeUInt32LE(data.length, 0);
  return out;
}

function answer(opcode, node, body) {
  switch (opcode) {
    case OPCODE.INIT:
      return initOut(body);
    case OPCODE.LOOKUP: {
      const number = Number(body.subarray(0, body.indexOf(0)).toString('latin1'));
      return files[number] === undefined ? ENOENT : entryOut(BigInt(number) + 2n);
    }
    case OPCODE.GETATTR:
    case OPCODE.SETATTR:
      return attrOut(node);
    case OPCODE.OPEN:
    case OPCODE.OPENDIR:
      return Buffer.alloc(16);
    case OPCODE.READ:
      return readOut(node, body);
    case OPCODE.WRITE:
      return writeOut(node, body);
    case OPCODE.FSYNC:
      record(2, imageOf(node), 0);
      return Buffer.alloc(0);
    case OPCODE.RELEASE:
    case OPCODE.RELEASEDIR:
    case OPCODE.FLUSH:
    case OPCODE.ACCESS:
    case OPCODE.DESTROY:
      return Buffer.alloc(0);
    case OPCODE.STATFS:
      return Buffer.alloc(80);
    default:
      return ENOSYS;
  }
}

const unanswered = new Set([OPCODE.FORGET, OPCODE.BATCH_FORGET, OPCODE.INTERRUPT]);

for (;;) {
  let length;
  try {
    length = readSync(fuse, request, 0, request.length, null);
  } catch (error) {
    if (error.errno === -ENODEV) break;
    if (error.code === 'EINTR' || error.code === 'ENOENT' || error.code === 'EAGAIN') continue;
    throw error;
  }
  const opcode = request.readUInt32LE(4);
  if (unanswered.has(opcode)) continue;
  const unique = request.readBigUInt64LE(8);
  const result = answer(opcode, request.readBigUInt64LE(16), request.subarray(40, length));
  if (typeof result === 'number') reply(unique, result);
  else reply(unique, 0, result);
}
for (const { fd } of files) closeSync(fd);
