import fc from 'fast-check';
import { compareVersions } from 'qcc-core/contract/version';
import { expect, test } from 'vitest';
import type { RecordKey, VersionStore } from '../store/version-store.ts';
import { changeRecord, versionOf } from '../testing/change-record.ts';
import { deliverChange } from './deliver-change.ts';
import { createFilter } from './match-filter.ts';
import { planStart } from './plan-start.ts';

/**
 * A model of a subscriber with history: one partition, a sink that stores it into a table and lags behind, and a subscriber that is
 * killed at any point. The parts that decide are those of the package; the broker, ClickHouse and the store are arrays and maps.
 */
type Message = { id: string; version: number };
type Step =
  | { kind: 'publish'; message: Message }
  /** The sink stores some messages, and commits some of what it has stored. */
  | { kind: 'sink'; stores: number; commits: number }
  /** The subscriber does the next thing that it has to do. */
  | { kind: 'subscriber' }
  | { kind: 'kill' }
  /** The subscriber is away for so long that retention deletes messages, which the sink has committed. */
  | { kind: 'retention'; deletes: number };

const message = fc.record({ id: fc.constantFrom('a', 'b', 'c'), version: fc.nat(2 ** 32 - 1) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('publish' as const), message }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sink' as const), stores: fc.nat(4), commits: fc.nat(4) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('subscriber' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retention' as const), deletes: fc.nat(3) }) },
);

class World {
  readonly log: Message[] = [];
  first = 0;
  stored = 0;
  sinkCommitted: number | null = null;
  readonly table = new Map<string, number>();
  committed: number | null = null;
  /** What the handler did, in order: the subscriber's own state is the last one of each id. */
  readonly handled: Message[] = [];
  readonly durable = new Map<string, Uint8Array>();

  take(step: Step): void {
    if (step.kind === 'publish') this.log.push(step.message);
    if (step.kind === 'sink') {
      for (const { id, version } of this.log.slice(this.stored, this.stored + step.stores))
        this.table.set(id, Math.max(version, this.table.get(id) ?? 0));
      this.stored = Math.min(this.log.length, this.stored + step.stores);
      this.sinkCommitted = Math.min(this.stored, (this.sinkCommitted ?? 0) + step.commits);
    }
    if (step.kind === 'retention') this.first = Math.min(this.first + step.deletes, this.sinkCommitted ?? 0);
  }
}

/** A life of the subscriber. Each `next` does one thing, so that a kill may come between any two. */
async function* live(world: World): AsyncGenerator<void> {
  const unflushed = new Map<string, Uint8Array>();
  const store: VersionStore = {
    get: ({ id }: RecordKey) => unflushed.get(id) ?? world.durable.get(id),
    set: ({ id }, version) => void unflushed.set(id, version),
  };
  const flush = (): void => {
    for (const [id, version] of unflushed) world.durable.set(id, version);
    unflushed.clear();
  };
  const deps = {
    store,
    versions: 'newest' as const,
    isErased: () => false,
    mismatch: createFilter({}),
    portfoliosOf: null,
  };
  const deliver = ({ id, version }: Message, from: 'history' | 'topic') =>
    deliverChange(deps, { record: changeRecord({ id }), version: versionOf(version), from }, async () => {
      world.handled.push({ id, version });
    });

  const plan = planStart('history', {
    committed: new Map([[0, world.committed === null ? null : BigInt(world.committed)]]),
    sink: new Map([[0, world.sinkCommitted === null ? null : BigInt(world.sinkCommitted)]]),
    log: new Map([[0, { from: BigInt(world.first), to: BigInt(world.log.length) }]]),
  });
  yield;
  if (plan.kind === 'begin') {
    // Page by page: each id as it is in the table when its page is read.
    for (const id of ['a', 'b', 'c']) {
      const version = world.table.get(id);
      if (version !== undefined) await deliver({ id, version }, 'history');
      yield;
    }
    flush();
    yield;
    world.committed = Number(plan.offsets.get(0));
    yield;
  }
  for (let position = Math.max(world.committed ?? 0, world.first); ; ) {
    if (position < world.log.length) {
      await deliver(world.log[position]!, 'topic');
      position += 1;
      yield;
      if (position % 2 === 0) {
        flush();
        yield;
        world.committed = position;
      }
    }
    yield;
  }
}

test('whenever it is killed, a subscriber with history ends at the newest version of each record, and never goes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const world = new World();
      let life = live(world);
      for (const each of steps) {
        if (each.kind === 'subscriber') await life.next();
        else world.take(each);
        if (each.kind === 'kill' || each.kind === 'retention') life = live(world);
      }
      // Then nothing is published any more, and everything comes to its end.
      world.take({ kind: 'sink', stores: world.log.length, commits: world.log.length });
      for (let left = 4 * world.log.length + 20; left > 0; left -= 1) await life.next();

      const newest = new Map<string, number>();
      for (const { id, version } of world.log) newest.set(id, Math.max(version, newest.get(id) ?? 0));
      const state = new Map<string, number>();
      for (const { id, version } of world.handled) {
        expect(version).toBeGreaterThanOrEqual(state.get(id) ?? 0);
        state.set(id, version);
      }
      expect(state).toEqual(newest);
      for (const [id, version] of newest)
        expect(compareVersions(versionOf(version), world.durable.get(id) ?? versionOf(version))).toBeGreaterThanOrEqual(
          0,
        );
    }),
    { seed: 20, numRuns: 2_000 },
  );
});
