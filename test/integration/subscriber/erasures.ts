import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilSinkPassed } from 'qcc-cli/erase/until-sink-passed';
import type { ErasedRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { describe, expect, test, vi } from 'vitest';
import type { Change } from '../../../packages/qcc-subscriber/src/options.ts';
import { sqliteStore } from '../../../packages/qcc-subscriber/src/store/sqlite-store.ts';
import type { VersionStore } from '../../../packages/qcc-subscriber/src/store/version-store.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import { keyOf, type SubscriberBed } from './bed.ts';

const PARTITIONS = Array.from({ length: TOPICS.enrichedRecords.partitions }, (_, partition) => partition);
const BY = ['--who', 'data protection officer', '--why', 'request 21', '--yes'];

/** A company and a person are erased while subscribers hold them. The tests build on one another, and leave less behind. */
export function testErasures(bed: () => SubscriberBed): void {
  describe('erasures', () => {
    /** What a team holds: the record of each id. */
    const held = new Map<string, Change>();
    const erased: ErasedRecord[] = [];
    let company: string;
    let person: string;
    let marks = 0;

    /** A team that stores what it gets, and erases what it is told to. */
    const start = (store: VersionStore, group = 'erasures') => {
      const closing = new AbortController();
      const options = { group, from: 'history', versions: 'all', store, signal: closing.signal } as const;
      const marked: string[] = [];
      const running = bed()
        .open({
          ...options,
          onDeadLetter() {},
          onErased(erasure) {
            erased.push(erasure);
            for (const [id, { record }] of held)
              if (record.corpKeyNo === erasure.corpKeyNo && (erasure.id ?? id) === id) held.delete(id);
          },
        })
        .run((change) => {
          if (change.delivery.isNewest) held.set(change.record.id, change);
          marked.push(change.delivery.headers.marker ?? '');
        });
      const end = async () => {
        closing.abort();
        await running;
      };
      return { end, marked, running };
    };
    /** Publishes old messages again, as a replay does, and then one of another company in each partition. */
    const publishAgain = async (isMeant: (message: { key: Buffer | null; value: Buffer | null }) => boolean) => {
      const all = (await bed().messages()).filter(({ value }) => value?.[0] === 0);
      const meant = all.filter(isMeant);
      expect(meant.length).toBeGreaterThan(0);
      const other = all.find((message) => !isMeant(message) && String(message.key) !== company)!;
      marks += 1;
      const [again, last] = [`again ${marks}`, `last ${marks}`];
      await bed().publish(meant.map(({ key, value }) => ({ key, value, headers: { marker: again } })));
      await bed().publish(
        PARTITIONS.map((partition) => ({ key: other.key, value: other.value, partition, headers: { marker: last } })),
      );
      return { again, last };
    };
    const qcc = async (...args: string[]) => {
      const { exitCode, err } = await runQcc(bed().pipeline.env, args);
      expect([exitCode, err]).toEqual([0, '']);
    };
    const holdsState = () =>
      vi.waitFor(async () => {
        const keys = [...held.values()].map((change) => keyOf(change));
        expect(keys.sort()).toEqual(await bed().currentState());
      }, PATIENCE);

    test('a running subscriber learns of an erased company, and gets nothing of it any more', async () => {
      const { pipeline } = bed();
      const [row] = await pipeline.query<{ company: string }>(
        "SELECT corp_key_no AS company FROM {{db}}.records WHERE detail_status = 'ENRICHED' ORDER BY id LIMIT 1",
      );
      company = row!.company;
      using store = sqliteStore(join(pipeline.folder, 'erasures.db'));
      const { end, marked } = start(store);
      await holdsState();
      const [ofCompany] = [...held.values()].filter(({ record }) => record.corpKeyNo === company);
      expect(ofCompany).toBeDefined();

      await qcc('erase', '--company', company, ...BY);
      await vi.waitFor(() => expect(erased).toMatchObject([{ corpKeyNo: company, extent: 'RECORD' }]), PATIENCE);
      await holdsState();
      expect(await store.get(ofCompany!.record)).toBeUndefined();

      const { again, last } = await publishAgain(({ key }) => String(key) === company);
      await vi.waitFor(
        () => expect(marked.filter((marker) => marker === last)).toHaveLength(PARTITIONS.length),
        PATIENCE,
      );
      expect(marked).not.toContain(again);
      await end();
    });

    test('after a restart it learns of what was erased meanwhile, and of nothing again', {
      tags: 'whole',
    }, async () => {
      const { pipeline } = bed();
      const [row] = await pipeline.query<{ content: string }>(
        "SELECT change_content AS content FROM {{db}}.records WHERE type = '4' ORDER BY id LIMIT 1",
      );
      person = /由[“"](.+?)[”"]/.exec(row!.content)![1]!;
      const file = join(pipeline.folder, 'person.txt');
      await writeFile(file, person);
      const named = [...held.values()].filter(({ record }) => record.changeContent?.includes(person));
      expect(named.length).toBeGreaterThan(0);
      await qcc('erase', '--person-file', file, ...BY);

      erased.length = 0;
      using store = sqliteStore(join(pipeline.folder, 'erasures.db'));
      const { end, marked } = start(store);
      const ids = new Set(named.map(({ record }) => record.id));
      await vi.waitFor(() => expect(ids.difference(new Set(erased.map(({ id }) => id)))).toEqual(new Set()), PATIENCE);
      expect(erased.filter(({ extent }) => extent !== 'NAME')).toEqual([]);
      expect([...held.values()].filter((change) => JSON.stringify(texts(change)).includes(person))).toEqual([]);

      const { again, last } = await publishAgain(({ value }) => value!.includes(person));
      await vi.waitFor(
        () => expect(marked.filter((marker) => marker === last)).toHaveLength(PARTITIONS.length),
        PATIENCE,
      );
      expect(marked).not.toContain(again);
      await end();
    });

    test('a new group gets the state without them, and hears of every erasure before it', {
      tags: 'whole',
    }, async () => {
      // The replay of the test before holds the name, and the sink announces it again. If that came after the history, this team would
      // delete what the history gave it.
      const { kafka, pipeline } = bed();
      expect(await untilSinkPassed({ kafka, prefix: pipeline.prefix }, AbortSignal.timeout(PATIENCE.timeout))).toBe(
        true,
      );
      held.clear();
      erased.length = 0;
      const versions = new Map<string, Uint8Array>();
      // A store of the team's own that knows no erasures.
      const store: VersionStore = {
        get: ({ id }) => versions.get(id),
        set: ({ id }, version) => void versions.set(id, version),
      };
      const { end } = start(store, 'later');
      await holdsState();
      expect(erased.filter(({ corpKeyNo }) => corpKeyNo === company)).toHaveLength(1);
      const all = JSON.stringify([...held.values()].map(texts));
      expect(all).not.toContain(person);
      expect(all).not.toContain(company);
      expect(all).toContain('※※');
      await end();
    });
  });
}

const texts = ({ delivery: _, version: __, ...fields }: Change): object => fields;
