// node packaging/test-nodes.mjs [VERSION]...: the demo and the unit tests under each release line of Node that is
// supported, fetched as npm packages (some 150 MB each) into node_modules/.cache.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24'];
const failed = versions.filter((version) => !passes(version));
if (failed.length > 0) {
  console.error(`failed under Node ${failed.join(', ')}`);
  process.exitCode = 1;
}

function passes(version) {
  const node = fetched(version);
  if (node === undefined) return false;
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  delete env.PLINKCTL_TEST_TALLY;
  const run = (args, more) => {
    const { status, signal } = spawnSync(node, args, { stdio: 'inherit', env: { ...env, ...more } });
    if (status !== 0) console.error(`${args.join(' ')}: ${signal ?? status}`);
    return status === 0;
  };
  console.log(`== Node ${version}`);
  return (
    run(['-p', 'process.version']) &&
    run(['bin/plinkctl.js', 'demo']) &&
    run(['node_modules/jest/bin/jest.js', '--selectProjects', 'unit'], {
      NODE_OPTIONS: '--experimental-vm-modules',
    })
  );
}

function fetched(version) {
  const home = join('node_modules/.cache/nodes', version);
  const node = join(home, 'node_modules/node/bin/node');
  if (!existsSync(node)) {
    mkdirSync(home, { recursive: true });
    const options = ['--no-save', '--no-audit', '--no-fund', `--prefix=${home}`];
    spawnSync('npm', ['install', ...options, `node@${version}`], { stdio: 'inherit' });
  }
  if (existsSync(node)) return join(process.cwd(), node);
  console.error(`Node ${version} could not be had`);
  return undefined;
}
