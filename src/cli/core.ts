// What commands that only read need once they run, behind one `await import()`: each file that the bundle is split
// into costs 0.8 ms of every start, and the modules below share almost everything.
export { discoverReport } from '../report/discover-report.js';
export { planReport } from '../report/plan-report.js';
export { scanReport } from '../report/scan-report.js';
export { several } from '../report/several.js';
export { targetWords } from '../report/target-view.js';
export { plan } from '../restore/plan.js';
export { scan } from '../scan/scan.js';
export { countEntries } from '../union/count-entries.js';
export { discoverUnions } from '../union/discover.js';
export { describeTarget, resolveTarget } from '../union/target.js';
export { verify } from '../union/verify.js';
export { readConfig } from './config-file.js';
