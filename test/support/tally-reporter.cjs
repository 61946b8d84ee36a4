const { writeFileSync } = require('node:fs');

/** Writes one line of counts to the file named by PLINKCTL_TEST_TALLY. */
module.exports = class TallyReporter {
  onRunComplete(_contexts, results) {
    // A file that can't be loaded has no failed test of its own, yet it is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    writeFileSync(
      process.env.PLINKCTL_TEST_TALLY,
      `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`,
    );
  }
};
