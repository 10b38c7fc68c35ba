/** Every check in the list does what a check must do. */
import * as assert from 'uvu/assert';
import { createChecks } from '../../agent/checks/index.ts';
import { checkContract } from '../contract/check.ts';

const names = createChecks().map(({ name }) => name);
assert.is(new Set(names).size, names.length, 'no name is listed twice');
for (const [n, name] of names.entries())
  checkContract(name, () => createChecks()[n] as ReturnType<typeof createChecks>[number]);
