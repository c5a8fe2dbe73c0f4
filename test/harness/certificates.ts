// The library's container asks for it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A private key (PKCS #8, as Kafka wants it) and its certificate, both PEM. */
export type Certificate = { key: string; certificate: string };

/** A certificate authority of one test. Nothing of it is kept. */
export type Authority = {
  /** Its own certificate, PEM. */
  certificate: string;
  /** For a server: names and addresses it is reached by; for a client: none. Valid from a minute ago for an hour. */
  issue(input: { commonName: string; hosts?: readonly string[] }): Promise<Certificate>;
};

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const MINUTE_MS = 60_000;

export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await generateKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${commonName}`,
      keys,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    },
    webcrypto,
  );
  return {
    certificate: root.toString('pem'),
    async issue({ commonName: subject, hosts = [] }) {
      const own = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create(
        {
          subject: `CN=${subject}`,
          issuer: root.subject,
          publicKey: own.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: ALGORITHM,
          ...validity(),
          extensions: [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: kindOf(value), value }))),
          ],
        },
        webcrypto,
      );
      return { key: await toPem(own.privateKey), certificate: certificate.toString('pem') };
    },
  };
}

const kindOf = (host: string): 'ip' | 'dns' => (isIP(host) ? 'ip' : 'dns');

const generateKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const validity = () => ({
  notBefore: new Date(Date.now() - MINUTE_MS),
  notAfter: new Date(Date.now() + 60 * MINUTE_MS),
});

async function toPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}
