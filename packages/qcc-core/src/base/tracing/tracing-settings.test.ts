import { expect, test } from 'vitest';
import { chooseTracing } from './tracing-settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

test.each<[string, Record<string, string>]>([
  ['nothing is set', {}],
  ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
  ['only other settings of OpenTelemetry are set', { OTEL_SERVICE_NAME: 'gateway', OTEL_TRACES_SAMPLER: 'always_on' }],
  ['the SDK is disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
  ['no exporter is wanted', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
])('traces are off where %s', (_, env) => {
  expect(chooseTracing(env)).toEqual({ isOn: false, warnings: [] });
});

test.each<[string, Record<string, string>]>([
  ['an endpoint is named', ENDPOINT],
  ['an endpoint for traces is named', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }],
  ['the exporter is named', { OTEL_TRACES_EXPORTER: 'otlp' }],
  ['the exporter is named in capitals', { OTEL_TRACES_EXPORTER: 'OTLP' }],
  ['the SDK is not disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }],
])('traces are on where %s', (_, env) => {
  expect(chooseTracing(env)).toEqual({ isOn: true, warnings: [] });
});

test('an exporter that is not supported leaves traces off and says so', () => {
  expect(chooseTracing({ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'zipkin' })).toEqual({
    isOn: false,
    warnings: [expect.stringContaining('OTEL_TRACES_EXPORTER=zipkin is not supported')],
  });
});

test('of several exporters the supported one is used', () => {
  expect(chooseTracing({ OTEL_TRACES_EXPORTER: 'otlp,console' })).toEqual({
    isOn: true,
    warnings: [expect.stringContaining('OTEL_TRACES_EXPORTER=console is not supported')],
  });
});

test('another protocol is answered by a warning', () => {
  expect(chooseTracing({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toEqual({
    isOn: true,
    warnings: [expect.stringContaining('the protocol grpc is not supported')],
  });
});
