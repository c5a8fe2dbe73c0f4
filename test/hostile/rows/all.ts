import type { HostileRow } from '../row.ts';
import { adminPort } from './admin-port.ts';
import { archives } from './archives.ts';
import { canaries } from './canaries.ts';
import { cutBodies } from './cut-bodies.ts';
import { earlyCallbacks } from './early-callbacks.ts';
import { endlessOrders } from './endless-orders.ts';
import { forgedArchives } from './forged-archives.ts';
import { forgedLinks } from './forged-links.ts';
import { fuzzedCallbacks } from './fuzzed-callbacks.ts';
import { guessedKey } from './guessed-key.ts';
import { hostileOrders } from './hostile-orders.ts';
import { inventedOrders } from './invented-orders.ts';
import { json } from './json.ts';
import { largeWaiting } from './large-waiting.ts';
import { links } from './links.ts';
import { qccAnswers } from './qcc-answers.ts';
import { slowClients } from './slow-clients.ts';

/** The table of attacks, in the order of running. A new row is an import and a line here. */
export const HOSTILE_ROWS: readonly HostileRow[] = [
  earlyCallbacks,
  fuzzedCallbacks,
  slowClients,
  guessedKey,
  forgedLinks,
  forgedArchives,
  inventedOrders,
  links,
  archives,
  json,
  hostileOrders,
  endlessOrders,
  cutBodies,
  largeWaiting,
  qccAnswers,
  adminPort,
  canaries,
];
