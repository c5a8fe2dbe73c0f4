import type { HostileRow } from '../row.ts';
import { adminPort } from './admin-port.ts';

/** The table of attacks, in the order of running. A new row is an import and a line here. */
export const HOSTILE_ROWS: readonly HostileRow[] = [adminPort];
