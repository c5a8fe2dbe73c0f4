import type { ClientName, OpenClient } from '../client.ts';

/** Loads one client only: kafkajs with our patches and kafkajs without them must not be in the same process. */
export async function loadAdapter(name: ClientName): Promise<OpenClient> {
  switch (name) {
    case 'kafkajs':
      return (await import('./kafkajs.ts')).openKafkaJs;
    case 'kafkajs-plain':
      return (await import('./kafkajs-plain.ts')).openKafkaJsPlain;
    case 'librdkafka-kafkajs':
      return (await import('./librdkafka-kafkajs.ts')).openLibrdkafkaWithKafkaJs;
    case 'librdkafka':
      return (await import('./librdkafka.ts')).openLibrdkafka;
    case 'platformatic':
      return (await import('./platformatic.ts')).openPlatformatic;
    default: {
      const unknown: never = name;
      throw new Error(`there is no client ${unknown}`);
    }
  }
}
