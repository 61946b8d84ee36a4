import type { Bytes } from '../sys/bytes.js';
import type { AufsUnion, Branch, OverlayOptions, OverlayUnion, Union } from '../union/union.js';
import { shellWord } from './shell-word.js';

/** The words that name this union on a command line, with every option that its names depend on. */
export function targetWords(union: Union): string {
  if (union.mounted !== undefined) return shellWord(union.mounted.path);
  return union.format === 'aufs' ? aufsWords(union) : overlayWords(union);
}

function aufsWords({ branches }: AufsUnion): string {
  const [top, ...rest] = branches;
  const plain = top?.role === 'upper' && rest.every(({ role, whiteouts }) => role === 'lower' && !whiteouts);
  if (plain) return branchWords(branches);
  const list = branches.map(({ path, role, whiteouts }) => {
    const permission = role === 'upper' ? 'rw' : whiteouts ? 'ro+wh' : 'ro';
    return `${path}=${permission}`;
  });
  return `-o ${shellWord(`br:${list.join(':')}` as Bytes)}`;
}

function overlayWords({ branches, work, options }: OverlayUnion): string {
  const flags = optionWords(options);
  const beside = flags.length === 0 ? '' : ` -o ${flags.join(',')}`;
  if (branches.every(({ role }) => role !== 'data')) {
    return `${branchWords(branches)} --work ${shellWord(work)}${beside}`;
  }
  const [upper, ...lowers] = branches;
  const [head, ...others] = lowers.map(({ path, role }) => `${role === 'data' ? '::' : ':'}${escaped(path)}`);
  const layers = [
    `lowerdir=${[head?.slice(1), ...others].join('')}`,
    `upperdir=${escaped(upper?.path ?? ('' as Bytes))}`,
    `workdir=${escaped(work)}`,
  ];
  return `-o ${shellWord([...layers, ...flags].join(',') as Bytes)}`;
}

function branchWords(branches: readonly Branch[]): string {
  return branches
    .map(({ path, role }) => `${role === 'upper' ? '--upper' : '--lower'} ${shellWord(path)}`)
    .join(' ');
}

/** Only what changes which names a file has, or what may be written. */
function optionWords({ userxattr, redirectDir, nfsExport, uuidOff }: OverlayOptions): string[] {
  return [
    ...(userxattr ? ['userxattr'] : []),
    ...(redirectDir === undefined ? [] : [`redirect_dir=${redirectDir}`]),
    ...(nfsExport === true ? ['nfs_export=on'] : []),
    ...(uuidOff ? ['uuid=off'] : []),
  ];
}

// overlayfs takes a backslash for the mark that the next byte is part of the name.
function escaped(path: Bytes): string {
  return path.replace(/[\\:,]/g, '\\$&');
}
