/** Settings under which faults pass quickly. */
export const FAULT_ENV: Readonly<Record<string, string>> = {
  KAFKA_SESSION_TIMEOUT_MS: '6000',
  DETAIL_WAIT_MS: '300',
  DETAIL_RATE_PER_SECOND: '1000',
  LOG_LEVEL: 'info',
};
