import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AufsStandIn } from '../support/aufs-stand-in.js';
import { makeTwin } from '../support/make-twin.js';
import { describeKernel } from '../support/needs.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

let directory: TempDir;
let union: AufsStandIn;
beforeEach(() => {
  directory = tempDir('record');
  union = new AufsStandIn(directory.path);
});
afterEach(() => directory.dispose());

const state = (): string => join(directory.path, 'state');
const at = (branch: 'upper' | 'lower' | 'mount', name: string): string => join(union[branch], name);

async function record(...options: string[]) {
  const { code, out } = await union.during(() =>
    runMain(
      'record',
      '--json',
      '--state-dir',
      state(),
      '--kernel-root',
      String(union.kernel),
      ...options,
      union.mount,
    ),
  );
  return { code, report: JSON.parse(out) };
}

async function offline(command: string, ...options: string[]) {
  const branches = `br:${union.upper}=rw:${union.lower}=ro`;
  const { code, out, err } = await runMain(
    command,
    '--json',
    '--state-dir',
    state(),
    ...options,
    '-o',
    branches,
  );
  return { code, err, report: JSON.parse(out) };
}

/** `rm` through the mount, as the kernel does it: the name goes, and a whiteout stands where a lower file is. */
function removeThroughMount(name: string): void {
  unlinkSync(at('mount', name));
  rmSync(at('upper', name), { force: true });
  writeFileSync(at('upper', `.wh.${name}`), '');
}

