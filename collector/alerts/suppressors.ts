/** Wires what suppresses alerts beside maintenance: one memory of reasons, and the rooms that set them. */
import type { Clock } from '../../shared/clock.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { loadSilences } from '../silences/load.ts';
import { createSilenceMemory, type SilenceMemory } from '../silences/memory.ts';
import { createSilencePeople, type SilencePeople } from '../silences/people.ts';
import { createSilenceReads, type SilenceReads } from '../silences/read.ts';
import type { SilenceParts } from '../silences/silence.ts';
import type { State } from '../state/open.ts';
import type { LiveAlert } from './alert.ts';
import type { Input } from './batch.ts';
import { type Labels, labelsOf } from './labels.ts';
import type { AlertMemory } from './memory.ts';
import { createSuppressions, type Suppressions } from './suppressions.ts';

export type SilenceActions = SilencePeople & SilenceReads;

export interface SuppressorParts {
  state: State;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
  memory: AlertMemory;
  maintenance: { isSuppressed(alert: string): boolean };
  endpointOf(id: string): Endpoint | undefined;
  named(id: string): Pick<Endpoint, 'id' | 'name' | 'kind' | 'site'>;
  groupNamesOf(endpoint: string): readonly string[];
  ruleNamed(id: string): NamedRule;
  push(input: Input): Promise<void>;
}

export interface Suppressors extends SilenceParts {
  suppressions: Suppressions;
  silences: SilenceMemory;
  labels(alert: LiveAlert): Labels;
  nextDue(): number | null;
  /** After a restart. */
  load(at: number): Promise<void>;
  pass(at: number): void;
  keep(): void;
  undo(): void;
  actions: SilenceActions;
}

export function createSuppressors(parts: SuppressorParts): Suppressors {
  const { state, clock, zone, memory, push, named, ruleNamed } = parts;
  const suppressions = createSuppressions(parts.maintenance);
  const silences = createSilenceMemory();
  const labels = (alert: LiveAlert): Labels => {
    const endpoint = parts.endpointOf(alert.endpoint) ?? named(alert.endpoint);
    return labelsOf(alert, endpoint, parts.groupNamesOf(alert.endpoint));
  };
  const reading = { state, silences, suppressions, memory, labels, named, ruleNamed, now: clock.now };
  const rooms = [suppressions, silences];
  return {
    ...{ suppressions, silences, memory, labels },
    nextDue: silences.nextDue,
    async load(at) {
      suppressions.clear();
      await loadSilences(state, silences, suppressions, memory, at);
    },
    pass: silences.pass,
    keep() {
      for (const room of rooms) room.keep();
    },
    undo() {
      for (const room of rooms) room.undo();
    },
    actions: { ...createSilencePeople({ state, clock, silences, zone, push }), ...createSilenceReads(reading) },
  };
}
