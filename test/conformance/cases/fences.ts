import { assertExactly, assertThat, keysOf, messagesOf } from '../bed.ts';
import { type Case, ONCE } from '../case.ts';

export const secondFencesFirst: Case = {
  sentence: 'A second producer with the same id fences the first one in the middle of its transaction',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topic = await bed.topic(3);
    const input = { group: bed.name('group'), topic, partition: 0 };
    const id = bed.name('id');
    const { client } = await bed.start();
    const first = await client.openTransactional({ id, input });
    const left = messagesOf(topic, 3, bed.name('first'), 10);
    await first.begin();
    await first.send(left);
    const second = await client.openTransactional({ id, input });
    const kept = messagesOf(topic, 3, bed.name('second'), 10);
    await second.begin();
    await second.send(kept);
    await second.commit();
    const more = messagesOf(topic, 3, bed.name('late'), 10);
    const sent = await first.send(more).then(
      () => true,
      () => false,
    );
    if (sent) {
      const committed = await first.commit(1n).then(
        () => true,
        () => false,
      );
      assertThat(!committed, 'the first producer was told that its transaction is committed');
    }
    assertExactly(await bed.truth.committed(topic), { committed: keysOf(kept), never: keysOf([...left, ...more]) });
    assertThat((await bed.truth.groupOffset(input.group, input)) === null, 'the first producer committed its offset');
    return [sent ? 'refused at the commit' : 'refused at the next send'];
  },
};

export const frozenIsFenced: Case = {
  sentence: 'A process that was frozen in its transaction finds itself fenced when it wakes',
  rounds: ONCE,
  isShort: true,
  async run(bed) {
    const topic = await bed.topic(3);
    const input = { group: bed.name('group'), topic, partition: 0 };
    const id = bed.name('id');
    const frozen = await bed.start();
    const successor = await bed.start();
    const first = await frozen.client.openTransactional({ id, input });
    const left = messagesOf(topic, 3, bed.name('frozen'), 10);
    await first.begin();
    await first.send(left);
    frozen.freeze();
    const second = await successor.client.openTransactional({ id, input });
    const kept = messagesOf(topic, 3, bed.name('successor'), 10);
    await second.begin();
    await second.send(kept);
    await second.commit(7n);
    frozen.thaw();
    const committed = await first.commit(3n).then(
      () => true,
      () => false,
    );
    assertThat(!committed, 'the frozen process was told that its transaction is committed');
    // The successor must still be able to work: the one that woke must not have fenced it in turn.
    const later = messagesOf(topic, 3, bed.name('later'), 10);
    await second.begin();
    await second.send(later);
    await second.commit(9n);
    assertExactly(await bed.truth.committed(topic), { committed: keysOf([...kept, ...later]), never: keysOf(left) });
    const offset = await bed.truth.groupOffset(input.group, input);
    assertThat(offset === 9n, `the input offset is ${offset} instead of 9`);
    return [];
  },
};
