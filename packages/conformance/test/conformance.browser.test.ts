import { webCases } from './web-cases.js';

webCases();
