import { diag } from '@opentelemetry/api';
import { getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';

const SAMPLERS: Readonly<Record<string, () => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: () => new TraceIdRatioBasedSampler(readRatio()),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: () => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(readRatio()) }),
};

/**
 * The sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG name. An unknown name is reported, and then the default applies,
 * which follows the decision of the first service of a trace.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
 */
export function readSampler(): Sampler {
  const name = (getStringFromEnv('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on').toLowerCase();
  const create = Object.hasOwn(SAMPLERS, name) ? SAMPLERS[name] : undefined;
  if (!create) diag.warn(`OTEL_TRACES_SAMPLER=${name} is not known: parentbased_always_on is used`);
  return (create ?? SAMPLERS.parentbased_always_on!)();
}

function readRatio(): number {
  const ratio = getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG');
  if (ratio !== undefined && ratio >= 0 && ratio <= 1) return ratio;
  if (ratio !== undefined) diag.warn(`OTEL_TRACES_SAMPLER_ARG=${ratio} is not between 0 and 1: 1 is used`);
  return 1;
}
