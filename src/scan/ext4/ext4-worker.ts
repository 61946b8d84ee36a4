import type { MessagePort } from 'node:worker_threads';
import { breather } from '../breather.js';
import { type Ext4Search, searchExt4 } from './search-ext4.js';
import type { SearchMessage } from './search-thread.js';

// The program of the thread that searches; its `workerData` are the searches and the port to the first.
const { workerData } = process.getBuiltinModule('node:worker_threads');
const { searches, port } = workerData as { searches: readonly Ext4Search[]; port: MessagePort };

async function search(): Promise<void> {
  const stop = new AbortController();
  port.once('message', () => {
    stop.abort();
    port.close();
  });
  const breathe = breather(stop.signal);
  try {
    const places = [];
    for (const each of searches) places.push(await searchExt4(each, breathe));
    port.postMessage({ say: 'found', places } satisfies SearchMessage);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

void search();
