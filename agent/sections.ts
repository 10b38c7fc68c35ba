/** Sections of the inventory: sent when they differ from what was sent last, and daily. */
import { createHash } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import type { SectionName } from '../shared/inventory.ts';
import type { Memory } from './memory.ts';

const dayMs = 24 * 3_600_000;

interface Sent {
  hash: string;
  at: number;
}

export interface Sections {
  /** What one check found. A list is joined with what the other checks of the same section found before. */
  offer(check: string, found: Partial<Record<SectionName, unknown>>): void;
  /** Sends again what was sent a day ago. */
  daily(): void;
}

export interface SectionsOptions {
  memory: Memory;
  clock: Clock;
  send(section: SectionName, data: unknown): void;
}

/** Times of the reading itself change each time and say nothing new. */
const fleeting = new Set(['at', 'scannedAt', 'metadataAge']);
const hashOf = (data: unknown) =>
  createHash('sha256')
    .update(JSON.stringify(data, (key, value) => (fleeting.has(key) ? undefined : value)) ?? '')
    .digest('base64url');

export function createSections({ memory, clock, send }: SectionsOptions): Sections {
  const parts = (section: string) => (memory.get(`section_${section}`) ?? {}) as Record<string, unknown>;
  const sent = (memory.get('sections_sent') ?? {}) as Record<string, Sent>;

  /** Of every check that ever found something of it: after a restart the daily ones have not run again yet. */
  function join(found: Record<string, unknown>): unknown {
    const values = Object.values(found);
    return values.every(Array.isArray) ? values.flat() : values.at(-1);
  }

  function deliver(section: SectionName, data: unknown): void {
    sent[section] = { hash: hashOf(data), at: clock.now() };
    send(section, data);
    memory.set('sections_sent', sent);
  }

  return {
    offer(check, found) {
      for (const [section, data] of Object.entries(found) as [SectionName, unknown][]) {
        const all = { ...parts(section) };
        const before = JSON.stringify(all[check]);
        delete all[check];
        all[check] = data;
        if (JSON.stringify(data) !== before) memory.set(`section_${section}`, all);
        const joined = join(all);
        if (sent[section]?.hash !== hashOf(joined)) deliver(section, joined);
      }
    },
    daily() {
      for (const [section, { at }] of Object.entries(sent)) {
        if (clock.now() - at >= dayMs) deliver(section as SectionName, join(parts(section)));
      }
    },
  };
}
