import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Progress, spinner } from '../../src/report/progress.js';

/** As much of a terminal as a spinner asks for. */
function terminal(): { readonly stream: NodeJS.WriteStream; written(): string } {
  let text = '';
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    rows: 24,
    clearLine: () => true,
    cursorTo: () => true,
    moveCursor: () => true,
  });
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => text };
}

describe('spinner', () => {
  let time: number;
  let screen: ReturnType<typeof terminal>;
  let progress: Progress;

  beforeEach(async () => {
    // Loaded beforehand, it is there after one turn of the event loop.
    await import('ora');
    time = 1000;
    screen = terminal();
    progress = spinner(screen.stream, () => time);
  });

  test('a short run shows nothing', async () => {
    time += 200;
    progress.show('early');
    progress.end();
    await setImmediate();
    expect(screen.written()).toBe('');
  });

  test('a longer one is drawn when it is told, and taken away', async () => {
    time += 400;
    progress.show('first');
    await setImmediate();
    await setImmediate();
    expect(screen.written()).toContain('first');
    time += 10;
    progress.show('too soon');
    expect(screen.written()).not.toContain('too soon');
    time += 100;
    progress.show('second');
    expect(screen.written()).toContain('second');
    progress.end();
    const before = screen.written();
    await setImmediate();
    expect(screen.written()).toBe(before);
    time += 100;
    progress.show('third');
    expect(screen.written()).toContain('third');
    progress.end();
  });

  test('what ended while ora was loading does not appear', async () => {
    time += 400;
    progress.show('late');
    progress.end();
    await setImmediate();
    await setImmediate();
    expect(screen.written()).toBe('');
  });
});
