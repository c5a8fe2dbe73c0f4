#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runOnRepositoryNode } from '../../../scripts/run-node.mjs';

// Not awaited: Node 12 would not parse it.
runOnRepositoryNode(fileURLToPath(new URL('../src/main.ts', import.meta.url)), process.argv.slice(2));
