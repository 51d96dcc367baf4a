import { test } from 'node:test';
import { conformance } from '@lutra/conformance';
import { ts } from 'lutra';
import { lancedb } from '../dist/index.js';

// what both know is also built here, saved, and searched by the reference
conformance({ backend: lancedb(), test, reference: ts() });
