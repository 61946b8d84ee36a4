import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const sources = ['walk', 'nftw', 'make-tree', 'measure', 'links', 'flush', 'scan'] as const;

/** Paths of the C programs that plinkctl is compared with. */
export type Programs = Readonly<Record<(typeof sources)[number], string>>;

/** Compiles them into a directory (needs a C compiler as `cc`). */
export function compile(source: string, target: string): Programs {
  const paths = sources.map((name) => {
    const path = join(target, name);
    execFileSync('cc', ['-O2', '-w', '-pthread', '-o', path, join(source, 'c', `${name}.c`)]);
    return [name, path] as const;
  });
  return Object.fromEntries(paths) as Programs;
}

/** Whether a program of the machine can be had for comparison. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
