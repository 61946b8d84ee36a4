import { readFileSync } from 'node:fs';
import { Problem } from '../problem.js';
import { mayChangeNames } from '../sys/access.js';
import { type Bytes, joinBytes, parentOf } from '../sys/bytes.js';
import { hasCapability } from '../sys/capabilities.js';
import { withFd } from '../sys/open.js';
import { stat } from '../sys/stat.js';
import { unless } from '../sys/sys-error.js';
import { openLongPath } from '../union/open-layer-directory.js';
import type { Union } from '../union/union.js';
import type { Plan } from './plan-types.js';
import { openSite, SELF, type Site } from './site.js';

const HINT = 'run it as root, or as the owner of the branches';

/**
 * Looks, before anything is changed, for what this process will not be allowed to do of a plan: whoever lacks a
 * privilege shall have nothing half-done.
 *
 * @throws Problem operational `privilege`
 */
export function refuseUnprivileged(plan: Plan): void {
  const override = hasCapability('CAP_DAC_OVERRIDE');
  const owner = hasCapability('CAP_FOWNER');
  if ((override && owner && hasCapability('CAP_CHOWN')) || plan.entries.length === 0) return;
  if (!owner) refuseForeignFiles(plan);
  const site = openSite(plan.union);
  try {
    refuseForeignModels(site, plan);
    if (!override) refuseClosedDirectories(site, plan);
  } finally {
    site.close();
  }
}

/** As {@link refuseUnprivileged}, for what only takes entries out of an index. */
export function refuseClosedIndex(union: Union): void {
  if (hasCapability('CAP_DAC_OVERRIDE')) return;
  const site = openSite(union);
  try {
    for (const [branch, { role, path }] of union.branches.entries()) {
      if (role === 'upper' && site.hasIndex(branch)) requireWritable(site.index(branch), path, 'the index');
    }
  } finally {
    site.close();
  }
}

function refuseForeignFiles({ entries, union }: Plan): void {
  const user = process.geteuid?.();
  const linksAreProtected = protectsHardlinks();
  for (const { entry, link, remove } of entries) {
    const needed = (link.length > 0 && linksAreProtected) || remove;
    if (!needed || entry.inode.uid === user) continue;
    throw new Problem(
      'operational',
      'privilege',
      `the files belong to user ${entry.inode.uid}: to link them and to take their marks away needs CAP_FOWNER`,
      { path: union.branches[entry.branch]?.path, hint: HINT },
    );
  }
}

function protectsHardlinks(): boolean {
  try {
    return readFileSync('/proc/sys/fs/protected_hardlinks', 'latin1').trim() !== '0';
  } catch {
    return true;
  }
}

/** A directory that is made has the owner of the lower one. */
function refuseForeignModels(site: Site, { directories, union }: Plan): void {
  if (hasCapability('CAP_CHOWN')) return;
  const user = process.geteuid?.();
  const groups = new Set([process.getegid?.(), ...(process.getgroups?.() ?? [])]);
  for (const { path, model } of directories) {
    const { root } = site.layer(model.branch);
    const { uid, gid } = withFd(openLongPath(root, model.path), (fd) => stat(fd, SELF));
    if (uid === user && groups.has(gid)) continue;
    const whose = uid === user ? `group ${gid}` : `user ${uid}`;
    throw new Problem(
      'operational',
      'privilege',
      `a directory that must be made belongs to ${whose} in the lower: to give it to them needs CAP_CHOWN`,
      { path: joinBytes(union.branches[0]?.path ?? ('' as Bytes), path), hint: HINT },
    );
  }
}

function refuseClosedDirectories(site: Site, { entries, union }: Plan): void {
  const seen = new Set<string>();
  for (const { entry, link, remove } of entries) {
    const { branch } = entry;
    const root = union.branches[branch]?.path ?? ('' as Bytes);
    if (remove) requireWritable(site.index(branch), root, 'the index');
    for (const path of link) {
      const parent = parentOf(path);
      if (seen.has(`${branch}:${parent}`)) continue;
      seen.add(`${branch}:${parent}`);
      nearest(site, branch, parent, (fd, at) => requireWritable(fd, joinBytes(root, at), 'a directory'));
    }
  }
}

/** The directory itself, or that above it in which it will be made. */
function nearest(site: Site, branch: number, path: Bytes, body: (fd: number, at: Bytes) => void): void {
  for (let at = path; ; at = parentOf(at)) {
    const fd = unless(['ENOENT'], () => openLongPath(site.layer(branch).root, at));
    if (fd !== undefined) {
      withFd(fd, (open) => body(open, at));
      return;
    }
    if (at === '') return;
  }
}

function requireWritable(fd: number, path: Bytes, what: string): void {
  if (mayChangeNames(fd)) return;
  throw new Problem('operational', 'privilege', `may not write to ${what}, which needs CAP_DAC_OVERRIDE`, {
    path,
    hint: HINT,
  });
}
