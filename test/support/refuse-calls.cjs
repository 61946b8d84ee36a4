// node --require: this thread's getxattrat(2) and the like fail from now on, as a container's filter lets them fail that
// does not know them. PLINKCTL_REFUSE_WITH is the errno.
const koffi = require('koffi');

const [FIRST, LAST] = [463, 466];
const GETXATTRAT = 464;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const SECCOMP_RET_ERRNO = 0x00050000;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const LOAD_NUMBER = 0x20;
const JUMP_IF_GREATER_OR_EQUAL = 0x35;
const RETURN = 0x06;

const errno = Number(process.env.PLINKCTL_REFUSE_WITH);
const instructions = [
  [LOAD_NUMBER, 0, 0, 0],
  [JUMP_IF_GREATER_OR_EQUAL, 0, 2, FIRST],
  [JUMP_IF_GREATER_OR_EQUAL, 1, 0, LAST + 1],
  [RETURN, 0, 0, SECCOMP_RET_ERRNO | errno],
  [RETURN, 0, 0, SECCOMP_RET_ALLOW],
];
const filter = Buffer.alloc(instructions.length * 8);
for (const [i, [code, whenTrue, whenFalse, operand]] of instructions.entries()) {
  filter.writeUInt16LE(code, i * 8);
  filter.writeUInt8(whenTrue, i * 8 + 2);
  filter.writeUInt8(whenFalse, i * 8 + 3);
  filter.writeUInt32LE(operand, i * 8 + 4);
}
const program = Buffer.alloc(16);
program.writeUInt16LE(instructions.length, 0);
program.writeBigUInt64LE(koffi.address(filter), 8);

const libc = koffi.load(null);
const prctl = libc.func('int prctl(int option, long a, void *b, long c, long d)');
if (prctl(PR_SET_NO_NEW_PRIVS, 1, null, 0, 0) < 0) throw new Error('no_new_privs');
if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) < 0) throw new Error('seccomp');
if (libc.func('long syscall(long number)')(GETXATTRAT) !== -1 || koffi.errno() !== errno)
  throw new Error('the filter lets the call pass');
