/** Endpoints as the rings see them. */
import type { RingFacts, RingMachine } from '../../../collector/updates/rings.ts';
import type { UpdateReport } from '../../../shared/update.ts';

export type AgentUpdateReport = UpdateReport;

const file = { form: 'tar.gz', name: 'a.tar.gz', size: 1, sha256: '0'.repeat(64) };
export const release: RingFacts['release'] = {
  ...{ version: '1.4.2', sequence: 7, from: '1.0.0' },
  files: ['linux-x64', 'win-x64', 'macos-arm64'].map((target) => ({ ...file, target })),
};

export const said = (more: Partial<UpdateReport>): UpdateReport => ({
  ...{ state: 'idle', version: '1.4.2', at: 0, allow: 'auto', target: 'linux-x64', form: 'tar.gz', keys: 1 },
  ...more,
});

export const machine = (more: Partial<RingMachine>): RingMachine => ({
  ...{ id: 'a', tags: [], version: '1.0.0', target: 'linux-x64', isAble: true, isOnline: true, isLost: false },
  ...{ seenAt: null, said: null, turn: null },
  ...more,
});
