/** The certificate, the authority and who has not taken a change, for pages and commands. */
import { existsSync } from 'node:fs';
import type { TlsView } from '../../shared/tls.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { TrustAgents } from './agents.ts';
import { expiresAt, keepOldMs } from './authority.ts';
import { namesIn, pinOf } from './certificates.ts';
import type { TlsServing } from './serving.ts';
import { type AuthorityFile, keyFile } from './store.ts';
import { bothMs } from './told.ts';

export interface TlsViewParts {
  data: string;
  tls: Pick<TlsServing, 'state' | 'told'>;
  agents: Pick<TrustAgents, 'missing'>;
  fleet: Pick<Fleet, 'all'>;
  now(): number;
}

const pinned = (certificate: string) => ({ pin: pinOf(certificate), until: expiresAt(certificate) });

function authorityView(data: string, { current, next, old }: AuthorityFile): NonNullable<TlsView['authority']> {
  return {
    ...{ current: pinned(current), next: pinned(next), nextKeyIsHere: existsSync(keyFile(data, pinOf(next))) },
    before: old && {
      ...{ pin: pinOf(old.root), since: old.since, notBefore: old.since + keepOldMs },
      isDropped: old.droppedAt !== undefined,
    },
  };
}

export function tlsView({ data, tls, agents, fleet, now }: TlsViewParts): TlsView {
  const { file, decided, trouble } = tls.state();
  const told = tls.told();
  const change = decided?.file.change ?? null;
  return {
    asOf: now(),
    source: decided === null ? 'none' : decided.web.version > 0 ? 'own' : 'outside',
    names: decided ? namesIn(decided.web.cert) : [],
    until: decided ? expiresAt(decided.web.cert) : null,
    trouble,
    authority: file && decided && (decided.web.version > 0 || change) ? authorityView(data, file) : null,
    change: change && { to: change.to, since: change.since, notBefore: change.since + bothMs },
    ...{ version: told?.version ?? 0, mode: told?.mode ?? null },
    agents: [...fleet.all()].length,
    missing: agents.missing(),
  };
}
