/**
 * Runs an order of the simulator through the four services with traces on, and writes its trace as docs/trace-of-an-order.svg.
 * `node_modules/.bin/node scripts/trace-picture.ts`
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/places.ts';
import { openLiveStack } from '../test/harness/live-stack.ts';
import { receiveSpans } from '../test/harness/otlp/receive-spans.ts';
import { startPipeline } from '../test/harness/pipeline.ts';
import { until } from '../test/harness/until.ts';
import { renderTrace, traceRows } from './docs/render-trace.ts';

const FILE = 'docs/trace-of-an-order.svg';
const LIMIT_MS = 240_000;

await using stack = await openLiveStack((line) => console.log(line));
await using receiver = await receiveSpans();
await using pipeline = await startPipeline({
  stack: stack.env,
  simulator: { seed: 'trace picture' },
  env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
});
const complete = async (records: number): Promise<string> => {
  const { orderNo } = await pipeline.simulator.createOrder({ records, types: ['2', '4', '10'], withoutCheckId: 0 });
  await until(`order ${orderNo} is complete`, LIMIT_MS, async () => {
    const [row] = await pipeline.query<{ complete: number }>(
      `SELECT count() AS complete FROM {{db}}.orders WHERE order_no = '${orderNo}' AND status = 'COMPLETE'`,
    );
    return row?.complete === 1;
  });
  return orderNo;
};
// The first orders of a process take longer, because its code is compiled.
for (let warmUp = 0; warmUp < 5; warmUp += 1) await complete(300);
const orderNo = await complete(3);
// The services export the last spans when they end.
await pipeline.services.stop();

const ofOrder = receiver.spans.find(({ attributes }) => attributes['qcc.order_no'] === orderNo);
const spans = receiver.spans.filter(({ traceId }) => traceId === ofOrder?.traceId);
writeFileSync(join(ROOT, FILE), renderTrace(traceRows(spans), 'The trace of one order, from the callback to the row'));
console.log(`${FILE} shows ${spans.length} spans`);
