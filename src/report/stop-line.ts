import { sentence } from '../words/shown.js';
import type { Failure } from './failure.js';
import type { Line, Page } from './report.js';

/** Says what ended a run early, and what comes of that. */
export function stopLine({ message }: Failure, then: string, { style }: Page): Line {
  const text = sentence(message);
  return {
    level: 'warning',
    text: style.yellow(`${text.charAt(0).toUpperCase()}${text.slice(1)}. ${then}`),
  };
}
