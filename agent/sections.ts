/** Sections of the inventory: sent when they differ from what was sent last, and daily. */
import type { Clock } from '../shared/clock.ts';
import type { SectionName } from '../shared/inventory.ts';
import type { AgentMemory } from './memory.ts';

const dayMs = 24 * 3_600_000;

export interface SectionQueue {
  /** What one check found. A list is joined with what the other checks of the same section found before. */
  offer(check: string, found: Partial<Record<SectionName, unknown>>): void;
  /** Sends sections again that were last sent one day ago. */
  daily(): void;
  /** Sends all of them again: what of them is sent has changed. */
  all(): void;
}

export interface SectionsOptions {
  /** What another endpoint has been sent, this one has not: a copy, or enrolled again. */
  endpoint?: string;
  memory: AgentMemory;
  clock: Clock;
  send(section: SectionName, data: unknown): void;
}

/** Times of the reading itself change each time and are no change of content. */
const fleeting = new Set(['at', 'scannedAt', 'metadataAge']);
const meaningOf = (data: unknown) => JSON.stringify(data, (key, value) => (fleeting.has(key) ? undefined : value));

export function createSections({ endpoint = '', memory, clock, send }: SectionsOptions): SectionQueue {
  const parts = (section: string) => (memory.get(`section_${section}`) ?? {}) as Record<string, unknown>;
  /** ms UTC of the last sending. */
  const sentAt = (memory.get('sections_sent') ?? {}) as Record<string, number>;
  const sentBy = memory.get('sections_of') ?? endpoint;
  if (sentBy !== endpoint) for (const section of Object.keys(sentAt)) sentAt[section] = 0;
  memory.set('sections_of', endpoint);

  /** Of every check that ever found something of it: after a restart the daily ones have not run again yet. */
  function join(found: Record<string, unknown>): unknown {
    const values = Object.values(found);
    return values.every(Array.isArray) ? values.flat() : values.at(-1);
  }

  function deliver(section: SectionName, data: unknown): void {
    send(section, data);
    sentAt[section] = clock.now();
    memory.set('sections_sent', sentAt);
  }

  function merge(section: SectionName, check: string, data: unknown): void {
    const before = parts(section);
    if (section in sentAt && meaningOf(before[check]) === meaningOf(data)) return;
    const { [check]: _, ...others } = before;
    const after = { ...others, [check]: data };
    // In this order: a crash in between sends it twice, the other order would never send it.
    deliver(section, join(after));
    memory.set(`section_${section}`, after);
  }

  return {
    offer(check, found) {
      for (const [section, data] of Object.entries(found)) merge(section as SectionName, check, data);
    },
    all() {
      for (const section of Object.keys(sentAt)) deliver(section as SectionName, join(parts(section)));
    },
    daily() {
      for (const [section, at] of Object.entries(sentAt)) {
        const passed = clock.now() - at;
        // A time in the future is one of a clock that has been set back since.
        if (passed >= dayMs || passed < 0) deliver(section as SectionName, join(parts(section)));
      }
    },
  };
}
