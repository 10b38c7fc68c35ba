import { textIndexContract } from '../../contract/text-index.ts';

textIndexContract('sqlite', async () => ({ driver: 'sqlite', file: ':memory:' }));
