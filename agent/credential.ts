/** The endpoint's own credential, `<data>/agent.json`: made by enrolment, readable by the agent's user only. */
import { join } from 'node:path';
import type { Fingerprint } from '../shared/api.ts';
import { EvenkeelError, fail, reasonOf } from '../shared/errors.ts';
import type { Trust } from '../shared/trust.ts';
import { makePrivate, replaceFile } from './safe-write.ts';
import { readTrusted } from './trusted-path.ts';

export interface Credential {
  endpoint: string;
  bucket: string;
  name: string;
  secret: string;
  /** How often it was rotated; 0 without it. */
  generation?: number;
  /** The one before, until the collector has confirmed something under the newer one. */
  previous?: OwnSecret;
  /** `mqtt://host:port` or `mqtts://host:port`; `ca` is the PEM text that the broker's certificate must descend from. */
  mqtt: {
    url: string;
    ca?: string /** Said at enrolment: it is taken by WebSocket at the HTTPS port, too. */;
    websocket?: boolean;
  };
  /** Of an authority of the collector's own: pins (base64) of it and of the one that will follow it. */
  trust?: KeptTrust;
  /** Of the machine that it belongs to; missing: of before 0.3, or nothing can be read of it. */
  hardware?: KeptHardware;
  /** Where it was enrolled, for people. */
  collector: string;
  kind: 'server' | 'workstation';
  /** For this machine's terminal, in English. */
  kind_why: string;
}

export interface OwnSecret {
  secret: string;
  generation: number;
}

export interface KeptHardware {
  /** Where it is the same at a start, nothing has to be compared. */
  mark: string;
  print: Fingerprint;
}

/** The roots are in `mqtt.ca`. */
export interface KeptTrust {
  /** Rises with each change. */
  version: number;
  pins: readonly string[];
  /** Left out: pin. */
  mode?: Trust['mode'];
}

/** For logs and the terminal, where `isReadable(mqtt.url)`. */
export const plainPassword =
  'The password of this endpoint goes over the network unencrypted, so whoever is on the way can report as it: give the broker a certificate, and an address that begins with mqtts://';

export const credentialPath = (data: string) => join(data, 'agent.json');

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** What an enrolment answer or the file must hold. @returns null when something is missing or wrong */
export function asCredential(value: unknown): Credential | null {
  const v = value as Partial<Credential> | null;
  const fine =
    typeof v === 'object' &&
    v !== null &&
    [v.bucket, v.name, v.secret, v.mqtt?.url, v.collector, v.kind_why].every(isText) &&
    /^[a-z0-9]{8,32}$/.test(v.endpoint ?? '') &&
    /^[0-9a-f]{2}$/.test(v.bucket ?? '') &&
    /^mqtts?:\/\//.test(v.mqtt?.url ?? '') &&
    (v.kind === 'server' || v.kind === 'workstation');
  return fine ? (v as Credential) : null;
}

/** @returns null when the machine is not enrolled. @throws EvenkeelError DATA_CORRUPT, DATA_NOT_WRITABLE, UNTRUSTED_PATH */
export function readCredential(data: string): Credential | null {
  const path = credentialPath(data);
  let text: string;
  try {
    text = readTrusted(path).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fail('DATA_NOT_WRITABLE', { path, reason: reasonOf(thrown) }, thrown);
  }
  try {
    const credential = asCredential(JSON.parse(text));
    if (credential) return reachedBy(credential, process.env.EVENKEEL_AGENT_MQTT);
  } catch {
    // Not JSON: the same answer as a credential with holes.
  }
  throw fail('DATA_CORRUPT', { path, reason: 'it is not a whole credential' });
}

/** The broker may have moved since the enrolment, or be reached by another way from here. */
function reachedBy(credential: Credential, url: string | undefined): Credential {
  return url && /^mqtts?:\/\//.test(url) ? { ...credential, mqtt: { ...credential.mqtt, url } } : credential;
}

/**
 * A part of it becomes another. Values that come only from the environment are not written.
 * @throws EvenkeelError DATA_CORRUPT, DATA_NOT_WRITABLE
 */
export function changeCredential(data: string, change: (credential: Credential) => Credential): void {
  const path = credentialPath(data);
  const credential = asCredential(JSON.parse(readTrusted(path).toString('utf8')));
  if (!credential) throw fail('DATA_CORRUPT', { path, reason: 'it is not a whole credential' });
  writeCredential(data, change(credential));
}

/** The secret that the collector has confirmed; the other one is over. */
export const settledOn = ({ previous: _, ...credential }: Credential, own: OwnSecret): Credential => ({
  ...credential,
  ...own,
});

/** The same with the other of its two secrets; as it is where there is one. */
export function withOtherSecret(credential: Credential): Credential {
  const { secret, generation = 0, previous } = credential;
  return previous ? { ...credential, ...previous, previous: { secret, generation } } : credential;
}

/** Another authority: the address may come from the environment, which is not written. @throws the same */
export function keepTrust(data: string, { mqtt: { ca }, trust }: Pick<Credential, 'mqtt' | 'trust'>): void {
  changeCredential(data, ({ trust: _, mqtt: { url }, ...credential }) => ({
    ...credential,
    mqtt: { url, ...(ca === undefined ? {} : { ca }) },
    ...(trust === undefined ? {} : { trust }),
  }));
}

/** Whole or not at all, mode 0600 in a folder 0700. @throws EvenkeelError DATA_NOT_WRITABLE, UNTRUSTED_PATH */
export function writeCredential(data: string, credential: Credential): void {
  const path = credentialPath(data);
  try {
    makePrivate(data);
    replaceFile(path, `${JSON.stringify(credential, null, 2)}\n`, { flush: true });
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) throw thrown;
    throw fail('DATA_NOT_WRITABLE', { path: data, reason: reasonOf(thrown) }, thrown);
  }
}
