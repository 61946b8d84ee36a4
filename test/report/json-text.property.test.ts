import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonText } from '../../src/report/json-text.js';
import '../support/property-seed.js';

test('a document is the same when it is read again, and holds nothing that a terminal obeys', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(
      fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        text,
      ),
      (document) => {
        const printed = jsonText(document);
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(document)));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
        expect(printed).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
      },
    ),
    { examples: [[{ a: '\u009b31m\u202e\u{e0001}' }]] },
  );
});
