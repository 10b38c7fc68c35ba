/** What the page of an endpoint shows of which machine it is. */
import type { EndpointDetail } from '../../shared/api.ts';
import type { State } from '../state/open.ts';
import { sharing } from './machines.ts';

export type Identity = Pick<EndpointDetail, 'hostname' | 'sharedBy'>;

export async function identityOf(state: State, id: string, now: number): Promise<Identity> {
  const row = await state.selectFrom('endpoints').select('hostname').where('id', '=', id).executeTakeFirst();
  return { hostname: row?.hostname ?? null, sharedBy: await sharing(state, id, now) };
}
