/** Every kind of channel in the list does what a channel must do. */
import * as assert from 'uvu/assert';
import { channelTypes } from '../../../collector/notify/channels/index.ts';
import { channelContract } from '../../contract/channel.ts';

assert.is(new Set(channelTypes.map(({ kind }) => kind)).size, channelTypes.length, 'no kind is listed twice');
for (const type of channelTypes) channelContract(type);
