import { aufsRules } from '../../union/aufs-rules.js';
import type { Layer } from '../../union/view-rules.js';
import { aufsBaseFindings, aufsOrphanFindings } from '../findings/aufs-base.js';
import { aufsEntryFindings } from '../findings/aufs-entries.js';
import { splitGroups } from '../findings/aufs-groups.js';
import { AufsTree } from '../findings/aufs-tree.js';
import { interruptedFindings } from '../findings/interrupted.js';
import { unreadableFindings } from '../findings/unreadable.js';
import type { Finding, ScanResult } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { runWalk } from '../walk/run-walk.js';
import { LowerPlinkNames } from './lower-plink-names.js';
import { lowerKey } from './namesake.js';

/** Everything `check` has to say of an aufs that is not mounted; only what its pseudo-links tell where it is not asked for. */
export async function aufsFindings(
  result: ScanResult,
  layers: readonly Layer[],
  options: ScanOptions,
): Promise<Finding[]> {
  const findings = [...aufsEntryFindings(result), ...unreadableFindings(result)];
  if (options.thorough !== true) return findings;
  const uppers = layers.filter(({ role }) => role === 'upper');
  const roots = layers
    .filter(({ role }) => role !== 'data')
    .map((layer) => ({ layer, fd: layer.root, real: '' as Finding['path'] }));
  const tree = new AufsTree(layers, result.entries.length > 0);
  await runWalk(roots, aufsRules, tree, options);
  const linked = new Set<string>(
    result.entries.flatMap(({ aufs }) =>
      aufs?.origin === undefined ? [] : [lowerKey(aufs.origin.branch, aufs.origin)],
    ),
  );
  const shown = new LowerPlinkNames(
    layers,
    [...tree.groups].flatMap(
      ([
        key,
        {
          lower: { branch, dev, ino },
          names,
        },
      ]) => (linked.has(key) ? [] : [{ branch, dev, ino, upper: names[0]?.branch }]),
    ),
  );
  if (shown.wantsAny) await runWalk(roots, aufsRules, shown, options);
  const groups = [...tree.groups].map(([key, group]) => ({
    ...group,
    shown: shown.of(group.lower),
    linked: linked.has(key),
  }));
  return [
    ...findings,
    ...uppers.flatMap(aufsBaseFindings),
    ...uppers.flatMap(aufsOrphanFindings),
    ...tree.findings,
    ...splitGroups(groups, (branch) => shown.directoriesOf(branch)),
    ...interruptedFindings(result),
  ];
}
