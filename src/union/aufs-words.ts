import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import type { MountOption } from './mount-options.js';
import type { Branch } from './union.js';

const permissions = new Set(['rw', 'ro', 'rr']);
const attributes = new Set(
  'wh nolwh coo_reg coo_all fhsm moo unpin icex icexsec icexsys icextr icexusr icexoth'.split(' '),
);

/** Whether any of the options names a branch of an aufs. */
export function namesAufsBranches(options: readonly MountOption[]): boolean {
  return options.some((option) => branchList(option) !== undefined);
}

/**
 * Reads the branches that an aufs' mount options name, see aufs(5): `br:A=rw:B=ro`, `br=…`, `dirs=…`,
 * `add:POSITION:BRANCH`, `append:BRANCH`, `prepend:BRANCH`. Without a permission the first branch is
 * read-write, the others are read-only.
 *
 * @throws Problem `usage` for an empty branch or a position that there is not
 */
export function readAufsWords(options: readonly MountOption[]): Branch[] {
  const branches: Branch[] = [];
  for (const option of options) {
    const list = branchList(option);
    if (list === undefined) continue;
    if (list.verb === 'add') {
      const [position, ...rest] = list.text.split(':');
      const at = Number(position);
      if (!/^\d+$/.test(position ?? '') || at > branches.length) {
        throw new Problem(
          'usage',
          'branch-position',
          `add: needs a position between 0 and ${branches.length}`,
        );
      }
      branches.splice(at, 0, readBranch(rest.join(':') as Bytes, at === 0));
      continue;
    }
    for (const word of list.text.split(':')) {
      const branch = readBranch(word as Bytes, branches.length === 0 || list.verb === 'prepend');
      if (list.verb === 'prepend') branches.unshift(branch);
      else branches.push(branch);
    }
  }
  return branches;
}

/**
 * One branch as aufs writes it, in options and in `/sys/fs/aufs/si_*`: `PATH=PERMISSION+ATTRIBUTE`.
 *
 * @param first - whether it is the topmost: read-write unless told otherwise
 */
export function readBranch(word: Bytes, first: boolean): Branch {
  const equals = word.lastIndexOf('=');
  const [permission = '', ...extra] = equals < 0 ? [] : word.slice(equals + 1).split('+');
  // A name may hold an equals sign: only aufs' own words after it are a permission.
  const told = permissions.has(permission) && extra.every((attribute) => attributes.has(attribute));
  const path = (told ? word.slice(0, equals) : word) as Bytes;
  if (path === '') throw new Problem('usage', 'empty-branch', 'a branch of the list names no directory');
  const writable = told ? permission === 'rw' : first;
  return {
    path,
    role: writable ? 'upper' : 'lower',
    whiteouts: writable || (told && extra.includes('wh')),
  };
}

type Verb = 'br' | 'add' | 'append' | 'prepend';

const verbs: Readonly<Record<string, Verb>> = {
  br: 'br',
  dirs: 'br',
  add: 'add',
  ins: 'add',
  append: 'append',
  prepend: 'prepend',
};

// `br:A=rw` has its equals sign inside of the first branch: the verb ends at the first colon or equals sign.
function branchList(option: MountOption): { readonly verb: Verb; readonly text: string } | undefined {
  const whole = option.value === undefined ? option.key : `${option.key}=${option.value}`;
  const match = /^([a-z]+)[:=]/.exec(whole);
  const verb = match?.[1] !== undefined && Object.hasOwn(verbs, match[1]) ? verbs[match[1]] : undefined;
  return verb === undefined || match === null ? undefined : { verb, text: whole.slice(match[0].length) };
}
