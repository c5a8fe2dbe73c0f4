import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { randomOf } from 'qcc-simulator/random';
import { expect, test, vi } from 'vitest';
import { killChild, startChild } from '../../../stack/child.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { IS_WHOLE, type SubscriberBed } from './bed.ts';

/** Kills of each kind: inside the snapshot, and on the topic. */
const KILLS = IS_WHOLE ? { history: 2, topic: 3 } : { history: 1, topic: 1 };
const GROUP = 'risk-team';
const random = randomOf('subscriber-kills');

type Life = {
  child: ChildProcess;
  lines: string[];
  reached(changes: number, from: 'history' | 'topic'): Promise<void>;
};

/** A subscriber in its own process, which is killed while orders arrive. */
export function testKills(bed: () => SubscriberBed): void {
  const startSubscriber = (): Life => {
    const { pipeline } = bed();
    const files = ['state.db', 'versions.db'].map((name) => join(pipeline.folder, name));
    const args = ['--disable-warning=TimeoutNegativeWarning', join(import.meta.dirname, 'process.ts')];
    const child = startChild(process.execPath, [...args, GROUP, ...files], {
      env: { ...process.env, ...pipeline.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
    return {
      child,
      lines,
      reached: (changes, from) =>
        vi.waitFor(() => expect(lines.filter((line) => line === from).length).toBeGreaterThanOrEqual(changes), {
          ...PATIENCE,
          interval: 2,
        }),
    };
  };
  /** As `currentState` has it. */
  const handled = (): string[] => {
    using database = new DatabaseSync(join(bed().pipeline.folder, 'state.db'));
    const rows = database.prepare('SELECT id, lower(hex(version)) AS version FROM state').all();
    return rows.map(({ id, version }) => `${id}/${version}`).sort();
  };

  test('a subscriber with history that is killed while orders arrive ends at the same state as ClickHouse', async () => {
    const older: string[] = [];
    const seen: Record<string, number> = {};
    const note = (lines: readonly string[]): void => {
      for (const line of lines) {
        if (line.startsWith('older')) older.push(line);
        else seen[line] = (seen[line] ?? 0) + 1;
      }
    };
    let hour = 0;
    const sendOrder = () => {
      hour += 1;
      return bed().sendOrder({ pushDate: `2026-03-19 1${hour}:10:00`, repeat: 40 });
    };
    const kinds = [...Array(KILLS.history).fill('history'), ...Array(KILLS.topic).fill('topic')] as const;
    for (const kind of kinds) {
      const life = startSubscriber();
      // Only once the group has committed is its snapshot over.
      if (kind === 'topic')
        await vi.waitFor(async () => {
          expect((await bed().committed(GROUP)).every(({ offset }) => offset !== '-1')).toBe(true);
        }, PATIENCE);
      const sent = sendOrder();
      await life.reached(random.int(20, 100), kind);
      killChild(life.child);
      await once(life.child, 'close');
      await sent;
      note(life.lines);
    }
    const life = startSubscriber();
    try {
      await vi.waitFor(async () => expect(handled()).toEqual(await bed().currentState()), {
        ...PATIENCE,
        interval: 500,
      });
      life.child.kill('SIGTERM');
      expect(await once(life.child, 'close')).toEqual([0, null]);
    } finally {
      killChild(life.child);
    }
    note(life.lines);
    expect(older).toEqual([]);
    expect(seen).toMatchObject({
      ...{ started: kinds.length + 1, closed: 1 },
      ...{ history: expect.any(Number), topic: expect.any(Number) },
    });
  });
}
