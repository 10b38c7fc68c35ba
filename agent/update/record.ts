/** What root remembers of updates: how the last one went, what was refused, the highest sequence, and the keys. */
import { readFileSync, statSync } from 'node:fs';
import type { Reason } from '../../shared/reason.ts';
import type { SignedDocument } from '../../shared/release.ts';
import type { UpdateReport } from '../../shared/update.ts';
import { replaceFile } from '../safe-write.ts';
import { rootPaths } from './place.ts';

interface RefusedVersion {
  /** A higher one may be tried again. */
  sequence: number;
  reason: Reason;
  /** ms UTC */
  at: number;
}

export interface UpdateRecord {
  v: 1;
  /** The highest that was ever taken: nothing below it is installed. */
  sequence: number;
  /** Nothing below runs again. */
  floor: string;
  /** Newer than those of the package; null: those of the package. */
  keys: SignedDocument | null;
  state: UpdateReport['state'];
  version: string | null;
  from: string | null;
  reason: Reason | null;
  /** ms UTC */
  at: number;
  refused: Record<string, RefusedVersion>;
  /** How often each was tried and cut off by an end of the machine. */
  interrupted: Record<string, number>;
}

const none: UpdateRecord = {
  ...{ v: 1, sequence: 0, floor: '0.0.0', keys: null, state: 'idle', version: null, from: null, reason: null, at: 0 },
  ...{ refused: {}, interrupted: {} },
};
const mostBytes = 256 * 1024;

/** What cannot be read is as if there was none: the agent only shows it, and root alone may write there. */
export function readRecord(home: string): UpdateRecord {
  try {
    const path = rootPaths(home).record;
    if (statSync(path).size > mostBytes) return none;
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<UpdateRecord> | null;
    return value?.v === 1 ? { ...none, ...value } : none;
  } catch {
    return none;
  }
}

/** Readable by the agent. */
export function writeRecord(home: string, record: UpdateRecord): void {
  replaceFile(rootPaths(home).record, `${JSON.stringify(record)}\n`, { flush: true, mode: 0o644 });
}

/** Only its version, without verifying anything: to say whether there are keys at all. 0: none. */
export function keysVersion(home: string, { keys }: UpdateRecord): number {
  const versionOf = (document: SignedDocument | null) => {
    const value = document && (JSON.parse(Buffer.from(document.signed, 'base64').toString()) as { version?: unknown });
    return Number.isSafeInteger(value?.version) ? (value?.version as number) : 0;
  };
  try {
    const ofPackage = versionOf(JSON.parse(readFileSync(rootPaths(home).keys, 'utf8')) as SignedDocument);
    return Math.max(ofPackage, versionOf(keys));
  } catch {
    return 0;
  }
}
