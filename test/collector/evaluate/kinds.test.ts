/** Every kind of rule in the list does what a kind must do. */
import * as assert from 'uvu/assert';
import { ruleKinds } from '../../../collector/evaluate/kinds/index.ts';
import { ruleKindContract, ruleRoundTrips } from '../../contract/rule-kind.ts';

assert.is(new Set(ruleKinds.map(({ kind }) => kind)).size, ruleKinds.length, 'no kind is listed twice');
for (const kind of ruleKinds) ruleKindContract(kind);
ruleRoundTrips(ruleKinds);
