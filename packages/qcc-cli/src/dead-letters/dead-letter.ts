/** A dead letter, as ClickHouse has it. */
export type DeadLetter = {
  /** TOPIC/PARTITION/OFFSET on `dead-letters`. */
  id: string;
  /** Neither replayed nor discarded. */
  isOpen: boolean;
  /** Shanghai time, for people. */
  rejectedAt: string;
  stage: string;
  reason: string;
  message: string;
  /** By its name in the cluster. */
  originTopic: string;
  originPartition: number | null;
  /** Decimal text. */
  originOffset: string | null;
  account: string | null;
  orderNo: string | null;
  revision: number | null;
  position: number | null;
  key: string | null;
  value: string | null;
  /** How to read `value`: as it is, as base64, or not at all: it is a digest of what was too large to keep, or was erased. */
  valueEncoding: 'utf8' | 'base64' | 'digest' | 'erased';
};

/**
 * Whether the dead letter is about an order or one of its records, rather than about a message: the extractor then has to
 * fetch the order again. A dead letter of the enricher is about a record, unless the message could not be decoded.
 */
export const isAboutOrder = (deadLetter: DeadLetter): deadLetter is DeadLetter & { account: string; orderNo: string } =>
  (deadLetter.stage === 'archive-extractor' ||
    (deadLetter.stage === 'detail-enricher' && deadLetter.reason !== 'MESSAGE_UNDECODABLE')) &&
  deadLetter.orderNo !== null &&
  deadLetter.account !== null;
