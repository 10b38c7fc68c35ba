import { postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { stateContract } from '../../contract/state.ts';
import { postgresServer } from '../../support/postgres.ts';

const server = await postgresServer();
let n = 0;
stateContract('postgres', () => {
  if (typeof server === 'string') return server;
  return Promise.resolve(postgresPlace(server.url(`contract-${++n}`), null, null));
});
