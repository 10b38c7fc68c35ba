/** The kinds of channels. To add one: a file beside this one, and a line here. */
import type { ChannelType } from '../channel.ts';
import { email } from './email.ts';
import { webhook } from './webhook.ts';

export const channelTypes: readonly ChannelType[] = [webhook, email];
