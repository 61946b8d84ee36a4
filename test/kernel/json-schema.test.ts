import { appendFileSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { ascii } from '../../src/sys/bytes.js';
import { type LoopImage, makeLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { runMain } from '../support/run-main.js';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/plinkctl-1.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

describeKernel('the JSON document', ['root', 'loop', 'overlay', 'ext4'], () => {
  let image: LoopImage | undefined;
  let place: OverlayPlace;
  let words: readonly string[];

  beforeAll(() => {
    image = makeLoopImage('ext4');
    place = overlayPlace(image.mountpoint);
    const [lower = ''] = place.lowers;
    mkdirSync(join(lower, 'd'));
    for (const name of ['a', 'z']) writeFileSync(join(lower, name), 'old\n');
    linkSync(join(lower, 'a'), Buffer.from(`${lower}/d/\xff`, 'latin1'));
    linkSync(join(lower, 'z'), join(lower, 'y'));
    whileMounted(place, ['index=on'], (view) => {
      for (const name of ['a', 'z']) appendFileSync(view.at(ascii(name)), 'new\n');
    });
    writeFileSync(join(place.work, 'index/junk'), '');
    words = ['--upper', place.upper, '--work', place.work, '--lower', lower];
  });
  afterAll(() => image?.dispose());

  const forms: readonly (readonly [string, readonly string[], boolean])[] = [
    ['list', ['list'], true],
    ['check', ['check'], true],
    ['a dry run', ['flush', '-n'], true],
    ['a dry repair', ['repair', '-n'], true],
    ['a dry prune', ['prune', '-n'], true],
    ['a dry record', ['record', '-n'], true],
    ['restore', ['restore'], true],
    ['flush', ['flush'], true],
    ['discover', ['discover'], false],
    ['maint status', ['maint', 'status'], true],
  ];

  test('names that are no UTF-8 are base64', async () => {
    const { out } = await runMain('list', '--json', ...words);
    const missing = JSON.parse(out).entries.flatMap((entry: { missing: unknown[] }) => entry.missing);
    expect(missing).toContainEqual({ b64: Buffer.from('d/\xff', 'latin1').toString('base64') });
  });

  test.each(forms)('of %s fits the schema, alone on stdout', async (_title, command, named) => {
    const { out, code } = await runMain(...command, '--json', ...(named ? words : []));
    const document = JSON.parse(out);
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(document.exitCode).toBe(code);
  });

  test.each(['exit 37', 'kill -9 $$'])(
    'of maint run fits the schema, whatever its command ends with: %s',
    async (script) => {
      const { out, code } = await runMain('maint', 'run', '--json', ...words, '--', 'sh', '-c', script);
      const document = JSON.parse(out);
      expect(validate(document) ? [] : validate.errors).toEqual([]);
      const ended = script === 'exit 37' ? 37 : 137;
      expect({ code, told: document.exitCode }).toEqual({ code: ended, told: ended });
    },
  );

  test('of an error fits the schema', async () => {
    for (const command of [
      ['list', '--upper', '/does/not/exist', '--work', '/none', '--lower', '/none'],
      ['flush', '--no-such-option'],
      ['nonsense'],
    ]) {
      const { out, code } = await runMain(...command, '--json');
      const document = JSON.parse(out);
      expect(validate(document) ? [] : validate.errors).toEqual([]);
      expect(document.error.message.length).toBeGreaterThan(0);
      expect(document.exitCode).toBe(code);
    }
  });

  test('a document that breaks the contract does not pass', () => {
    expect(validate({ schema: 'plinkctl/1', command: 'list', exitCode: 0 })).toBe(false);
    expect(validate({ schema: 'plinkctl/2', command: null, exitCode: 0 })).toBe(false);
    expect(validate({ schema: 'plinkctl/1', command: 'discover', exitCode: 37 })).toBe(false);
    expect(validate({ schema: 'plinkctl/1', command: 'maint run', exitCode: 256 })).toBe(false);
  });
});
