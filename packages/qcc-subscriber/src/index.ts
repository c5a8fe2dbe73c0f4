export { HandlerError, SnapshotError, SubscriptionError, UndecodableError } from './errors.ts';
export type {
  ChangeRecord,
  DishonestDebtor,
  EnrichedRecord,
  ErasedRecord,
  OperationException,
  SeriousViolation,
} from './generated/topics.ts';
export type {
  Change,
  ChangeFilter,
  ChangeTopic,
  ClickHouseOptions,
  DeadLetter,
  Delivery,
  Handler,
  KafkaOptions,
  Log,
  Login,
  PortfolioMatch,
  RegistryOptions,
  RetryOptions,
  StartFrom,
  SubscribeOptions,
  Subscription,
  Versions,
} from './options.ts';
export { sqliteStore } from './store/sqlite-store.ts';
export { memoryStore, type RecordKey, type VersionStore } from './store/version-store.ts';
export { subscribe } from './subscribe.ts';
