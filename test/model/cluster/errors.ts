/** Error codes of Kafka's protocol (https://kafka.apache.org/protocol.html#protocol_error_codes). */
export const ERROR = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  notLeader: 6,
  coordinatorLoading: 14,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  unsupportedVersion: 35,
  outOfOrderSequence: 45,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  memberIdRequired: 79,
} as const;

export type ErrorCode = (typeof ERROR)[keyof typeof ERROR];
