import type { Bytes } from '../../sys/bytes.js';
import type { Finding, ScanResult } from '../result.js';

/** That an earlier run was stopped, and has left something to be done. */
export function interruptedFindings({ leftovers }: Pick<ScanResult, 'leftovers'>): Finding[] {
  const { running, temporaries, times } = leftovers;
  if (!running && temporaries.length === 0 && times.length === 0) return [];
  return [
    {
      code: 'interrupted-run',
      severity: 'warning',
      path: '' as Bytes,
      message:
        'an earlier run of this program was interrupted: nothing is lost, and some of it is left to do',
      remedy: 'run plinkctl repair -y, restore or flush',
      safe: true,
      action: { kind: 'settle', consent: 'safe' },
    },
  ];
}
