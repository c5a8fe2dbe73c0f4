import type { SettingName } from 'qcc-core/base/settings';
import type { ServiceDefinition } from 'qcc-core/service/service';
import type { Step } from './fail-points.ts';
import { watchKafka } from './watch-kafka.ts';

/** The service as it is, on a Kafka client that tells `reach` what it does. */
export const withFailPoints = <Name extends SettingName>(
  definition: ServiceDefinition<Name>,
  reach: (step: Partial<Step>) => void,
): ServiceDefinition<Name> => ({
  ...definition,
  start: (context) =>
    definition.start({
      ...context,
      kafka: watchKafka(context.kafka, { prefix: String(context.settings.TOPIC_PREFIX), reach }),
    }),
});
