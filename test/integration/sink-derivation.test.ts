import { derivedGroup } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { withAdmin } from 'qcc-core/kafka/client/ask-while-spreading';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { startRegistryProxy } from './registry-proxy.ts';
import { openSink } from './sink-bed.ts';
import { debtor } from './sink-database.ts';

const stack = inject('stack');

test('a record that ClickHouse refuses becomes one dead letter, and the others are in the tables for analysts', async () => {
  await using bed = await openSink();
  const refused = { id: 'refused', position: 1, type: '11', dishonestDebtors: [debtor({ amount: 'viel' })] };
  await bed.send(0, { id: 'before', position: 0 }, refused, { id: 'after', position: 2 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toEqual(['after', 'before']), PATIENCE);
  // The derive group has committed the refused record by the time that it derives a later one.
  await bed.send(0, { id: 'later', position: 3 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toContain('later'), PATIENCE);
  expect(await bed.idsIn('record_history')).toEqual(['after', 'before', 'later']);
  expect(await bed.deadLetters()).toHaveLength(1);
});

/** In the wire format, under a schema that nobody has registered. */
const SCHEMA_ID = 0x7f_ff_ff_ff;
const FOREIGN = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0]);

test('while the history is stuck in one partition, the records of the others reach the tables for analysts', async () => {
  await using registry = await startRegistryProxy(stack.SCHEMA_REGISTRY_URL);
  registry.refuse = (path) => (path.includes(String(SCHEMA_ID)) ? 503 : undefined);
  await using bed = await openSink({ SCHEMA_REGISTRY_URL: registry.url });
  await bed.sendBytes(0, FOREIGN);
  await bed.send(0, { id: 'behind', position: 0 });
  await vi.waitFor(async () => expect(await bed.sink.problems()).toContain('schema registry'), PATIENCE);
  await bed.send(1, { id: 'elsewhere', position: 1 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toEqual(['elsewhere']), PATIENCE);

  registry.refuse = () => undefined;
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toEqual(['behind', 'elsewhere']), PATIENCE);
  expect(await bed.deadLetters()).toHaveLength(1);
});

test('if retention deletes records that the tables for analysts lack, the log names the remedy, and later records follow', {
  tags: 'whole',
}, async () => {
  await using bed = await openSink();
  const { kafka, bed: names, fleet } = bed;
  await bed.send(0, { id: 'deleted', position: 0 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toEqual(['deleted']), PATIENCE);
  await fleet.stopAll();
  const topic = topicName(names.prefix, TOPICS.enrichedRecords);
  await withAdmin(kafka, async (admin) => {
    await admin.setOffsets({
      groupId: derivedGroup(names.prefix),
      topic,
      partitions: [{ partition: 0, offset: '0' }],
    });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] });
  });
  await bed.startSink();
  await bed.send(0, { id: 'later', position: 1 });
  await vi.waitFor(async () => expect(await bed.idsIn('change_log')).toContain('later'), PATIENCE);
  expect(fleet.countInLogs('derive them with `npx qcc rebuild`')).toBe(1);
});
