/**
 * Makes a consumer of kafkajs 2.2.4 emit REBALANCING whenever it begins to join its group. Without this patch it does so only
 * after a heartbeat, and not after a fetch that reported another leader. Between that event and GROUP_JOIN it sends no heartbeats.
 * Importing this file is enough.
 */
import { kafkaJsModule, requireShape } from './guard.ts';

type ConsumerGroup = {
  groupId: string;
  memberId: string | null;
  instrumentationEmitter: { emit(event: string, payload: object): void };
  joinAndSync(this: ConsumerGroup): Promise<void>;
};

const { prototype } = kafkaJsModule<{ prototype: ConsumerGroup }>('consumer/consumerGroup.js');
const { REBALANCING } = kafkaJsModule<{ events: Record<'REBALANCING', string> }>(
  'consumer/instrumentationEvents.js',
).events;
const { joinAndSync } = prototype;
requireShape('ConsumerGroup.joinAndSync', joinAndSync, ['this.instrumentationEmitter.emit(GROUP_JOIN']);

prototype.joinAndSync = function announceAndJoin() {
  this.instrumentationEmitter.emit(REBALANCING, { groupId: this.groupId, memberId: this.memberId ?? '' });
  return joinAndSync.call(this);
};
