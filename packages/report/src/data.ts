/**
 * What goes into a report, without the library that draws it: for a worker, or a command that writes no page.
 */
export { formatBytes } from './format-bytes.js';
export { indexFacts, listSizesOf, type ReportData, type ReportPoint, settingText } from './report-data.js';
