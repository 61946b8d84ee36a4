import { describe, expect, test } from '@jest/globals';
import type { Personality } from '../../src/cli/personality/personality.js';
import { personalityOf } from '../../src/cli/personality-of.js';

const auplink: Personality = { run: () => Promise.resolve(0) };
const table = { auplink: () => Promise.resolve(auplink) };

describe('personality', () => {
  test('by the name of the program', () => {
    expect(personalityOf('/sbin/auplink', ['/', 'flush'], table)).toEqual({
      load: table.auplink,
      argv: ['/', 'flush'],
    });
    expect(personalityOf('auplink', [], table)?.argv).toEqual([]);
  });

  test('by `as NAME`', () => {
    expect(personalityOf('plinkctl', ['as', 'auplink', '/'], table)).toEqual({
      load: table.auplink,
      argv: ['/'],
    });
  });

  test('plinkctl itself', () => {
    expect(personalityOf('/usr/bin/plinkctl', ['list', 'as'], table)).toBeUndefined();
    expect(personalityOf('constructor', ['list'], table)).toBeUndefined();
  });

  test('the help of `as`', () => {
    expect(personalityOf('plinkctl', ['as', '--help'], table)).toBeUndefined();
  });

  test.each([
    [['as'], 'no program is named'],
    [['as', 'toString'], 'cannot be called as toString'],
    [['as', 'unknown'], 'cannot be called as unknown'],
  ])('%j is refused', (argv, says) => {
    expect(() => personalityOf('plinkctl', argv, table)).toThrow(says);
  });
});
