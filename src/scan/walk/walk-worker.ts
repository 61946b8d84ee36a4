import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openOverlayLayers } from '../overlay/overlay-layers.js';
import { OverlayNames } from '../overlay/overlay-names.js';
import { rulesFor } from '../overlay/overlay-scan.js';
import { STEP } from './run-walk.js';
import type { SharedScan, ShareMessage } from './share-walk.js';
import { Walk } from './walk.js';

const { scan, port } = workerData as { scan: SharedScan; port: MessagePort };

/** The second thread of a walk: takes shares, gives some back when the first runs out, and tells what it found. */
const overlay = openOverlayLayers(scan.union);
const rules = rulesFor(scan.union, overlay);
let theyHunger = false;
let ended = false;
let walk: Walk | undefined;

function say(message: ShareMessage): void {
  port.postMessage(message);
}

/** Lets the thread end: nothing is left that it could wait for. Its descriptors are the whole process'. */
function leave(): void {
  overlay.close();
  port.close();
}

function take(message: ShareMessage): Walk | undefined {
  if (message.say === 'hungry') theyHunger = true;
  ended ||= message.say === 'end';
  if (message.say !== 'share') return undefined;
  const found = new OverlayNames(overlay, rules, scan.sought, scan.inspect);
  const next = new Walk(overlay.layers.roots, rules, found, { directories: 0, names: 0 }, scan.ways);
  next.add(message.shares);
  run(next);
  say({ say: 'found', found: found.found, progress: next.progress });
  say({ say: 'hungry' });
  return next;
}

function run(next: Walk): void {
  walk = next;
  try {
    while (next.step(scan.ways.eager === true ? 1 : STEP)) {
      const received = receiveMessageOnPort(port)?.message as ShareMessage | undefined;
      ended ||= received?.say === 'end';
      if (ended) return;
      if (received?.say === 'hungry') theyHunger = true;
      if (!theyHunger) continue;
      const shares = next.split();
      if (shares.length === 0) continue;
      theyHunger = false;
      say({ say: 'share', shares });
    }
  } finally {
    next.close();
    walk = undefined;
  }
}

port.on('message', (message: ShareMessage) => {
  try {
    if (walk === undefined) take(message);
  } catch (error) {
    say({ say: 'failed', error });
  }
  if (ended) leave();
});
say({ say: 'hungry' });
