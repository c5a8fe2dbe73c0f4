// In the syntax of Node 12, see stack/places.mjs.

/**
 * @typedef {'callback-gateway' | 'archive-extractor' | 'detail-enricher' | 'sink'} ServiceName
 * @typedef {ServiceName | 'alerter'} AnyServiceName
 * @typedef {Readonly<Record<ServiceName, number>>} AdminPorts
 */

/** @type {readonly ServiceName[]} In the order in which an order passes through them. */
export const SERVICES = ['callback-gateway', 'archive-extractor', 'detail-enricher', 'sink'];

/** @type {readonly AnyServiceName[]} With those that are off unless a setting asks for them. */
export const ALL_SERVICES = [...SERVICES, 'alerter'];

/** The default of the first service; the others follow. The services' own defaults are the same. */
const FIRST_PORT = 9101;

/**
 * The ports of `/readyz` and `/metrics` if the four services run together. ADMIN_PORT is a setting of one service; here it is the first
 * of four ports in a row, so two checkouts can run side by side with one setting. With 0, each service takes a free port.
 * @param {string | undefined} first
 * @returns {AdminPorts}
 * @throws Error if these are no ports
 */
export function adminPorts(first) {
  const start = Number(first || FIRST_PORT);
  if (!Number.isInteger(start) || start < 0 || start + SERVICES.length - 1 > 65_535) {
    throw new Error(`ADMIN_PORT must be the first of four ports in a row, or 0, not ${JSON.stringify(first)}`);
  }
  const [gateway, extractor, enricher, sink] = SERVICES.map((_, index) => (start === 0 ? 0 : start + index));
  return {
    'callback-gateway': Number(gateway),
    'archive-extractor': Number(extractor),
    'detail-enricher': Number(enricher),
    sink: Number(sink),
  };
}

/**
 * The port of the alerter: the one behind those of the four, 0 for a free one.
 * @param {string | undefined} first
 * @throws Error if these are no ports
 */
export function alerterPort(first) {
  const { sink } = adminPorts(first);
  if (sink === 65_535) {
    throw new Error(
      `with the alerter, ADMIN_PORT must be the first of five ports in a row, or 0, not ${JSON.stringify(first)}`,
    );
  }
  return sink === 0 ? 0 : sink + 1;
}

/**
 * The alerter is off until it has rules.
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export const hasAlertRules = (env) => Boolean(env.ALERT_RULES || env.ALERT_RULES_FILE);
