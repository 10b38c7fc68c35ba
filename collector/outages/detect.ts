/**
 * The step before `advance`: endpoints that go silent or return become incidents of their sites, which are alerts of the
 * collector by the rules `site-down` and `collector-isolated`.
 */
import { type Batch, type Input, sampleOf } from '../alerts/batch.ts';
import { collectorId, collectorIsolated, siteDown } from '../alerts/own-rules.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { breathe } from '../state/breathe.ts';
import { everywhere, type OutageMemory } from './memory.ts';
import type { SiteEvent } from './site-incident.ts';

export interface DetectParts {
  outages: OutageMemory;
  endpointOf(id: string): Endpoint | undefined;
  /** What is worked on is never part of an incident. */
  maintenance: { covers(endpoint: string, at: number): boolean };
}

export async function detect({ outages, endpointOf, maintenance }: DetectParts, batch: Batch): Promise<void> {
  const inputs: Input[] = [];
  for (const input of batch.inputs) {
    runDue(input.at);
    inputs.push(input);
    if (input.type === 'presence' || input.type === 'relabelled') follow(input.endpoint, input.at);
    else if (input.type === 'retired') outages.gone(input.endpoint, input.at);
    await breathe();
  }
  runDue(batch.at);
  batch.inputs = inputs;

  function runDue(now: number): void {
    for (let next = outages.take(now); next; next = outages.take(now)) take(next.site, next.events);
  }

  function follow(id: string, at: number): void {
    const endpoint = endpointOf(id);
    if (!endpoint || (endpoint.kind as string) === 'target') return;
    const site = endpoint.site ?? '';
    if (endpoint.state === 'online') {
      // Its incident is that of the site where it went silent.
      if (!outages.isAlive(id) || outages.siteOf(id) !== site) outages.born(id, site, at);
    } else if (endpoint.state === 'offline') outages.gone(id, at);
    else if (endpoint.state === 'lost' && maintenance.covers(id, at)) outages.gone(id, at);
    else if (endpoint.state === 'lost') for (const { site: of, events } of outages.silent(id, at)) take(of, events);
  }

  function take(site: string, events: readonly SiteEvent[]): void {
    for (const { type, at } of events) {
      if (type === 'joined') continue;
      inputs.push({ type: 'sample', at, sample: sampleAbout(site, type !== 'resolved') });
    }
  }
}

/** The key of the alert about a site: the usual keys do not tell sites apart. */
export const siteAlertKey = (site: string): string =>
  site === everywhere ? `${collectorId}/${collectorIsolated.id}` : `${collectorId}/${siteDown.id}/${site}`;

function sampleAbout(site: string, isDown: boolean) {
  const rule = site === everywhere ? collectorIsolated : siteDown;
  const level = { rule, status: isDown ? ('breach' as const) : ('clear' as const), value: null, threshold: null };
  const tags: Record<string, string> = site === everywhere ? {} : { site };
  const found = { family: rule.id, metric: 'endpoint.silent', tags, levels: [level] };
  return { ...sampleOf(collectorId, found), key: siteAlertKey(site) };
}
