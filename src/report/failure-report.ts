import { type Failure, failureJson, failureText } from './failure.js';
import type { Report } from './report.js';

/** One union's failure in a run over several. */
export function failureReport(failure: Failure): Report {
  return {
    exitCode: failure.exitCode,
    subjects: [{ failure }],
    text: ({ style }) =>
      failureText(failure)
        .split('\n')
        .map((text, index) => ({ level: 'error', text: index === 0 ? style.red(text) : `  ${text}` })),
    json: () => ({ error: failureJson(failure) }),
  };
}
