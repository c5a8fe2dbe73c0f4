import { Kafka, logLevel } from 'kafkajs';

/**
 * A client with the defaults of kafkajs that logs nothing. It connects when it is first used.
 * @param brokers separated by commas, as in `KAFKA_BROKERS`
 */
export const createQuietKafka = (brokers: string): Kafka =>
  new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
