import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Kind, kindOf, kinds } from './kinds.js';
import type { SeedResult, SeedsOrder } from './seeds-order.js';
import { SeedsTable } from './seeds-table.js';

const usage = `npm run seeds -- [--count N] [--from SEED] [--jobs N] [--fs LIST] [--kind LIST] [--resume FILE]
  --count   seeds to try (1000)
  --from    the first of them (1)
  --jobs    processes at a time (1)
  --fs      of ext4, xfs, xfs-parents, btrfs, tmpfs (ext4,xfs,btrfs,tmpfs)
  --kind    of ${kinds.join(', ')} (all)
  --resume  a file that remembers what was tried, for the next run
Exit status: 0 all as it should be, 1 a mismatch, 2 usage.`;

/** A trial takes a tenth of a second; one that takes this long hangs. */
const HANGS_MS = 180_000;
const PROGRESS_MS = 10_000;

interface Options {
  readonly from: number;
  readonly count: number;
  readonly jobs: number;
  readonly types: readonly string[];
  readonly kinds: readonly Kind[];
  readonly resume: string | undefined;
}

function optionsOf(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      count: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '1' },
      fs: { type: 'string', default: 'ext4,xfs,btrfs,tmpfs' },
      kind: { type: 'string', default: kinds.join() },
      resume: { type: 'string' },
    },
  });
  const number = (text: string): number => {
    if (!/^[1-9]\d*$/.test(text)) throw new Error(`not a number above 0: ${text}`);
    return Number(text);
  };
  const chosen = values.kind.split(',') as Kind[];
  const strange = chosen.find((kind) => !kinds.includes(kind));
  if (strange !== undefined) throw new Error(`no kind of trial: ${strange}`);
  return {
    from: number(values.from),
    count: number(values.count),
    jobs: number(values.jobs),
    types: values.fs.split(','),
    kinds: chosen,
    resume: values.resume,
  };
}

function reproducer({ types, kinds: chosen }: Options, seed: number): string {
  const kind = chosen.length === kinds.length ? '' : ` --kind ${chosen.join()}`;
  return `npm run seeds -- --from ${seed} --count 1 --fs ${types.join()}${kind}`;
}

/** Runs one worker after another until all seeds of its share were tried. */
async function share(options: Options, job: number, done: Set<number>, tell: (result: SeedResult) => void) {
  for (;;) {
    const order: SeedsOrder = {
      from: options.from + job,
      count: options.count - job,
      step: options.jobs,
      types: options.types,
      kinds: options.kinds,
      done: [...done],
    };
    const died = await runWorker(order, (result) => {
      done.add(result.seed);
      tell(result);
    });
    if (died === undefined) return;
    if (died.seed === undefined) throw new Error(`a worker could not start: ${died.how}`);
    done.add(died.seed);
    tell({ seed: died.seed, kind: kindOf(died.seed, options.kinds), milliseconds: 0, error: died.how });
  }
}

function runWorker(
  order: SeedsOrder,
  tell: (result: SeedResult) => void,
): Promise<{ readonly seed: number | undefined; readonly how: string } | undefined> {
  return new Promise((resolve) => {
    const worker: ChildProcess = spawn(
      process.execPath,
      [fileURLToPath(new URL('worker-main.js', import.meta.url)), JSON.stringify(order)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let current: number | undefined;
    let complaint = '';
    let timer = setTimeout(() => {}, 0);
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => worker.kill('SIGKILL'), HANGS_MS);
    };
    watch();
    worker.stderr?.on('data', (data) => {
      complaint = `${complaint}${String(data)}`.slice(-4000);
    });
    const lines = createInterface({ input: worker.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      watch();
      const said = JSON.parse(line) as SeedResult | { readonly starting: number };
      if ('starting' in said) current = said.starting;
      else {
        current = undefined;
        tell(said);
      }
    });
    worker.once('close', (status, signal) => {
      clearTimeout(timer);
      const how = `the process ended with ${signal ?? `status ${status}`}: ${complaint}`;
      resolve(status === 0 ? undefined : { seed: current, how });
    });
    process.once('exit', () => worker.kill('SIGTERM'));
  });
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = optionsOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`);
    return 2;
  }
  const table = new SeedsTable(options.count);
  const done = new Set<number>();
  const { resume } = options;
  const within = ({ seed }: SeedResult): boolean =>
    seed >= options.from && seed < options.from + options.count;
  if (resume !== undefined && existsSync(resume)) {
    for (const line of readFileSync(resume, 'utf8').split('\n')) {
      if (line === '') continue;
      const result = JSON.parse(line) as SeedResult;
      if (!within(result) || done.has(result.seed)) continue;
      // What went wrong is tried again.
      if (result.error !== undefined) continue;
      done.add(result.seed);
      table.add(result, true);
    }
  }
  const tell = (result: SeedResult): void => {
    table.add(result);
    if (resume !== undefined) appendFileSync(resume, `${JSON.stringify(result)}\n`);
    if (result.error === undefined) return;
    process.stdout.write(
      `\nMISMATCH, ${result.kind}: ${result.error}\n  ${reproducer(options, result.seed)}\n`,
    );
  };
  const progress = setInterval(() => process.stderr.write(`${table.progress()}\n`), PROGRESS_MS);
  await Promise.all(Array.from({ length: options.jobs }, (_, job) => share(options, job, done, tell)));
  clearInterval(progress);
  process.stdout.write(`${table.summary()}\n`);
  for (const seed of table.failed) process.stdout.write(`${reproducer(options, seed)}\n`);
  return table.failed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
