import { postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { textIndexContract } from '../../contract/text-index.ts';
import { postgresServer } from '../../support/postgres.ts';

const server = await postgresServer();
textIndexContract('postgres', () =>
  typeof server === 'string' ? server : Promise.resolve(postgresPlace(server.url('text-index'), null, null)),
);
