import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { overlayInUse } from '../../src/lock/in-use.js';
import { type EnterMaintenance, enterMaintenance, type Maintenance } from '../../src/lock/maintenance.js';
import { maintenanceStatus } from '../../src/lock/maintenance-status.js';
import { runInMaintenance } from '../../src/lock/run-in-maintenance.js';
import type { OverlayUnion, Union } from '../../src/union/union.js';
import type { DriverOptions } from '../support/lock-driver.js';

type Options = DriverOptions & { readonly union: Union };

function enter({ union, runtime, wait, staleMs, admitsChildren }: Options): Promise<Maintenance> {
  const options: EnterMaintenance = { command: 'test', wait, runtimeDirectory: runtime };
  return enterMaintenance(union, {
    ...options,
    ...(staleMs === undefined ? {} : { staleMs }),
    ...(admitsChildren === undefined ? {} : { admitsChildren }),
  });
}

function tell(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** Enters, tells so, and does what the lines of stdin say. */
async function hold(options: Options): Promise<void> {
  const maintenance = await enter(options);
  tell({ held: process.pid, inherited: maintenance.inherited, notes: maintenance.notes });
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, number] = line.split(' ');
    if (word === 'block') {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(number));
      tell({ blocked: Number(number) });
    } else if (word === 'release') {
      maintenance.release();
      tell({ released: true, notes: maintenance.notes });
    } else if (word === 'spawn') {
      const [program = '', ...args] = options.program ?? [];
      spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    } else if (word === 'notes') tell({ notes: maintenance.notes });
    // Outside of this function, where nobody catches it.
    else if (word === 'throw')
      setImmediate(() => {
        throw new Error('as asked');
      });
    else if (word === 'exit') process.exit(0);
  }
}

/** Enters, tells so, and stays; a shell gives its background programs no stdin to be told anything by. */
async function linger(options: Options): Promise<void> {
  const maintenance = await enter(options);
  tell({ held: process.pid, inherited: maintenance.inherited });
  await sleep(20_000);
}

/** Enters and leaves again and again, and puts on record whether anybody else was inside. */
async function contend(options: Options): Promise<void> {
  const { log = '', rounds = 1, go } = options;
  tell({ ready: true });
  while (go !== undefined && !existsSync(go)) await sleep(2);
  for (let round = 0; round < rounds; round += 1) {
    const maintenance = await enter(options);
    try {
      // What only one may create: a second one inside fails here.
      closeSync(openSync(`${log}.inside`, 'wx'));
    } catch {
      appendFileSync(log, `TWO ${process.pid}\n`);
    }
    appendFileSync(log, `enter ${process.pid}\n`);
    await sleep(Math.random() * 2);
    appendFileSync(log, `leave ${process.pid}\n`);
    unlinkSync(`${log}.inside`);
    maintenance.release();
  }
}

async function attempt(options: Options): Promise<void> {
  const maintenance = await enter(options);
  tell({ inherited: maintenance.inherited, notes: maintenance.notes });
  maintenance.release();
}

async function run(options: Options): Promise<void> {
  const [program = '', ...args] = options.program ?? [];
  const { wait, runtime } = options;
  process.exitCode = await runInMaintenance(options.union, program, args, {
    wait,
    runtimeDirectory: runtime,
  });
}

const commands: Readonly<Record<string, (options: Options) => Promise<void>>> = {
  hold,
  linger,
  contend,
  try: attempt,
  run,
  status: async ({ union, runtime }) => tell(await maintenanceStatus(union, { runtimeDirectory: runtime })),
  'in-use': async ({ union }) => tell(overlayInUse(union as OverlayUnion)),
};

const [name = '', json = '{}'] = process.argv.slice(2);
try {
  await commands[name]?.(JSON.parse(json));
} catch (error) {
  const { code, kind, message, hint } = error as Readonly<Record<string, unknown>>;
  tell({ code, kind, message, hint });
  process.exitCode = 75;
}
