import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

test('the library’s reference is complete: typedoc has nothing to warn of', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/typedoc/bin/typedoc', '--emit', 'none'],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  expect({ status, told: `${stdout}${stderr}`.trim() }).toEqual({ status: 0, told: '' });
}, 60_000);
