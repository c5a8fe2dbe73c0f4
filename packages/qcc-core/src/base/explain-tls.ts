/** Names the target of a connection and its settings, for messages that contain the remedy. */
export type ConnectionNames = {
  /** Begins the sentence, such as `ClickHouse at http://127.0.0.1:8123`. */
  what: string;
  /** Setting of the address. */
  address: string;
  /** Setting of the authority's file. */
  authority: string;
  overTls: boolean;
  /** What switches TLS on and off, as a remedy. */
  withTls: string;
  withoutTls: string;
  /** Settings of the client's own certificate, where one can be given. */
  clientCertificate?: string;
};

// https://nodejs.org/api/tls.html#x509-certificate-error-codes
const UNTRUSTED = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_CHAIN_TOO_LONG',
  'INVALID_CA',
];
const OUT_OF_DATE = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/**
 * Explains in one sentence why TLS made a connection fail, and what to do; null if the connection failed for another reason.
 * It searches causes and members for error codes, because clients wrap Node's errors.
 */
export function explainTls(error: unknown, names: ConnectionNames): string | null {
  const { what, address, authority } = names;
  for (const { code, message } of reasonsOf(error)) {
    if (UNTRUSTED.includes(code)) {
      return `${what} shows a certificate that no known authority signed (${code}): set ${authority} to the PEM file of the one that did`;
    }
    if (OUT_OF_DATE.includes(code)) {
      return `${what} shows a certificate that is not valid now (${code}): renew it, or set this machine's clock`;
    }
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
      return `${what} shows a certificate for another host name: set ${address} to a name that the certificate holds`;
    }
    if (/^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/.test(code)) {
      const remedy = names.clientCertificate
        ? `set ${names.clientCertificate}`
        : 'none can be shown here, so the server may not demand one';
      return `${what} asks for a client certificate, or refuses the one it got (${code}): ${remedy}`;
    }
    if (isNoTls(code, message)) return `${what} does not speak TLS: ${names.withoutTls}, or set ${address}`;
    if (!names.overTls && isHangingUp(code)) {
      return `${what} closes the connection without a response (${code}): if it speaks TLS, ${names.withTls}`;
    }
  }
  return null;
}

const isNoTls = (code: string, message: string): boolean =>
  ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'].includes(code) ||
  message.includes('before secure TLS connection was established');

/** A TLS server that gets a plain request sends an alert, which is not HTTP, or closes the connection (undici has its own code for it). */
const isHangingUp = (code: string): boolean =>
  code.startsWith('HPE_') || ['ECONNRESET', 'UND_ERR_SOCKET'].includes(code);

function* reasonsOf(error: unknown): Generator<{ code: string; message: string }> {
  const reasons = new Set([error]);
  // The loop visits errors that are added to the set meanwhile, and each only once, even if causes form a cycle.
  for (const each of reasons) {
    if (!(each instanceof Error)) continue;
    yield { code: 'code' in each ? String(each.code) : '', message: each.message };
    for (const member of each instanceof AggregateError ? each.errors : []) reasons.add(member);
    reasons.add(each.cause);
  }
}
