import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseConfig } from '../../src/cli/config-file.js';
import { bytesFromText } from '../../src/sys/bytes.js';

/** The examples of a page, as a reader copies them. */
function examples(page: string): string[] {
  return [...page.matchAll(/^\.EX\n([\s\S]*?)^\.EE$/gm)].map(([, text = '']) => text.replaceAll('\\-', '-'));
}

test('the examples of plinkctl.conf(5) are read, and both forms name the same unions', async () => {
  const [yaml = '', short = ''] = examples(readFileSync('man/plinkctl.conf.5', 'utf8'));
  const read = (text: string) => parseConfig(bytesFromText(text), bytesFromText('/etc/plinkctl.conf'));
  const unions = (await read(yaml)).map(({ words }) => words);
  expect(unions).toHaveLength(2);
  expect((await read(short)).map(({ words }) => words)).toEqual(unions);
});
