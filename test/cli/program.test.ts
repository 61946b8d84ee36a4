import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeProgram } from '../support/needs-program.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const program = join(process.cwd(), 'bin/plinkctl.js');
let directory: TempDir;
const at = (name: string): string => join(directory.path, name);

beforeEach(() => {
  directory = tempDir('program');
});

afterEach(() => directory.dispose());

const bash = (script: string, ...argv: string[]) =>
  spawnSync('bash', ['-c', script, 'bash', process.execPath, program, ...argv], { encoding: 'utf8' });

/** A shell's words for a `repair` that asks about a junk entry. */
function questioningLine(): string {
  for (const name of ['u/.wh..wh.plnk', 'l']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('u/.wh..wh.plnk/junk'), 'x');
  const words = ['repair', '-o', `br:${at('u')}=rw:${at('l')}=ro`, '--rescue', at('rescue')];
  return [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');
}

describeProgram('the program at a terminal', ['script'], () => {
  test.each([
    ['Ctrl+C stops it', '\x03', 130],
    ['Ctrl+D is no answer', '\x04', 4],
  ])('%s', async (_, key, status) => {
    const line = questioningLine();
    const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      timeout: 20_000,
    });
    let out = '';
    let asked = 1;
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      for (; out.split('[y/N]').length > asked; asked += 1) child.stdin.write(key);
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    expect({ code, fault: out.includes('fault of plinkctl') }).toEqual({ code: status, fault: false });
    expect(readFileSync(at('u/.wh..wh.plnk/junk'), 'utf8')).toBe('x');
    if (status === 4) expect(out).toContain('! 2 repairs were not agreed to.');
  });

  test('a terminal that goes away stops it, at a question', async () => {
    // In a session of its own: the line is gone, and no SIGHUP comes.
    writeFileSync(at('line'), `${questioningLine()} >'${at('out')}'; echo $? >'${at('code')}'\n`);
    const child = spawn('script', ['--quiet', '--command', `setsid --wait sh '${at('line')}'`, '/dev/null']);
    const before = snapshot(at('u'));
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('[y/N]')) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('exit', resolve));
    while (!existsSync(at('code')) || readFileSync(at('code'), 'utf8') === '') await sleep(20);
    expect({ code: readFileSync(at('code'), 'utf8'), out: readFileSync(at('out'), 'utf8') }).toEqual({
      code: '130\n',
      out: '',
    });
    expectSameTree(before, snapshot(at('u')), { ignore: ['atime'] });
    expect(existsSync(at('rescue'))).toBe(false);
  });
});

