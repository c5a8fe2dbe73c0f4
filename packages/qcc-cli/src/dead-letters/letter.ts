/** A dead letter, as ClickHouse has it. */
export type Letter = {
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
 * Whether the letter is about an order or one of its records, rather than about a message: the extractor then has to fetch
 * the order again. A letter of the enricher is about a record, unless the message could not be decoded.
 */
export const isAboutOrder = (letter: Letter): letter is Letter & { account: string; orderNo: string } =>
  (letter.stage === 'archive-extractor' ||
    (letter.stage === 'detail-enricher' && letter.reason !== 'MESSAGE_UNDECODABLE')) &&
  letter.orderNo !== null &&
  letter.account !== null;
