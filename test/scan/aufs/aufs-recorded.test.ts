import { lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { readPlinks } from '../../../src/scan/aufs/aufs-index.js';
import { AufsRecord } from '../../../src/scan/aufs/aufs-recorded.js';
import { openLayers } from '../../../src/scan/open-layers.js';
import { branchId, fileId, layersId, type RecordedEntry } from '../../../src/scan/recorded.js';
import type { IndexEntry } from '../../../src/scan/result.js';
import { scan } from '../../../src/scan/scan.js';
import type { Bytes } from '../../../src/sys/bytes.js';
import { close } from '../../../src/sys/open.js';
import { openQuietly } from '../../../src/union/open-layer-directory.js';
import { AufsScene, disposeScenes } from '../../support/aufs-scene.js';

disposeScenes();
const { some } = Array.prototype;
afterEach(() => {
  Array.prototype.some = some;
});

/** Counts the directories that are gone through, one after another. */
function countDirectories(): { gone: number } {
  const through = { gone: 0 };
  Array.prototype.some = function counted(this: unknown[], ...rest) {
    if (typeof this[0] === 'object' && this[0] !== null && 'model' in this[0]) through.gone += this.length;
    return some.apply(this, rest) as never;
  };
  return through;
}

test('the directories that recorded names need are each told once, and not searched for each name', async () => {
  const count = 300;
  const scene = new AufsScene();
  const paths = Array.from({ length: count }, (_, i) => `d${String(i).padStart(3, '0')}/gone` as Bytes);
  for (const path of paths) mkdirSync(scene.lower.at(path.replace('/gone', '') as Bytes));
  scene.file(scene.upper, ['.wh..wh.plnk/temporary'], 'the only copy\n');
  const { ino } = statSync(scene.upper.at('.wh..wh.plnk/temporary' as Bytes), { bigint: true });
  const name = `11.${ino}` as Bytes;
  scene.plink('.wh..wh.plnk/temporary');
  unlinkSync(scene.upper.at('.wh..wh.plnk/temporary' as Bytes));
  const { mode } = lstatSync(scene.upper.at(`.wh..wh.plnk/${name}` as Bytes));

  const [found] = (await scan(scene.union)).entries as [IndexEntry];
  const layers = openLayers(scene.union);
  const [upper, lower] = layers.all;
  if (upper === undefined || lower === undefined) throw new Error('there are two');
  const index = openQuietly(upper.root, '.wh..wh.plnk' as Bytes);
  try {
    const [plink] = readPlinks(upper);
    const self = fileId(lower.root, '' as Bytes) as string;
    // A handle of the same kind whose file was never there.
    const gone = `${self.slice(0, -8)}ffffffff`;
    const facts = { mode, uid: 0, gid: 0, size: 14n, mtime: 1n };
    const entry: RecordedEntry = {
      ...facts,
      name,
      file: fileId(index, name) as string,
      origin: { ...facts, branch: branchId(lower.root) as string, file: gone, unversioned: false, paths },
      names: paths,
      layers: layersId(layers.all),
      gone: false,
      mount: 'one',
    };
    const record = new AufsRecord(new Map([[0, { branch: '', entries: [entry] }]]), layers.all, layers.roots);
    const through = countDirectories();
    const settled = record.settle(plink as never, found);
    Array.prototype.some = some;
    expect([settled.state, settled.missing.map(({ path }) => path)]).toEqual(['restorable', paths]);
    expect(record.directories).toEqual(
      paths.map((path) => {
        const directory = path.replace('/gone', '');
        return { path: directory, model: { branch: 1, path: directory } };
      }),
    );
    expect(through.gone).toBe(0);
  } finally {
    close(index);
    layers.close();
  }
});
