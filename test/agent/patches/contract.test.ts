/** Every package manager in the list does what a manager must do. */
import * as assert from 'uvu/assert';
import { patchManagers } from '../../../agent/checks/patches/index.ts';
import { packageManagerContract } from '../../contract/package-manager.ts';

assert.is(new Set(patchManagers.map(({ name }) => name)).size, patchManagers.length, 'no name is listed twice');
for (const manager of patchManagers) packageManagerContract(manager);