describeKernel('a record of a mounted aufs', ['root'], () => {
  test('recording reads nothing, so that nothing is linked', async () => {
    union.group(['A', 'B', 'd/C'], ['A'], 'new data\n');
    const before = snapshot(union.upper);
    const { code, report } = await record();
    expect([code, report.entries[0].names]).toEqual([0, ['A', 'B', 'd/C']]);
    expect(union.story.events).toEqual([]);
    expectSameTree(before, snapshot(union.upper));
  });

  test('an entry without an upper name is restored to the names that the mount showed', async () => {
    union.group(['A', 'B', 'd/C'], [], 'new data\n');
    expect((await offline('flush')).code).toBe(4);
    await record();
    const { code, report } = await offline('flush');
    expect([code, report.entries[0].restored]).toEqual([0, ['A', 'B', 'd/C']]);
    expect(readFileSync(at('upper', 'd/C'), 'utf8')).toBe('new data\n');
  });

  test('lower names that were renamed since are found by their file', async () => {
    union.group(['A', 'B'], [], 'new data\n');
    await record();
    linkSync(at('lower', 'A'), at('lower', 'renamed'));
    for (const name of ['A', 'B']) unlinkSync(at('lower', name));
    const { report } = await offline('flush');
    expect(report.entries[0].restored).toEqual(['renamed']);
  });

  test('a lower file that vanished: its free names get the data that they showed', async () => {
    union.group(['A', 'B'], [], 'new data\n');
    await record();
    for (const name of ['A', 'B']) unlinkSync(at('lower', name));
    writeFileSync(at('upper', '.wh.A'), '');
    const listed = await offline('list');
    expect(listed.report.entries[0]).toMatchObject({ state: 'restorable', missing: ['B'], atRisk: true });
    const { code, report } = await offline('flush');
    expect([code, report.entries[0].restored]).toEqual([0, ['B']]);
    expect(readdirSync(at('upper', '.wh..wh.plnk'))).toEqual([]);
  });

  test('a new lower file under an old number is another file', async () => {
    union.group(['A', 'B'], [], 'new data\n');
    await record();
    for (const name of ['A', 'B']) {
      unlinkSync(at('lower', name));
      writeFileSync(at('lower', name), 'another\n');
    }
    const { code, report } = await offline('flush');
    expect([code, report.summary.linksRestored]).toEqual([4, 0]);
    expect(report.entries[0].state).toBe('orphan');
    expect((await offline('prune', '--min-age', '0')).report.summary.entriesRemoved).toBe(0);
  });

  test('an entry that lost its last name in the mount is pruned, one never seen with a name is not', async () => {
    const gone = union.group(['A', 'B'], ['A'], 'gone\n');
    const unknown = union.entry(4_000_000, [], 'unknown\n');
    await record();
    for (const name of ['A', 'B']) removeThroughMount(name);
    const { report } = await record();
    expect(report.entries.find(({ name }: { name: string }) => name === gone)).toMatchObject({ gone: true });
    const pruned = await offline('prune', '--rescue', join(directory.path, 'rescue'));
    expect([pruned.code, pruned.report.summary.entriesRemoved]).toEqual([4, 1]);
    expect(readdirSync(at('upper', '.wh..wh.plnk'))).toEqual([unknown]);
    expect(readFileSync(join(directory.path, 'rescue', gone), 'utf8')).toBe('gone\n');
    const note = JSON.parse(readFileSync(join(directory.path, 'rescue', `${gone}.json`), 'utf8'));
    expect(note.knownNames).toEqual(['A', 'B']);
  });

  test('without a record nothing of an aufs is pruned', async () => {
    union.group(['A', 'B'], ['A'], 'other data\n');
    for (const name of ['A', 'B']) removeThroughMount(name);
    const before = snapshot(union.upper);
    const { code, report } = await offline('prune', '--min-age', '0', '--without-rescue');
    expect([code, report.summary.entriesRemoved]).toEqual([4, 0]);
    expectSameTree(before, snapshot(union.upper));
  });

  test('whited out since the record: proved orphaned, without a later look through the mount', async () => {
    union.group(['A', 'B'], ['A'], 'other data\n');
    await record();
    for (const name of ['A', 'B']) removeThroughMount(name);
    const { code, report } = await offline('prune');
    expect([code, report.summary.entriesRemoved]).toEqual([0, 1]);
  });

  /** As `mv A X` leaves it: the name X covers the lower X, whose group the entry is not. */
  function renamedOver(text: string): void {
    const entry = union.group(['A', 'B'], [], text);
    union.lowerFile(['X', 'Y'], 'other\n');
    linkSync(at('upper', `.wh..wh.plnk/${entry}`), at('upper', 'X'));
    linkSync(at('mount', 'A'), at('mount', 'renamed'));
    renameSync(at('mount', 'renamed'), at('mount', 'X'));
    removeThroughMount('A');
  }

  test('another set of branches than was recorded proves no orphan', async () => {
    union.group(['A', 'B'], ['A'], 'other data\n');
    await record();
    for (const name of ['A', 'B']) removeThroughMount(name);
    const more = join(directory.path, 'more');
    mkdirSync(more);
    const branches = `br:${union.upper}=rw:${more}=ro:${union.lower}=ro`;
    const options = ['--state-dir', state(), '--min-age', '0', '--without-rescue', '-o', branches];
    const { code, out } = await runMain('prune', '--json', ...options);
    expect([code, JSON.parse(out).summary.entriesRemoved]).toEqual([4, 0]);
    expect(JSON.parse(out).entries[0].reason).toContain('other branches');
  });

  test('a name that was renamed over another group: the record tells whose copy it is', async () => {
    renamedOver('new data\n');
    await record();
    const { code, report } = await offline('flush');
    expect([code, report.entries[0].restored]).toEqual([0, ['B']]);
    expect(readFileSync(at('upper', 'X'), 'utf8')).toBe('new data\n');
    expect(readdirSync(at('upper', '')).sort()).toEqual(['.wh..wh.plnk', '.wh.A', 'B', 'X']);
  });

  test('names and record that contradict each other: both are told, nothing is done', async () => {
    renamedOver('other\nand more of it\n');
    await record();
    const before = snapshot(union.upper);
    const { code, report } = await offline('flush');
    expect([code, report.entries[0].state, report.summary.linksRestored]).toEqual([4, 'ambiguous', 0]);
    expect(report.entries[0].reason).toMatch(/the record says .* lower \/B, its names say of the lower \/X/);
    expectSameTree(before, snapshot(union.upper));
  });

  test('a leftover of an earlier mount that differs in nothing from its lower file is not believed', async () => {
    const entry = union.group(['A', 'B'], [], 'old\n');
    makeTwin.attributes(at('upper', `.wh..wh.plnk/${entry}`), at('lower', 'A'));
    const { code, report } = await record();
    expect([code, report.entries[0].recorded]).toEqual([4, false]);
  });

  test('a record that others may write to, or that is torn, is not used', async () => {
    union.group(['A', 'B'], [], 'new data\n');
    await record();
    chmodSync(state(), 0o777);
    const open = await offline('flush');
    expect([open.code, open.report.summary.linksRestored]).toEqual([4, 0]);
    expect(open.err).toContain('state directory');
    chmodSync(state(), 0o700);
    const [file = ''] = readdirSync(state());
    writeFileSync(join(state(), file), readFileSync(join(state(), file), 'utf8').slice(0, -9));
    const torn = await offline('flush');
    expect([torn.code, torn.report.summary.linksRestored]).toEqual([4, 0]);
    expect(torn.err).toContain('not a record that can be read');
    writeFileSync(join(state(), file), '\x1b]0;title\x07');
    const hostile = await offline('prune');
    expect(hostile.err.match(/not a record that can be read/g)).toHaveLength(1);
    expect(hostile.err).toMatch(/^[\x20-\x7e\n]*$/);
    expect((await record('--anew')).code).toBe(0);
    expect((await offline('flush')).report.summary.linksRestored).toBe(2);
  });

  test('several at once leave one whole record', async () => {
    union.group(['A', 'B', 'd/C'], ['A'], 'new data\n');
    const run = () =>
      runMain('record', '--state-dir', state(), '--kernel-root', String(union.kernel), union.mount);
    const codes = (await Promise.all([run(), run(), run(), run()])).map(({ code }) => code);
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readdirSync(state())).toHaveLength(1);
    expect((await offline('flush')).report.entries[0].restored).toEqual(['B', 'd/C']);
  });
});
