/** Whether traces are exported, and what is odd about the settings that say so. */
export type TracingChoice = { isOn: boolean; warnings: string[] };

type Env = Readonly<Record<string, string | undefined>>;

/** The environment variables that OpenTelemetry defines, empty ones not counted. */
const read = (env: Env, name: string): string | undefined => env[name]?.trim() || undefined;

/**
 * Reads from OpenTelemetry's own settings whether traces are exported. They are off unless an exporter or an endpoint is named, so
 * that a deployment without a collector sends nothing anywhere.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
 */
export function chooseTracing(env: Env): TracingChoice {
  const exporter = read(env, 'OTEL_TRACES_EXPORTER');
  const hasEndpoint = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'].some((name) =>
    read(env, name),
  );
  if (read(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return { isOn: false, warnings: [] };
  const exporters = (exporter ?? '')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim());
  const others = exporter === undefined ? [] : exporters.filter((each) => each !== 'otlp' && each !== 'none');
  const isOtlp = exporters.includes('otlp');
  const unsupported = others.map(
    (each) => `OTEL_TRACES_EXPORTER=${each} is not supported: set otlp or none${isOtlp ? '' : '. Traces are off'}`,
  );
  if (exporter !== undefined && !isOtlp) return { isOn: false, warnings: unsupported };
  const isOn = isOtlp || hasEndpoint;
  const protocol =
    read(env, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? read(env, 'OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  const warnings =
    isOn && protocol !== 'http/protobuf'
      ? [`the protocol ${protocol} is not supported: traces are sent as http/protobuf`]
      : [];
  return { isOn, warnings: [...unsupported, ...warnings] };
}
