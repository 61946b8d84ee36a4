export { demoReport } from '../../report/demo-report.js';
export { setStage } from './set-stage.js';
