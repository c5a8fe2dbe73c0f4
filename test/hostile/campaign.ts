import { rowsIn } from '../campaign/row.ts';
import type { Campaign } from '../campaign/run-campaign.ts';
import { openLiveStack } from '../harness/live-stack.ts';
import { HOSTILE_PAGE, type HostileRun } from './page.ts';
import type { HostileFigures, HostilePlace, HostileRow } from './row.ts';
import { adminPort } from './rows/admin-port.ts';
import { archives } from './rows/archives.ts';
import { canaries } from './rows/canaries.ts';
import { cutBodies } from './rows/cut-bodies.ts';
import { earlyCallbacks } from './rows/early-callbacks.ts';
import { endlessOrders } from './rows/endless-orders.ts';
import { forgedArchives } from './rows/forged-archives.ts';
import { forgedLinks } from './rows/forged-links.ts';
import { fuzzedCallbacks } from './rows/fuzzed-callbacks.ts';
import { guessedKey } from './rows/guessed-key.ts';
import { hostileOrders } from './rows/hostile-orders.ts';
import { inventedOrders } from './rows/invented-orders.ts';
import { json } from './rows/json.ts';
import { largeWaiting } from './rows/large-waiting.ts';
import { links } from './rows/links.ts';
import { punishedLists } from './rows/punished-lists.ts';
import { qccAnswers } from './rows/qcc-answers.ts';
import { slowClients } from './rows/slow-clients.ts';
import { createTarget } from './target.ts';

/** The table of attacks, in the order of running. A new row is an import and a line here. */
export const HOSTILE_ROWS: readonly HostileRow[] = [
  earlyCallbacks,
  fuzzedCallbacks,
  slowClients,
  guessedKey,
  forgedLinks,
  forgedArchives,
  inventedOrders,
  punishedLists,
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

async function openPlace(scope: AsyncDisposableStack): Promise<HostilePlace> {
  const { env } = scope.use(await openLiveStack((line) => console.log(line)));
  return { stack: env, target: scope.use(createTarget(env)) };
}

/** Attacks on the real parts. */
export const HOSTILE_CAMPAIGN: Campaign<HostileFigures, HostileRun> = {
  name: 'hostile',
  help: { all: 'all rows', short: 'as in npm test' },
  draw: { seed: 'hostile', of: 'attacks' },
  groups: [rowsIn(openPlace, HOSTILE_ROWS)],
  page: HOSTILE_PAGE,
  toRun: ({ title, mustHold }, figures, seconds) => ({ attack: title, mustHold, ...figures, seconds }),
  holds: ({ broken, problems }) => broken === 0 && problems.length === 0,
  show: (figures) => figures,
};
