// What commands that write need beside core.ts; node:crypto alone, for the lock's owner record, costs 3 ms.
export { refuseIfInUse } from '../lock/in-use.js';
export { enterMaintenance } from '../lock/maintenance.js';
export { outcomeReport } from '../report/outcome-report.js';
export { apply } from '../restore/apply.js';
