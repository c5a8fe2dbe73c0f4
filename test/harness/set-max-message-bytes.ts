import type { Kafka } from 'kafkajs';

/** `ConfigResourceTypes.TOPIC`, which Node does not find in a CommonJS module. */
const TOPIC_RESOURCE = 2;

/** Changes what a topic takes, as an administrator of the cluster does. @param name The topic's name in the cluster. */
export async function setMaxMessageBytes(kafka: Kafka, name: string, bytes: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: TOPIC_RESOURCE, name, configEntries }] });
  await admin.disconnect();
}
