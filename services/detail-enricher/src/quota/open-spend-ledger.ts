import type { AvroCodec } from 'qcc-core/avro/codec';
import { shanghaiDayNumber } from 'qcc-core/base/shanghai-time';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { Table } from 'qcc-core/kafka/exactly-once/table';
import { budgetShare, reservedAtATime } from 'qcc-details/quota/budget-share';
import { createSpendLedger, type SpendLedger, type SpendLedgerDeps, spendKey } from './spend-ledger.ts';

/** Days whose counts stay on the topic; ClickHouse keeps them all. */
const KEPT_DAYS = 90;

/** The books of a lane's partition as of the last committed transaction; days of long ago leave the topic. */
export async function openSpendLedger(
  deps: Pick<SpendLedgerDeps, 'account' | 'now' | 'log'> & {
    codec: AvroCodec;
    table: Table;
    /** Calls a day and calls a second, of all instances together. */
    dailyBudget: number;
    ratePerSecond: number;
  },
  lane: Lane,
): Promise<SpendLedger> {
  const { account, codec, table, now } = deps;
  const { partitions } = TOPICS.records;
  const share = budgetShare(deps.dailyBudget, lane.partition, partitions);
  await table.catchUp(lane.partition, (marker) => lane.transact((transaction) => transaction.send([marker])));
  const values = [...table.entries(lane.partition)].map(([, value]) => value);
  const entries = await Promise.all(values.map((value) => codec.decode('detail-spend', value)));
  const own = entries.filter((entry) => entry.account === account);

  const firstDay = shanghaiDayNumber(now()) - KEPT_DAYS;
  const outdated = own.filter(({ day }) => day < firstDay);
  if (outdated.length > 0) {
    const { partition } = lane;
    await lane.transact((transaction) =>
      transaction.send(
        outdated.map((entry) => ({ topic: TOPICS.detailSpend, key: spendKey(entry), value: null, partition })),
      ),
    );
  }
  return createSpendLedger(
    {
      ...deps,
      share,
      blockSize: reservedAtATime(share, deps.ratePerSecond / partitions),
    },
    lane,
    own.filter(({ day }) => day >= firstDay),
  );
}
