/**
 * Runs next to the containers, in their engine's network: asks the simulator for a day of orders, and waits until the ledger says that
 * each is COMPLETE. Its arguments are the numbers of orders and of records in each.
 */

import { createClickHouse } from 'qcc-clickhouse/create-clickhouse';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { z } from 'zod';
import { adminPorts } from '../../scripts/admin-ports.mjs';
import { allComplete, openLedger, renderLedger } from '../../scripts/start/ledger.ts';
import { progressLine } from '../../scripts/start/progress-line.ts';
import { servicesReady } from '../../scripts/start/ready.ts';
import { ACCOUNT } from './composition.ts';

const CONTROL = 'http://127.0.0.1:8090/_control';
const LIMIT_MS = 300_000;
const [orders = '6', records = '500'] = process.argv.slice(2);

await servicesReady(adminPorts(undefined), { limitMs: LIMIT_MS });
console.log('the four services are ready');

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

async function ask(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${CONTROL}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the simulator answers ${response.status} to ${path}: ${await response.text()}`);
  return await response.json();
}
