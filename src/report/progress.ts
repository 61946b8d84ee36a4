/** Shows that something goes on. */
export interface Progress {
  /** Replaces the line. */
  show(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/** Where nobody watches. */
export const noProgress: Progress = { show() {}, end() {} };

/** A spinner that frees the line again is redrawn at most so often, milliseconds. */
const FRAME_MS = 80;
/** A run shorter than this shows nothing, milliseconds: ora costs more to load than a small union to flush. */
const DELAY_MS = 300;

/**
 * A spinner on a terminal. The work is synchronous, and ora's own timer runs only when the event loop is free:
 * it is drawn when it is told something.
 */
export function spinner(stream: NodeJS.WriteStream): Progress {
  const started = Date.now();
  let last = 0;
  let ended = false;
  let ora: import('ora').Ora | undefined;
  let loading = false;
  return {
    show(text) {
      const now = Date.now();
      if (ended || now - started < DELAY_MS || now - last < FRAME_MS) return;
      last = now;
      if (ora !== undefined) {
        ora.text = text;
        ora.render();
        return;
      }
      if (loading) return;
      loading = true;
      void import('ora').then((module) => {
        if (ended) return;
        ora = module.default({ text, stream, discardStdin: false, hideCursor: false }).start();
      });
    },
    end() {
      ended = true;
      ora?.stop();
    },
  };
}
