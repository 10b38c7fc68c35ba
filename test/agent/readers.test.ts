/** What every text reader keeps, whatever reaches it: see readers.ts. */
import { test } from 'uvu';
import { testReaders } from '../support/text-readers.ts';
import { readers } from './readers.ts';

testReaders(test, readers);
test.run();
