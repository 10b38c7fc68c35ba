/** Every health source in the list does what a source must do. */
import * as assert from 'uvu/assert';
import { healthSources } from '../../../agent/checks/health/index.ts';
import { healthSourceContract } from '../../contract/health-source.ts';

assert.is(new Set(healthSources.map(({ name }) => name)).size, healthSources.length, 'no name is listed twice');
for (const source of healthSources) healthSourceContract(source);
