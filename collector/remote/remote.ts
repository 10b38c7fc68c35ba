/** Which tools of remote support there are for one machine, and their links. */
import { nameKey } from '../../shared/place-name.ts';
import type { RemoteTool } from '../../shared/remote.ts';
import type { State } from '../state/open.ts';
import { type RemoteSubject, remoteLink, withheldBy } from './template.ts';

/** One row of `remote_support` in the settings. */
export interface RemoteTemplate {
  name: string;
  url: string;
  kinds?: readonly string[];
  sites?: readonly string[];
  tags?: readonly string[];
}

const fits = ({ kinds, sites, tags }: RemoteTemplate, of: RemoteSubject): boolean =>
  (kinds === undefined || kinds.includes(of.kind)) &&
  (sites === undefined || (of.site !== null && sites.some((site) => nameKey(site) === nameKey(of.site ?? '')))) &&
  (tags === undefined || tags.some((tag) => of.tags.includes(tag)));

/** Those that fit it and of which all is known; one whose link was withheld says so. */
export const toolsFor = (templates: readonly RemoteTemplate[], of: RemoteSubject): RemoteTool[] =>
  templates.flatMap((one) => {
    if (!fits(one, of)) return [];
    const [url, withheld] = [remoteLink(one.url, of), withheldBy(one.url, of)];
    return url === null && withheld === null ? [] : [{ name: one.name, url, withheld }];
  });

/** The first address of its own that others reach: no loopback, none of one cable. */
export async function addressOf(state: State, endpoint: string): Promise<string | null> {
  const rows = state.selectFrom('inventory').select('data').where('endpoint', '=', endpoint);
  const row = await rows.where('section', '=', 'hardware').executeTakeFirst();
  const { interfaces = [] } = (row ? JSON.parse(row.data) : {}) as { interfaces?: { addresses: string[] }[] };
  const all = interfaces.flatMap(({ addresses }) => addresses).map((one) => one.replace(/[/%].*$/, ''));
  return all.find((one) => !/^(?:127\.|169\.254\.|0\.|::1$|fe80:)/i.test(one)) ?? null;
}
