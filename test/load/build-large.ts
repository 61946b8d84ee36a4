import { chmodSync, closeSync, linkSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { link, mkdir } from '../../src/sys/names.js';
import {
  close,
  createFile,
  O_DIRECTORY,
  O_RDONLY,
  openBeneath,
  openDirectory,
  withFd,
} from '../../src/sys/open.js';
import { appendTo } from '../support/append-to.js';
import { overlayPlace, whileMounted } from '../support/overlay-place.js';
import { type Group, INDEXED, type LoadUnion } from './load-union.js';

const IN_DIRECTORY = 1000;

function emptyFile(path: string): void {
  closeSync(openSync(path, 'wx'));
}

/** `count` index entries, each with a second name in another directory. */
export function buildEntries(root: string, count: number): LoadUnion {
  const place = overlayPlace(root);
  const [lower = ''] = place.lowers;
  const groups: Group[] = [];
  for (let i = 0; i < count; i += 1) {
    const directory = Math.floor(i / IN_DIRECTORY);
    if (i % IN_DIRECTORY === 0) for (const side of 'ab') mkdirSync(join(lower, `${side}${directory}`));
    const [first, second] = [`a${directory}/f${i}`, `b${directory}/g${i}`];
    writeFileSync(join(lower, first), `file ${i}\n`);
    linkSync(join(lower, first), join(lower, second));
    groups.push([first, second]);
  }
  whileMounted(place, INDEXED, (view) => {
    for (const [first = ''] of groups) chmodSync(join(view.root, first), 0o600);
  });
  return { place, groups, files: 2 * count };
}

/** A lower of `count` files in directories of `each`, and a few groups with names far apart. */
export function buildFiles(root: string, count: number, each = IN_DIRECTORY): LoadUnion {
  const place = overlayPlace(root);
  const [lower = ''] = place.lowers;
  const directories = Math.ceil(count / each);
  for (let d = 0; d < directories; d += 1) {
    mkdirSync(join(lower, `d${d}`));
    for (let i = 0; i < Math.min(each, count - d * each); i += 1) emptyFile(join(lower, `d${d}/f${i}`));
  }
  const groups: Group[] = [];
  for (let g = 0; g < 10; g += 1) {
    const names = [0, 1, 2].map((n) => `d${(g * 7 + n * 31) % directories}/group${g}.${n}`);
    writeFileSync(join(lower, names[0] ?? ''), `group ${g}\n`);
    for (const name of names.slice(1)) linkSync(join(lower, names[0] ?? ''), join(lower, name));
    groups.push(names);
  }
  whileMounted(place, INDEXED, (view) => {
    for (const [first = ''] of groups) appendTo(Buffer.from(join(view.root, first)), 'changed\n');
  });
  return { place, groups, files: count };
}

/** A name at the bottom of `depth` directories, in no path that a system call could take at once. */
export function buildDeep(root: string, depth: number): LoadUnion & { readonly depth: number } {
  const place = overlayPlace(root);
  const [lower = ''] = place.lowers;
  let fd = openDirectory(bytesFromText(lower));
  const top = createFile(fd, ascii('top'), 0o644);
  close(top);
  writeFileSync(join(lower, 'top'), 'deep\n');
  for (let i = 0; i < depth; i += 1) {
    mkdir(fd, ascii('deep'), 0o755);
    const next = openBeneath(fd, ascii('deep'), O_RDONLY | O_DIRECTORY);
    close(fd);
    fd = next;
  }
  withFd(openDirectory(bytesFromText(lower)), (root) => link(root, ascii('top'), fd, ascii('bottom')));
  close(fd);
  whileMounted(place, INDEXED, (view) => appendTo(Buffer.from(join(view.root, 'top')), 'changed\n'));
  return { place, groups: [['top']], files: depth, depth };
}
