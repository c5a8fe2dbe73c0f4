import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { runChild } from '../../stack/child.ts';
import { EngineMissingError } from './engine-missing.ts';

const PACKAGES = ['docker.io', 'iptables', 'iproute2'];
const PROGRAMS = ['/usr/sbin/dockerd', '/usr/bin/docker', '/usr/sbin/iptables', '/usr/sbin/ip'];
/** Debian asks this program whether a service may start at its installation. */
const POLICY = '/usr/sbin/policy-rc.d';
const OUR_POLICY = '#!/bin/sh\n# Made while qcc-pipeline installs a Docker engine.\nexit 101\n';
const REMEDY = 'Install and start one (https://docs.docker.com/engine/install/), then run this again.';

/**
 * Installs Debian's packages of the engine, without starting it as a service.
 * @throws EngineMissingError on another system, or without the rights to install and start one
 */
export async function installEngine(say: (line: string) => void): Promise<void> {
  const reason = await whyNot();
  if (reason !== undefined) throw new EngineMissingError(`No Docker engine can be used, and ${reason}. ${REMEDY}`);
  if (PROGRAMS.every((program) => existsSync(program))) return;
  say(`installing ${PACKAGES.join(', ')} from Debian …`);
  const hasPolicy = existsSync(POLICY) && readFileSync(POLICY, 'utf8') !== OUR_POLICY;
  if (!hasPolicy) writeFileSync(POLICY, OUR_POLICY, { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await runChild('apt-get', ['update', '-qq'], { env });
    await runChild('apt-get', ['install', '-y', '-qq', '--no-install-recommends', '--no-remove', ...PACKAGES], { env });
  } catch (cause) {
    throw new EngineMissingError('No Docker engine can be used, and docker.io cannot be installed from Debian', {
      cause,
    });
  } finally {
    if (!hasPolicy) rmSync(POLICY, { force: true });
  }
}

/** Undefined if an engine can be installed and started here. */
async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux' || !isDebian12()) return 'this command can install one on Debian 12 only';
  if (process.getuid?.() !== 0) return 'only root can install and start one';
  if (existsSync('/usr/bin/dockerd')) return 'the one that is installed (docker-ce) would have to be removed';
  const mayUnshare = runChild('unshare', ['--mount', '--pid', '--net', '--fork', 'true']);
  return await mayUnshare.then(
    () => undefined,
    () => 'this machine allows no namespaces (unshare), as in a container without privileges',
  );
}

function isDebian12(): boolean {
  try {
    return /^VERSION_CODENAME=bookworm$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
