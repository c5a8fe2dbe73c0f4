import { until } from '../../harness/until.ts';
import { assertThat, keysOf, messagesOf, PATIENCE_MS, readUntil } from '../bed.ts';
import { type Case, ONCE } from '../case.ts';

export const missingOffset: Case = {
  sentence: 'A committed offset that was never there, or has expired, is reported as missing and not as 0',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topic = await bed.topic(2);
    const group = bed.name('group');
    const place = { topic, partition: 0 };
    const { client } = await bed.start();
    const ask = async () => (await client.committedOffsets({ group, topic, partitions: [0, 1] })).map(String).join();
    const before = await ask();
    assertThat(before === 'null,null', `for a group that is not there the client says ${before}`);
    await bed.truth.put(place, keysOf(messagesOf(topic, 1, bed.name('offset'), 3)));
    const member = await client.joinGroup({ group, topic });
    await until('the group has committed', PATIENCE_MS, async () => (await bed.truth.groupOffset(group, place)) === 3n);
    const during = await ask();
    assertThat(during === '3,null', `the client says ${during} instead of 3,null`);
    await member.close();
    await until('the group is empty and its offsets are gone', PATIENCE_MS, async () => {
      await bed.truth.deleteGroup(group).catch(() => {});
      return (await bed.truth.groupOffset(group, place)) === null;
    });
    const after = await ask();
    assertThat(after === 'null,null', `after the offsets have expired the client says ${after}`);
    return [];
  },
};

/** From another offset a reader would repeat or skip messages, and nobody would know. */
const outOfRange = (where: 'beyond the end' | 'below the first one'): Case => ({
  sentence:
    where === 'beyond the end'
      ? 'Reading from an offset beyond the end is reported, and nothing is read from another offset instead'
      : 'Reading from an offset below the first one is reported, or goes on at the first one',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topic = await bed.topic(1);
    const place = { topic, partition: 0 };
    const { client } = await bed.start();
    await bed.truth.put(place, keysOf(messagesOf(topic, 1, bed.name('range'), 50)));
    const isBeyond = where === 'beyond the end';
    if (!isBeyond) await bed.truth.deleteBelow(place, 20n);
    const reader = await client.openReader([{ ...place, offset: isBeyond ? 500n : 5n }]);
    const { messages, problems } = await readUntil(
      reader,
      'a message or an error',
      (soFar) => soFar.messages.length > 0 || soFar.problems.length > 0,
    );
    const [first] = messages;
    const isFirst = !isBeyond && first?.offset === 20n;
    assertThat(!first || isFirst, `nothing was reported, and reading went on from offset ${first?.offset}`);
    return [first ? 'it went on at the first one' : problems[0]!];
  },
});

export const beyondEnd = outOfRange('beyond the end');
export const belowFirst = outOfRange('below the first one');