describe('the program as a process', () => {
  test('an argument that is not UTF-8 arrives as its bytes', () => {
    const { stdout } = bash(`"$1" "$2" list --json "$3"/$'\\xff\\xfe'`, directory.path);
    const { error } = JSON.parse(stdout);
    expect(Buffer.from(error.path.b64, 'base64').toString('latin1')).toBe(`${directory.path}/\xff\xfe`);
  });

  test.each([
    [
      'a relative path',
      'list --upper u --lower l --format aufs',
      'plinkctl: u: the working directory was removed',
    ],
    ['help', '--help', 'plinkctl: the working directory was removed'],
  ])('in a working directory that was removed: %s', (_, words, says) => {
    // What has the old path since is another directory, and so is what its link in /proc seems to name.
    const script = 'mkdir -p x "x (deleted)/u" "x (deleted)/l"; cd x; rmdir ../x; "$1" "$2" $3 2>&1';
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', process.execPath, program, words], {
      cwd: directory.path,
      encoding: 'utf8',
    });
    expect(stdout.split('\n')[0]).toContain(says);
  });

  test.each([
    ['plinkctl', 8],
    ['umount.overlay', 2],
  ])('%s says in two lines that its native part cannot be loaded', (name, status) => {
    symlinkSync(program, at(name));
    const env = { ...process.env, NODE_OPTIONS: '--no-addons' };
    const run = (...argv: string[]) => spawnSync(at(name), argv, { encoding: 'utf8', env });
    expect(run('list', '/mnt')).toMatchObject({
      ...{ status, stdout: '' },
      stderr: expect.stringMatching(/^plinkctl cannot be loaded: .*addon.*\n {2}install it anew .*\n$/),
    });
    const { stdout } = run('list', '--json', '/mnt');
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: status, error: { code: 'ERR_DLOPEN_DISABLED' } });
  });

  test.each([
    ['plinkctl', '18.20.4', 8],
    ['plinkctl', '20.18.1', 8],
    ['umount.overlay', '18.20.4', 2],
  ])('%s says in one line that Node %s is too old', (name, version, status) => {
    symlinkSync(program, at(name));
    const versions = `{ value: { ...process.versions, node: '${version}' } }`;
    writeFileSync(at('old.cjs'), `Object.defineProperty(process, 'versions', ${versions});`);
    const env = { ...process.env, NODE_OPTIONS: `--require=${at('old.cjs')}` };
    const run = (...argv: string[]) => spawnSync(at(name), argv, { encoding: 'utf8', env });
    expect(run('list', '/mnt')).toMatchObject({
      ...{ status, stdout: '' },
      stderr: expect.stringMatching(/^plinkctl needs Node 20\.19 .*\n$/),
    });
    const { stdout } = run('list', '--json', '/mnt');
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: status, error: { code: 'node-too-old' } });
  });

  test('gives the command of maint run its arguments byte for byte', () => {
    for (const name of ['u/.wh..wh.plnk', 'l']) mkdirSync(at(name), { recursive: true });
    const script = `"$1" "$2" maint run -o "$3" -- mkdir -- "$4"/$'caf\\xe9\\n' "$4"/$'"$(x) \\xff'`;
    const { status, stderr } = bash(script, `br:${at('u')}=rw:${at('l')}=ro`, directory.path);
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(directory.path, 'latin1').sort()).toEqual(['"$(x) \xff', 'caf\xe9\n', 'l', 'u']);
  });

  test('a reader that goes away is nothing to talk about', () => {
    const { stdout, stderr } = bash('"$1" "$2" list --help | true; echo $PIPESTATUS');
    expect({ status: stdout, stderr }).toEqual({ status: '0\n', stderr: '' });
  });

  test.each([['--version'], ['list', '--help'], ['list', '--json'], ['discover'], ['discover', '--json']])(
    'an output that takes no more is an error in one line: %s %s',
    (...words) => {
      const { status, stderr } = bash('node=$1 p=$2; shift 2; exec "$node" "$p" "$@" >/dev/full', ...words);
      expect({ status, stderr }).toEqual({
        status: words.join() === 'list,--json' ? 16 : 8,
        stderr: expect.stringMatching(/^plinkctl: .+\n( {2}.+\n)?$/),
      });
    },
  );

  test('a log that takes no more stops nothing', () => {
    const { stdout } = bash('"$1" "$2" list 2>/dev/full; echo $?');
    expect(stdout).toBe('16\n');
  });

  describe('while another maintenance is on', () => {
    const holders: ReturnType<typeof spawn>[] = [];
    let words: string[];

    beforeEach(async () => {
      for (const name of ['u/.wh..wh.plnk', 'l']) mkdirSync(at(name), { recursive: true });
      writeFileSync(at('u/.wh..wh.aufs'), '');
      words = ['flush', '--upper', at('u'), '--lower', at('l')];
      const holder = spawn('flock', [at('u/.wh..wh.plnk'), 'sh', '-c', 'echo held; exec sleep 60'], {
        detached: true,
      });
      holders.push(holder);
      await new Promise((resolve) => holder.stdout.once('data', resolve));
    });

    afterEach(() => {
      // flock itself and the program that it runs.
      for (const { pid } of holders.splice(0)) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    });

    async function run(argv: string[], signal?: NodeJS.Signals) {
      const child = spawn(process.execPath, [program, ...argv]);
      let err = '';
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      if (signal !== undefined) {
        while (!err.includes('waiting')) await sleep(20);
        child.kill(signal);
      }
      return { code: await ended, err };
    }

    test('it is busy', async () => {
      const { code } = await run(words);
      expect(code).toBe(75);
    });

    test('--wait=1 waits that long', async () => {
      const started = Date.now();
      const { code, err } = await run([...words, '--wait=1']);
      expect({ code, waited: Date.now() - started >= 1000 }).toEqual({ code: 75, waited: true });
      expect(err).toContain('waiting');
    });

    test.each([
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const)('%s ends the waiting', async (signal, code) => {
      expect(await run([...words, '--wait'], signal)).toMatchObject({ code });
    });

    test('--timeout ends the waiting', async () => {
      const { code, err } = await run([...words, '--wait', '--timeout=0.5']);
      expect(code).toBe(8);
      expect(err).toContain('--timeout');
    });
  });
});
