import { readCarrier } from 'qcc-core/avro/carried-record';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Lane } from 'qcc-core/kafka/lane';
import type { Table } from 'qcc-core/kafka/table';
import type { Log } from 'qcc-core/logs';
import { createSettler, type Settler, type SettlerDeps } from './settler.ts';

/** The settler of a lane, in charge of everything that waits in its partition as of the last committed transaction. */
export async function openSettler(
  deps: SettlerDeps & { account: string; codec: AvroCodec; table: Table; log: Pick<Log, 'debug'> },
  lane: Lane,
): Promise<Settler> {
  const { account, codec, log, table } = deps;
  await table.catchUp(lane.partition, (marker) => lane.transact((transaction) => transaction.send([marker])));
  const values = [...table.entries(lane.partition)].map(([, value]) => value);
  const bodies = await Promise.all(values.map((value) => codec.body('pending-details', value)));
  const entries = bodies.map((body) => readCarrier('pending-details', body));
  const own = entries.filter(({ record }) => record.account === account);
  if (own.length < entries.length) {
    log.debug(
      { partition: lane.partition },
      `${entries.length - own.length} details of other accounts are left to their services`,
    );
  }
  const settler = createSettler(deps, lane);
  settler.take(own);
  return settler;
}
