// Runs all crash tests at full size, tells each group of trials as it ends, and prints a table of all at last.
//   crash-full.mjs [WORDS]   as for jest: test/crash/power-cut, -t NAME
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LOOK_MS = 2000;
const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'plinkctl-tally-'));
const tally = process.env.PLINKCTL_CRASH_TALLY ?? join(directory, 'tally');
writeFileSync(tally, '');

const start = Date.now();
const results = () =>
  readFileSync(tally, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const countsOf = ({ kind, what, ...counts }) => counts;
const inWords = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

let told = 0;
function tell() {
  for (const result of results().slice(told)) {
    told += 1;
    const minutes = ((Date.now() - start) / 60_000).toFixed(1).padStart(5);
    process.stderr.write(`${minutes} min  ${result.kind}: ${result.what}: ${inWords(countsOf(result))}\n`);
  }
}

function table() {
  const kinds = new Map();
  for (const result of results()) {
    const place = /\b(ext4|xfs|btrfs)( to (ext4|xfs|btrfs))?\b/.exec(result.what)?.[0];
    const key = place === undefined ? result.kind : `${result.kind}, ${place}`;
    const sum = kinds.get(key) ?? {};
    for (const [name, count] of Object.entries(countsOf(result))) sum[name] = (sum[name] ?? 0) + count;
    kinds.set(key, sum);
  }
  return [...kinds].map(([kind, sum]) => `${kind.padEnd(40)} ${inWords(sum)}`).join('\n');
}

const jest = spawn('npm', ['run', '--silent', 'test:crash', '--', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PLINKCTL_CRASH: 'full', PLINKCTL_CRASH_TALLY: tally },
});
const looking = setInterval(tell, LOOK_MS);
jest.once('close', (status, signal) => {
  clearInterval(looking);
  tell();
  const minutes = ((Date.now() - start) / 60_000).toFixed(1);
  const end = status === 0 ? 'nothing was lost' : `FAILED (${signal ?? `status ${status}`}), see above`;
  process.stdout.write(`\n${table()}\n${minutes} min: ${end}\n`);
  rmSync(directory, { recursive: true });
  process.exitCode = status ?? 1;
});
