import { linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { commands } from '../../src/cli/table.js';
import { kernelRoot } from '../support/kernel-root.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

let directory: TempDir;
const at = (name: string): string => join(directory.path, name);

beforeEach(() => {
  directory = tempDir('main');
});

afterEach(() => {
  directory.dispose();
});

describe('help', () => {
  test('--version is the package’s', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await runMain('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
    expect(await runMain('list', '--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test('--help names every command', async () => {
    const { code, out, err } = await runMain('--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const { name, summary } of commands) {
      expect(out).toContain(`plinkctl ${name}`);
      expect(out.replace(/\s+/g, ' ')).toContain(summary);
    }
  });

  test.each(commands.map(({ name }) => name))(
    '%s --help has options, examples and exit codes',
    async (name) => {
      const { code, out, err } = await runMain(...name.split(' '), '--help');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      for (const part of ['--json', 'Examples:', 'EXIT STATUS', '75']) expect(out).toContain(part);
      const examples = out.slice(out.indexOf('Examples:\n'));
      expect(examples).toContain(`Examples:\n  plinkctl ${name}`);
      expect(out).not.toContain('kernel-root');
    },
  );

  test('help and help COMMAND are --help', async () => {
    expect(await runMain('help')).toEqual(await runMain('--help'));
    expect(await runMain('help', 'flush')).toEqual(await runMain('flush', '--help'));
  });

  test('completion prints the script of a shell', async () => {
    for (const [shell, file] of [
      ['bash', 'plinkctl.bash'],
      ['zsh', '_plinkctl'],
      ['fish', 'plinkctl.fish'],
    ] as const) {
      const packaged = readFileSync(`packaging/completions/${file}`, 'utf8');
      expect(await runMain('completion', shell)).toEqual({ code: 0, out: packaged, err: '' });
    }
    expect((await runMain('completion')).out).toContain('completion for plinkctl');
    expect((await runMain('completion', '--help')).out).toContain('[SHELL]');
    expect((await runMain('completion', 'tcsh')).code).toBe(16);
  });
});

describe('the help', () => {
  test('lists the words that are no commands of the table', async () => {
    const { out } = await runMain('--help');
    for (const word of ['as NAME', 'completion [SHELL]', 'help [COMMAND]'])
      expect(out).toContain(`plinkctl ${word}`);
  });

  test.each([
    ['as', '--help'],
    ['help', 'as'],
  ])('%s %s', async (...words) => {
    const { code, out } = await runMain(...words);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('"umount.overlay"') });
  });
});

test('umount.overlay says which mount point it cannot look at', async () => {
  const { err } = await runMain('as', 'umount.overlay', '/nowhere');
  expect(err).toBe('umount.overlay: /nowhere: this does not exist\n');
});

describe('usage errors', () => {
  test.each<[string[], string]>([
    [[], 'plinkctl: no command is given\n  plinkctl --help lists what there is\n'],
    [['lsit'], 'plinkctl: unknown command: lsit\n  did you mean list?\n'],
    [['fl'], 'plinkctl: unknown command: fl\n  did you mean flush?\n'],
    [['zzz'], 'plinkctl: unknown command: zzz\n  plinkctl --help lists what there is\n'],
    [['lsit', '--help'], 'plinkctl: unknown command: lsit\n  did you mean list?\n'],
    [
      ['maint'],
      'plinkctl: maint needs to be told what: run or status\n  plinkctl maint --help lists what there is\n',
    ],
    [['completion', 'csh'], 'plinkctl: there is no completion for csh\n  there is one for bash, zsh, fish\n'],
    [['maint', 'stat'], 'plinkctl: unknown command: maint stat\n  did you mean maint status?\n'],
    [['-v', 'list'], 'plinkctl: -v stands before the command\n  options follow it: plinkctl list -v …\n'],
    [['list', '--uper', 'x'], 'plinkctl: list has no option --uper\n  did you mean --upper?\n'],
    [['list', '--stat'], 'plinkctl: list has no option --stat\n  did you mean --state?\n'],
    [['list', '-z'], 'plinkctl: list has no option -z\n  plinkctl list --help lists what there is\n'],
    [
      ['list', '--dry-run'],
      'plinkctl: list has no option --dry-run\n  it belongs to restore, flush, prune, repair, record\n',
    ],
    [['list', '--upper'], 'plinkctl: --upper needs a value\n  plinkctl list --help lists what there is\n'],
    [
      ['list', '--sort', 'siz', '/'],
      'plinkctl: --sort takes one of name, state, size, mtime, names, not siz\n  did you mean size?\n',
    ],
    [['list', '--threads=3', '/'], 'plinkctl: --threads takes one of 1, 2, not 3\n'],
    [
      ['list', '--fro\x1b[31m'],
      'plinkctl: list has no option --fro\\x1b[31m\n  plinkctl list --help lists what there is\n',
    ],
    [['list', '--format=x', '/'], 'plinkctl: --format takes one of aufs, overlay, not x\n'],
    [['list', '--timeout=x', '/'], 'plinkctl: --timeout takes a number of seconds, not x\n'],
    [['list', '--upper=a', '--upper=b'], 'plinkctl: --upper is given more than once\n'],
    [['list', '--upper='], 'plinkctl: --upper needs a value\n  plinkctl list --help lists what there is\n'],
    [['list', '--state='], 'plinkctl: --state needs a value\n  plinkctl list --help lists what there is\n'],
    [
      ['list', '--no-upper', '--upper', '/u'],
      'plinkctl: --upper cannot be negated\n  plinkctl list --help lists what there is\n',
    ],
    [['list', '--fstab=', '/mnt'], 'plinkctl: --fstab= needs a value\n'],
    [['flush', '--wait=', '/mnt'], 'plinkctl: --wait= needs a value\n'],
    [['list', '-'], 'plinkctl: a lone - means nothing here\n'],
    [['list', '--all', '/mnt'], 'plinkctl: --all takes no union beside it\n'],
    ...['--options=userxattr', '--lower=/l', '--work=/w', '--format=aufs', '--fstab'].map(
      (word): [string[], string] => [
        ['flush', '--all', word],
        `plinkctl: --all takes no union beside it\n  leave ${word.split('=')[0]} out\n`,
      ],
    ),
    [['flush', ''], 'plinkctl: the MOUNTPOINT is empty\n'],
    [['flush', '--fstab', ''], 'plinkctl: the MOUNTPOINT is empty\n'],
    ...[['--upper=/u', '--lower=/l'], ['-obr:/u=rw']].map((words): [string[], string] => [
      ['flush', '--fstab=/etc/fstab', ...words],
      'plinkctl: --fstab takes the branches from the fstab: name a MOUNTPOINT, or leave it out\n',
    ]),
    [
      ['discover', 'x'],
      'plinkctl: discover takes no argument: x\n  plinkctl discover --help lists what there is\n',
    ],
  ])('%j', async (argv, err) => {
    expect(await runMain(...argv)).toEqual({ code: 16, out: '', err });
  });
});

describe('a flag takes no value', () => {
  test.each([
    ['--dry-run=yes'],
    ['--dry-run='],
    ['--no-dry-run=1'],
    ['-n=1'],
    ['-n1'],
    ['-qn1'],
    ['--help=no'],
  ])('flush %s is refused, and nothing is done', async (word) => {
    for (const name of ['u/.wh..wh.plnk', 'l']) mkdirSync(at(name), { recursive: true });
    writeFileSync(at('l/a'), 'old');
    linkSync(at('l/a'), at('l/b'));
    writeFileSync(at('u/a'), 'new');
    linkSync(at('u/a'), at(`u/.wh..wh.plnk/${statSync(at('l/a')).ino}.${statSync(at('u/a')).ino}`));
    const before = snapshot(directory.path);
    const { code, out, err } = await runMain('flush', '-o', `br:${at('u')}=rw:${at('l')}=ro`, word);
    expect({ code, out, err }).toEqual({
      code: 16,
      out: '',
      err: expect.stringMatching(/^plinkctl: (flush has no option|-.* takes no value)/),
    });
    expectSameTree(before, snapshot(directory.path), { ignore: ['atime'] });
  });

  test('true and false are its own words', async () => {
    const union = ['list', '-o', `br:${at('u')}=rw`, '--count'];
    mkdirSync(at('u'));
    expect((await runMain(...union, '--json=false')).out).toBe('0\n');
    expect(JSON.parse((await runMain(...union, '--json=true')).out).exitCode).toBe(0);
  });
});

describe('errors', () => {
  test('as text, on stderr alone', async () => {
    const { code, out, err } = await runMain('list', directory.path);
    expect({ code, out }).toEqual({ code: 8, out: '' });
    expect(err).toMatch(/^plinkctl: .*: no aufs or overlay is mounted here\n/);
  });

  test('as JSON, on stdout alone', async () => {
    const { code, out, err } = await runMain('list', '--json', at('none'));
    expect({ code, err }).toEqual({ code: 8, err: '' });
    expect(JSON.parse(out)).toEqual({
      schema: 'plinkctl/1',
      command: 'list',
      error: {
        code: 'no-such-directory',
        message: 'this does not exist',
        path: at('none'),
        syscall: null,
        hint: null,
      },
      exitCode: 8,
    });
  });

  test('as JSON, of no command where none comes first', async () => {
    expect(JSON.parse((await runMain('--json', 'list', '/')).out)).toMatchObject({
      command: null,
      exitCode: 16,
    });
  });

  test('for the journal, with a priority on every line', async () => {
    const { err } = await runMain('list', '--log-format=systemd', directory.path);
    for (const line of err.trimEnd().split('\n')) expect(line).toMatch(/^<3>/);
  });

  test('as lines of JSON', async () => {
    const { err } = await runMain('list', '--log-format=json', directory.path);
    expect(JSON.parse(err)).toMatchObject({ level: 'error' });
  });

  test('metrics tell of a failed run too', async () => {
    await runMain('list', `--metrics=${at('x.prom')}`, at('none'));
    expect(readFileSync(at('x.prom'), 'utf8')).toContain('plinkctl_exit_code{command="list"} 8\n');
  });
});

describe('metrics that cannot be written', () => {
  const nowhere = (): string => `--metrics=${at('no/x.prom')}`;
  const missing = (): string => `${at('no/x.prom')}: no such file or directory (open)\n`;
  let union: string[];

  beforeEach(() => {
    for (const name of ['u/.wh..wh.plnk', 'l']) mkdirSync(at(name), { recursive: true });
    union = ['flush', '--upper', at('u'), '--lower', at('l'), '--format=aufs'];
  });

  test('hide nothing of the run', async () => {
    const { code, out, err } = await runMain(...union, nowhere());
    expect({ code, out, err }).toEqual({
      code: 8,
      out: (await runMain(...union)).out,
      err: `plinkctl: ${missing()}`,
    });
  });

  test('are the error of its document', async () => {
    const { code, out } = await runMain(...union, '--json', nowhere());
    const document = JSON.parse(out);
    expect(document).toMatchObject({ exitCode: code, entries: [], error: { code: 'ENOENT' } });
  });

  test('are told beside what else went wrong', async () => {
    const { code, err } = await runMain('list', nowhere());
    expect({ code, err }).toEqual({
      code: 16,
      err: expect.stringMatching(/x\.prom: no such file[\s\S]+no union is named/),
    });
  });
});

describe('discover', () => {
  test('nothing', async () => {
    const { code, out } = await runMain('discover', `--kernel-root=${kernelRoot(directory.path, {})}`);
    expect({ code, out }).toMatchInlineSnapshot(`
{
  "code": 0,
  "out": "No aufs and no overlay is mounted here or listed in fstab.
For one that is neither: plinkctl list -o lowerdir=…,upperdir=…,workdir=…
",
}
`);
  });

  test('mounted, of another namespace, of fstab, and fuse-overlayfs', async () => {
    for (const name of ['w/index', 'a/.wh..wh.plnk']) mkdirSync(at(name), { recursive: true });
    for (const name of ['w/index/00fb', 'w/index/#1', 'a/.wh..wh.plnk/11.12', 'a/.wh..wh.plnk/13.14'])
      writeFileSync(at(name), '');
    const layers = `lowerdir=/l,upperdir=/u,workdir=${at('w')}`;
    const root = kernelRoot(directory.path, {
      mounts: [
        '1 0 8:1 / / rw - ext4 x rw',
        `40 1 0:50 / /mnt/o rw - overlay o rw,${layers},index=on`,
        `41 1 0:50 /part /mnt/part rw - overlay o rw,${layers},index=on`,
        '42 1 0:51 / /mnt/view rw - overlay o ro,lowerdir=/l:/l2',
        '43 1 0:52 / /mnt/fuse rw - fuse.fuse-overlayfs fuse-overlayfs rw',
      ],
      processes: {
        77: ['9 1 0:60 / /mnt/p rw - overlay o rw,lowerdir=/l,upperdir=/u2,workdir=/w2,index=off'],
      },
      files: {
        'etc/fstab': `none /mnt/a aufs br:${at('a')}=rw:/l=ro\noverlay /mnt/o overlay ${layers}\nnone /mnt/bad aufs rw\n`,
      },
    });
    const clean = (text: string): string => text.replaceAll(directory.path, '/T');
    const { code, out } = await runMain('discover', `--kernel-root=${root}`);
    expect(code).toBe(0);
    expect(clean(out)).toMatchInlineSnapshot(`
"FORMAT          STATE           INDEX  ENTRIES  UNION
overlay         mounted         on     1        /mnt/o
                                                upper /u
                                                lower /l
                                                work  /T/w
overlay         mounted, ro     ?      ?        /mnt/view
                                                lower /l
                                                lower /l2
                                                entries not known: no work directory, so no index
fuse-overlayfs  mounted         -      -        /mnt/fuse
                                                fuse-overlayfs keeps no index
overlay         mounted for 77  off    ?        /T/proc/77/root/mnt/p
                                                upper /T/proc/77/root/u2
                                                lower /T/proc/77/root/l
                                                work  /T/proc/77/root/w2
                                                entries not known: /T/proc/77/root/w2/index: no such file or directory
aufs            in fstab        plink  2        /mnt/a
                                                upper /T/a
                                                lower /l
aufs            in fstab        -      -        /mnt/bad
                                                the options name no branch
"
`);
    const json = await runMain('discover', '--json', `--kernel-root=${root}`);
    expect(JSON.parse(clean(json.out)).unions).toHaveLength(6);
    expect(JSON.parse(clean(json.out)).unions[0]).toMatchInlineSnapshot(`
{
  "branches": [
    {
      "path": "/u",
      "role": "upper",
    },
    {
      "path": "/l",
      "role": "lower",
    },
  ],
  "entries": 1,
  "format": "overlay",
  "inFstab": true,
  "index": true,
  "mounted": true,
  "mountpoint": "/mnt/o",
  "namespacePid": null,
  "readOnly": false,
  "reason": null,
  "type": "overlay",
  "work": "/T/w",
}
`);
  });
});

test('--all of a machine without unions', async () => {
  const root = kernelRoot(directory.path, {});
  expect(await runMain('check', '--all', `--kernel-root=${root}`)).toEqual({
    code: 0,
    out: 'No union is known here.\n',
    err: '',
  });
});

test('--all goes on after a union in trouble, and tells the gravest code', async () => {
  const root = kernelRoot(directory.path, {
    files: {
      'etc/fstab': 'none /mnt/x aufs br:/none/a=rw:/none/l=ro\nnone /mnt/y aufs br:/none/b=rw:/l=ro\n',
    },
  });
  const { code, out } = await runMain('check', '--all', '--json', `--kernel-root=${root}`);
  expect(code).toBe(8);
  const { targets } = JSON.parse(out);
  expect(targets.map(({ error }: { error: { path: string } }) => error.path)).toEqual(['/none/a', '/none/b']);
});
