/** The kinds of channels. To add one: a file beside this one, and a line here. */
import type { ChannelType } from '../channel.ts';
import { alertmanager } from './alertmanager.ts';
import { apprise } from './apprise.ts';
import { discord } from './discord.ts';
import { email } from './email.ts';
import { gotify } from './gotify.ts';
import { http } from './http.ts';
import { ntfy } from './ntfy.ts';
import { pagerduty } from './pagerduty.ts';
import { push } from './push.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

export const channelTypes: readonly ChannelType[] = [
  webhook,
  email,
  slack,
  teams,
  discord,
  telegram,
  ntfy,
  gotify,
  pagerduty,
  alertmanager,
  apprise,
  http,
  push,
];
