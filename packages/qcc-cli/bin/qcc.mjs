#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runOnRepositoryNode } from '../../../scripts/run-node.mjs';

await runOnRepositoryNode(fileURLToPath(new URL('../src/main.ts', import.meta.url)), process.argv.slice(2));
