import { type Call, interpose } from '../../src/sys/seam.js';
import { systemCalls } from '../../src/sys/system-call.js';

/** Whether a call changes anything on a disk. */
export const isEffect = ({ name }: Call): boolean => systemCalls[name] === 'effect';

/** Runs `body` and tells `after` of every effect when it is done; its own calls are not told. */
export async function eachEffect<T>(
  after: (call: Call, number: number) => void,
  body: () => Promise<T>,
): Promise<T> {
  let number = 0;
  const watch = (call: Call, proceed: () => number): number => {
    const result = proceed();
    if (isEffect(call)) {
      interpose(undefined);
      try {
        number += 1;
        after(call, number);
      } finally {
        interpose(watch);
      }
    }
    return result;
  };
  interpose(watch);
  try {
    return await body();
  } finally {
    interpose(undefined);
  }
}
