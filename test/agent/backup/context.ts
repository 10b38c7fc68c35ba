/** A context for backup readers: files in a temporary folder, programs by the agent's own runner or by a given answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckContext } from '../../../agent/checks/check.ts';
import { run } from '../../../agent/run.ts';
import { silentLog } from '../../../shared/log.ts';

export interface Room {
  context: CheckContext;
  folder: string;
  /** The check's clock; tests move it. */
  time: { now: number };
  close(): void;
}

export function makeRoom(overrides: Partial<CheckContext> = {}): Room {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-backup-'));
  const time = { now: Date.now() };
  const kept = new Map<string, string>();
  const context: CheckContext = {
    clock: { now: () => time.now, monotonic: () => performance.now() },
    log: silentLog,
    platform: 'linux',
    root: join(folder, 'root'),
    data: folder,
    memory: {
      // Through JSON, as the agent keeps it.
      get: (key) => JSON.parse(kept.get(key) ?? 'null') ?? undefined,
      set: (key, value) => void kept.set(key, JSON.stringify(value)),
    },
    run,
    ...overrides,
  };
  return { context, folder, time, close: () => rmSync(folder, { recursive: true, force: true }) };
}
