/** Which machine an endpoint is: what it calls itself, and which machines report under it. */
import type { EndpointDetail } from '../../shared/api.ts';
import type { State } from '../state/open.ts';

/** What the page of an endpoint shows of it. */
export async function identityOf(state: State, id: string): Promise<Pick<EndpointDetail, 'hostname'>> {
  const row = await state.selectFrom('endpoints').select('hostname').where('id', '=', id).executeTakeFirst();
  return { hostname: row?.hostname ?? null };
}
