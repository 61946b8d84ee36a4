import type { MessagePort } from 'node:worker_threads';
import { breather } from '../breather.js';
import { Ext4Places } from './ext4-places.js';
import { type Ext4Search, searchExt4 } from './search-ext4.js';
import type { SearchMessage } from './search-thread.js';

/** Milliseconds between two times that it tells what it has found: whoever waits for it looks into that meanwhile. */
const TOLD_EVERY_MS = 20;

// The program of the thread that searches; its `workerData` are the searches and the port to the first.
const { workerData } = process.getBuiltinModule('node:worker_threads');
const { searches, port } = workerData as { searches: readonly Ext4Search[]; port: MessagePort };

async function search(): Promise<void> {
  const stop = new AbortController();
  port.once('message', () => {
    stop.abort();
    port.close();
  });
  try {
    for (const [i, each] of searches.entries()) {
      const places = new Ext4Places();
      const tell = (): void => {
        if (!places.empty) say({ say: 'found', search: i, places: places.take() });
      };
      await searchExt4(each, places, breather(stop.signal, tell, TOLD_EVERY_MS));
      tell();
    }
    say({ say: 'over' });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

function say(message: SearchMessage): void {
  port.postMessage(message);
}

void search();
