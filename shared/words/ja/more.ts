/** Japanese: what pages other than the first say. */
import type { MoreWords } from '../shape.ts';
import { agents } from './agents.ts';
import { alerts } from './alerts.ts';
import { availability } from './availability.ts';
import { changes } from './changes.ts';
import { collector } from './collector.ts';
import { desks } from './desks.ts';
import { endpoint } from './endpoint.ts';
import { fleet } from './fleet.ts';
import { knowledge } from './knowledge.ts';
import { logIn } from './log-in.ts';
import { metrics } from './metrics.ts';
import { numbers } from './numbers.ts';
import { onCall } from './on-call.ts';
import { people } from './people.ts';
import { protection } from './protection.ts';
import { rules } from './rules.ts';
import { stability } from './stability.ts';
import { tickets } from './tickets.ts';

export const more: MoreWords = {
  ...agents,
  ...alerts,
  ...availability,
  ...changes,
  ...collector,
  ...desks,
  ...endpoint,
  ...fleet,
  ...knowledge,
  ...logIn,
  ...metrics,
  ...numbers,
  ...onCall,
  ...people,
  ...protection,
  ...rules,
  ...stability,
  ...tickets,
};
