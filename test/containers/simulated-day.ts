/**
 * Runs next to the containers, in their engine's network: asks the simulator for a day of orders, and waits until the ledger says that
 * each is COMPLETE, and until the target of alerts has got one. Its arguments are the numbers of orders and of records in each.
 */

import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { z } from 'zod';
import { adminPorts, alerterPort } from '../../scripts/admin-ports.mjs';
import { allComplete, openLedger, renderLedger } from '../../scripts/start/ledger.ts';
import { progressLine } from '../../scripts/start/progress-line.ts';
import { servicesReady } from '../../scripts/start/ready.ts';
import { until } from '../harness/until.ts';
import { ACCOUNT } from './composition.ts';

const CONTROL = 'http://127.0.0.1:8090/_control';
/** Alerts of the simulated day go to this URL. A container serves it (alert-stand-in.mjs). */
const ALERT_TARGET = 'http://127.0.0.1:9190/';
const LIMIT_MS = 300_000;
const ALERT_LIMIT_MS = 30_000;
const [orders = '6', records = '500'] = process.argv.slice(2);

await servicesReady({ ...adminPorts(undefined), alerter: alerterPort(undefined) }, { limitMs: LIMIT_MS });
console.log('the five services are ready');

const sent = z.array(z.object({ orderNo: z.string() }));
const day = sent.parse(await ask('day', { orders: Number(orders), records: Number(records), repeat: 50 }));
const listed = sent.element.parse(await ask('orders', { records: Number(records), repeat: 50, callback: false }));
const orderNos = [...day, listed].map(({ orderNo }) => orderNo);
console.log(`QCC calls back for ${day.length} orders of ${records} records, and only lists one more`);

const settings = readSettings({ CLICKHOUSE_URL: 'http://127.0.0.1:8123' }, CLICKHOUSE_SETTINGS);
await using client = createClickHouse(settings);
const ledger = openLedger(client, { database: settings.CLICKHOUSE_DATABASE, account: ACCOUNT, orderNos });
const rows = await allComplete(ledger, {
  orders: orderNos.length,
  signal: AbortSignal.timeout(LIMIT_MS),
  onProgress: progressLine(process.stdout),
});
console.log(renderLedger(rows));

// An alert may come after its order is complete, but by no more than some seconds.
const taken = z.object({ count: z.number(), first: z.unknown() });
let alerts = taken.parse({ count: 0, first: null });
await until('an alert reaches its target', ALERT_LIMIT_MS, async () => {
  alerts = taken.parse(await (await fetch(ALERT_TARGET)).json());
  return alerts.count > 0;
});
console.log(`${alerts.count} alerts reached their target so far, the first one: ${JSON.stringify(alerts.first)}`);

async function ask(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${CONTROL}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the simulator answers ${response.status} to ${path}: ${await response.text()}`);
  return await response.json();
}
