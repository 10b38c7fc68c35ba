/** What every text reader keeps, whatever reaches it: see readers.ts. */
import { test } from 'uvu';
import { testReaders } from '../../support/text-readers.ts';
import { healthReaders } from './readers.ts';

testReaders(test, healthReaders);
test.run();
