/**
 * The agent's part of an update, in a process of its own that ends: the manifest and the package for this machine, over the
 * connection that the enrolment has pinned. Verified here to save the way; root verifies it again and believes nothing.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { basename, join } from 'node:path';
import { reasonOf } from '../../shared/errors.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import {
  fileFor,
  maxManifestBytes,
  type ReleaseFile,
  ReleaseRefused,
  readKeys,
  readRelease,
} from '../../shared/release.ts';
import type { Credential } from '../credential.ts';
import { proxyFault, throughProxy } from '../proxy.ts';
import { makePrivate, replaceFile } from '../safe-write.ts';
import { readTrusted } from '../trusted-path.ts';
import { checkRoom } from './install.ts';
import { agentPaths, type InstalledPlace, packagePath, rootPaths } from './place.ts';
import type { UpdateRecord } from './record.ts';

/** How it ended: `failed` may go well another time, `refused` not with this manifest. */
export interface FetchOutcome {
  state: 'staged' | 'refused' | 'failed';
  reason?: Reason;
}

export interface FetchParts {
  place: InstalledPlace & { home: string };
  data: string;
  credential: Credential;
  record: UpdateRecord;
  /** What runs, and what may be taken. */
  running: string;
  wanted: { version: string; sequence: number };
  now(): number;
  pause(ms: number): Promise<unknown>;
}

const silentMs = 60_000;
/** Each goes on where the one before was cut off. */
const triesMs = [1000, 2000, 5000, 10_000, 30_000];

class NotFetched extends Error {}

export async function fetchUpdate(parts: FetchParts): Promise<FetchOutcome> {
  try {
    await stage(parts);
    return { state: 'staged' };
  } catch (thrown) {
    if (thrown instanceof ReleaseRefused) return { state: 'refused', reason: thrown.reasons[0] as Reason };
    return { state: 'failed', reason: reason('update_not_fetched', { text: reasonOf(thrown).slice(0, 1000) }) };
  }
}

async function stage({ place, data, credential, record, running, wanted, now, pause }: FetchParts): Promise<void> {
  const paths = agentPaths(data);
  makePrivate(paths.folder);
  const ofPackage = readKeys(readTrusted(rootPaths(place.home).keys));
  const kept = record.keys && readKeys(Buffer.from(JSON.stringify(record.keys)));
  const keys = kept && kept.version > ofPackage.version ? kept : ofPackage;
  const bytes = await smallFile(credential, '/releases/manifest.json');
  const { release } = readRelease(bytes, keys, now());
  const { version, sequence } = release;
  if (version !== wanted.version || sequence !== wanted.sequence)
    throw new NotFetched(
      `the collector lets this machine take ${wanted.version} (number ${wanted.sequence}) and serves ${version} (number ${sequence})`,
    );
  const file = fileFor(release, { ...place, version: running, sequence: record.sequence });
  dropOthers(data, file);
  await fetchPackage(credential, data, file, pause);
  replaceFile(paths.manifest, bytes.toString('utf8'), { flush: true });
  // The last step: root looks when it is there.
  replaceFile(paths.request, `${JSON.stringify(wanted)}\n`, { flush: true });
}

/** Of releases before, whole or not. */
function dropOthers(data: string, { sha256 }: ReleaseFile): void {
  const { folder } = agentPaths(data);
  const own = basename(packagePath(data, sha256));
  for (const name of readdirSync(folder))
    if (!name.startsWith(own)) rmSync(join(folder, name), { force: true, recursive: true });
}

async function fetchPackage(
  credential: Credential,
  data: string,
  file: ReleaseFile,
  pause: FetchParts['pause'],
): Promise<void> {
  const whole = packagePath(data, file.sha256);
  const part = `${whole}.partial`;
  if (sizeOf(whole) === file.size && hashOf(whole) === file.sha256) return;
  checkRoom(agentPaths(data).folder, file, 3);
  for (let tries = 0; sizeOf(part) < file.size; tries++) {
    const before = sizeOf(part);
    try {
      await fetchRest(credential, part, file);
    } catch (thrown) {
      const wait = triesMs[sizeOf(part) > before ? 0 : tries];
      if (thrown instanceof ReleaseRefused || wait === undefined || tries > 1000) throw thrown;
      await pause(wait);
    }
  }
  if (sizeOf(part) !== file.size || hashOf(part) !== file.sha256) {
    rmSync(part, { force: true });
    throw new ReleaseRefused(reason('update_wrong_hash'));
  }
  renameSync(part, whole);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** What is there already is not asked for again. */
async function fetchRest(credential: Credential, part: string, { name, size }: ReleaseFile): Promise<void> {
  const have = sizeOf(part);
  const response = await open(credential, `/packages/${encodeURIComponent(name)}`, have);
  const isRest =
    response.statusCode === 206 && response.headers['content-range']?.startsWith(`bytes ${have}-`) === true;
  if (!isRest && response.statusCode !== 200) {
    response.destroy();
    if (response.statusCode === 416) rmSync(part, { force: true });
    throw new NotFetched(`${name}: the collector answered with status ${response.statusCode}`);
  }
  const more = isRest ? constants.O_APPEND : constants.O_TRUNC;
  const to = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | more, 0o600);
  let total = isRest ? have : 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > size) {
        rmSync(part, { force: true });
        throw new ReleaseRefused(reason('update_wrong_hash'));
      }
      for (let written = 0; written < chunk.length; ) written += writeSync(to, chunk, written);
    }
  } finally {
    closeSync(to);
    response.destroy();
  }
  if (total < size) throw new NotFetched(`${name} was cut off after ${total} of ${size} bytes`);
}

async function smallFile(credential: Credential, path: string): Promise<Buffer> {
  const response = await open(credential, path, 0);
  if (response.statusCode !== 200) {
    response.destroy();
    throw new NotFetched(`${path}: the collector answered with status ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > maxManifestBytes) {
      response.destroy();
      throw new NotFetched(`${path} has more than ${maxManifestBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** From the collector of the enrolment and by its authority; no redirect is followed. */
function open({ collector, mqtt }: Credential, path: string, from: number): Promise<IncomingMessage> {
  const url = `${collector}${path}`;
  const options: RequestOptions = {
    timeout: silentMs,
    headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
    agent: throughProxy(url, { ca: mqtt.ca }),
  };
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? httpsRequest(url, options, resolve) : httpRequest(url, options, resolve);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${silentMs / 1000} s`)));
    request.on('error', (error) => reject(new NotFetched(proxyFault(url, error) ?? reasonOf(error))));
    request.end();
  });
}
