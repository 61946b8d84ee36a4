import type { Ora } from 'ora';

/** Shows that something goes on. */
export interface Progress {
  /** Replaces the line. */
  show(text: string): void;
  /** Takes the line away, so that something else can be written; the next `show` brings it back. */
  end(): void;
}

/** Where nobody watches. */
export const noProgress: Progress = { show() {}, end() {} };

/** The line is redrawn at most so often, milliseconds. */
const FRAME_MS = 80;
/** A run shorter than this shows nothing, milliseconds: ora costs more to load than a small union to flush. */
const DELAY_MS = 300;

/**
 * A spinner on a terminal. The work is synchronous, and ora's own timer runs only when the event loop is free:
 * it is drawn when it is told something.
 *
 * Nothing is drawn where the terminal says that it has 0 columns, as serial consoles and many a CI do: ora would
 * clear infinitely many lines, and no signal would end it.
 *
 * @param now - milliseconds
 */
export function spinner(stream: NodeJS.WriteStream, now: () => number = Date.now): Progress {
  const started = now();
  let last = 0;
  let wanted = false;
  let ora: Ora | undefined;
  let loading = false;
  return {
    show(text) {
      const time = now();
      if (time - started < DELAY_MS || time - last < FRAME_MS) return;
      last = time;
      wanted = true;
      if (!hasWidth()) return;
      if (ora !== undefined) {
        ora.text = text;
        if (ora.isSpinning) ora.render();
        else ora.start();
        return;
      }
      if (loading) return;
      loading = true;
      void import('ora').then((module) => {
        ora = module.default({ text, stream, discardStdin: false, hideCursor: false });
        // Before ora's timer draws again; a frame that is there is cleared by the width that it was drawn with.
        stream.on('resize', () => hasWidth() || ora?.stop());
        if (wanted && hasWidth()) ora.start();
      });
    },
    end() {
      wanted = false;
      ora?.stop();
    },
  };

  // Undefined where it is no terminal, which ora asks for itself.
  function hasWidth(): boolean {
    return stream.columns !== 0;
  }
}
