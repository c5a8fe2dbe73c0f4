import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureListeners } from '../../stack/kafka.ts';
import { steadyPort } from '../../stack/ports.ts';
import { createAuthority } from './certificates.ts';

/** Listeners of the tests' broker that ask for TLS and a login or certificate, as in production, and the credentials for them (PEM). */
export type KafkaDoors = {
  /** `localhost:port`, which the certificate is for. The same port of `127.0.0.1` is a name it does not hold. */
  sasl: string;
  /** Asks for a certificate of the client's instead of a login. */
  mutual: string;
  caFile: string;
  certFile: string;
  keyFile: string;
  plain: Login;
  /** Known to SCRAM-SHA-256 and SCRAM-SHA-512. */
  scram: Login;
};
type Login = { username: string; password: string };

const PLAIN: Login = { username: 'alice', password: 'alice-of-the-test' };
const SCRAM: Login = { username: 'bob', password: 'bob-of-the-test' };
const MODULES = 'org.apache.kafka.common.security';

/** Makes authority and certificates, in files of the folder, for a broker that is still to be started. */
export async function makeKafkaDoors(folder: string): Promise<{ doors: KafkaDoors; listeners: SecureListeners }> {
  const authority = await createAuthority('authority of the tests');
  const [server, client] = await Promise.all([
    authority.issue({ commonName: 'localhost', hosts: ['localhost'] }),
    authority.issue({ commonName: 'client' }),
  ]);
  const save = async (name: string, content: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  const [caFile, certFile, keyFile, brokerFile] = await Promise.all([
    save('ca.pem', authority.certificate),
    save('client.pem', client.certificate),
    save('client-key.pem', client.key),
    save('broker.pem', `${server.key}${server.certificate}\n`),
  ]);
  const saslPort = await steadyPort();
  const mutualPort = await steadyPort();
  const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
  return {
    doors: {
      sasl: `localhost:${saslPort}`,
      mutual: `localhost:${mutualPort}`,
      caFile,
      certFile,
      keyFile,
      plain: PLAIN,
      scram: SCRAM,
    },
    listeners: {
      ports: { SASL_SSL: saslPort, SSL: mutualPort },
      properties: {
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': brokerFile,
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': caFile,
        'listener.name.ssl.ssl.client.auth': 'required',
        'sasl.enabled.mechanisms': ['PLAIN', ...mechanisms].join(','),
        'listener.name.sasl_ssl.plain.sasl.jaas.config': `${MODULES}.plain.PlainLoginModule required user_${PLAIN.username}="${PLAIN.password}";`,
        ...Object.fromEntries(
          mechanisms.map((mechanism) => [
            `listener.name.sasl_ssl.${mechanism.toLowerCase()}.sasl.jaas.config`,
            `${MODULES}.scram.ScramLoginModule required;`,
          ]),
        ),
      },
      scramUsers: mechanisms.map((mechanism) => `${mechanism}=[name=${SCRAM.username},password=${SCRAM.password}]`),
    },
  };
}
