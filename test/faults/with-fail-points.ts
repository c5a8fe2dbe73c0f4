import type { SettingName } from 'qcc-core/base/settings';
import type { ServiceContext, ServiceDefinition } from 'qcc-core/service/definition';
import type { Step } from './fail-points.ts';
import { watchKafka } from './watch-kafka.ts';

/** The service as it is, on a Kafka client that tells `reach` what it does. */
export const withFailPoints = <Name extends SettingName, Shared>(
  definition: ServiceDefinition<Name, Shared>,
  reach: (step: Partial<Step>) => void,
): ServiceDefinition<Name, Shared> => {
  const watched = <Context extends ServiceContext<never>>(context: Context): Context => ({
    ...context,
    kafka: watchKafka(context.kafka, { prefix: context.settings.TOPIC_PREFIX, reach }),
  });
  const { open } = definition;
  return {
    ...definition,
    ...(open && { open: (context) => open(watched(context)) }),
    start: (context, shared) => definition.start(watched(context), shared),
  };
};
