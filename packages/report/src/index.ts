export { formatBytes } from './format-bytes.js';
export { reportPage } from './page.js';
export { indexFacts, listSizesOf, type ReportData, type ReportPoint, settingText } from './report-data.js';
