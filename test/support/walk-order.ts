import { bareRules } from '../../src/scan/walk/bare-rules.js';
import { runWalk } from '../../src/scan/walk/run-walk.js';
import type { WalkVisitor } from '../../src/scan/walk/walk-visitor.js';
import type { WalkWays } from '../../src/scan/walk/walk-ways.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { close, openDirectory } from '../../src/sys/open.js';
import type { Layer } from '../../src/union/view-rules.js';

/**
 * The directories of a tree in the order in which a walk enters them.
 *
 * @param led - how the walk is led; `order` grows while it goes on
 * @param enough - a directory with which it may end
 */
export async function walkOrder(
  path: string,
  led: (order: readonly string[]) => Pick<WalkVisitor, 'likely' | 'nearTo'>,
  enough?: string,
  ways: WalkWays = {},
): Promise<string[]> {
  const root = openDirectory(path as Bytes);
  const layer: Layer = { branch: 0, role: 'lower', whiteouts: false, root, path: path as Bytes };
  const order: string[] = [];
  try {
    const visitor: WalkVisitor = {
      wanted: () => undefined,
      complete: () => enough !== undefined && order.includes(enough),
      onDirectory: (directory) => void order.push(directory.path),
      onName: () => undefined,
      onUnreadable: (unreadable) => void order.push(`unreadable ${unreadable.path}`),
      ...led(order),
    };
    await runWalk([{ layer, fd: root, real: ascii('') }], bareRules, visitor, { ways });
  } finally {
    close(root);
  }
  return order;
}
